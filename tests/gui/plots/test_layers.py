import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage, QPainter

from ivybt_desktop.plots.candles import CandleLayer, VolumeLayer
from ivybt_desktop.plots.inks import inks_of
from ivybt_desktop.plots.lines import DepthLayer, LineLayer
from ivybt_desktop.plots.markers import CROWD, MarkerLayer, thin
from ivybt_desktop.plots.scale import View
from ivybt_desktop.theme.tokens import DARK
from tests.gui.plots.samples import random_bars, random_trades

INKS = inks_of(DARK)


def painted(layer, view):
    image = QImage(int(view.width), int(view.height), QImage.Format.Format_RGB32)
    image.fill(INKS.panel)
    painter = QPainter(image)
    layer.paint(painter, view, INKS)
    painter.end()
    return image


def colours(image):
    data = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
    return set(np.unique(data).tolist())


def rgb(colour):
    return QColor(colour).rgb()


def view_of(bars, first, last, width=900, height=500):
    low, high = bars.low[max(first, 0) : last + 1].min(), bars.high[max(first, 0) : last + 1].max()
    return View(width, height, first - 0.5, last + 0.5, low * 0.99, high * 1.01)


def test_that_a_rise_is_hollow_and_a_fall_is_filled(qapp):
    bars = random_bars(40)
    layer = CandleLayer()
    layer.set_bars(bars)
    view = view_of(bars, 0, 39)
    image = painted(layer, view)
    body = np.abs(view.y(bars.open) - view.y(bars.close))
    for bar in np.flatnonzero(body > 8).tolist():
        x, y = int(view.x(float(bar))) + 3, int(view.y((bars.open[bar] + bars.close[bar]) / 2))
        rise = bars.close[bar] >= bars.open[bar]
        assert image.pixel(x, y) == rgb(DARK.panel if rise else DARK.down)


@pytest.mark.parametrize("first", [0, 3, 49_000])
def test_that_dense_candles_reach_the_extremes_of_what_is_visible(qapp, first):
    bars = random_bars(50_003)
    layer = CandleLayer()
    layer.set_bars(bars)
    last = min(first + 30_000, len(bars) - 1)
    low, high = layer.extent(first, last)
    assert (low, high) == (bars.low[first : last + 1].min(), bars.high[first : last + 1].max())
    view = View(600, 400, first - 0.5, last + 0.5, low, high)
    image = painted(layer, view)
    data = np.frombuffer(image.constBits(), np.uint32).reshape(400, 600) != rgb(DARK.panel)
    assert data[0].any()
    assert data[-1].any()
    filled = np.flatnonzero(data.any(axis=0))
    assert np.diff(filled).max() <= 5, "groups are further apart than their width"


def test_that_volume_is_quiet_and_absent_volume_draws_nothing(qapp):
    candles = CandleLayer()
    candles.set_bars(random_bars(100))
    layer = VolumeLayer(candles)
    layer.set_bars(random_bars(100, volume=False))
    assert not layer.present
    assert colours(painted(layer, View(400, 300, -0.5, 99.5, 0, 1))) == {rgb(DARK.panel)}
    layer.set_bars(random_bars(100))
    assert layer.present
    assert len(colours(painted(layer, View(400, 300, -0.5, 99.5, 0, 1)))) == 3


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 9_000), st.integers(10, 9_000), st.integers(0, 2**32 - 1))
def test_that_a_thinned_line_keeps_every_peak(first, span, seed):
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(size=9_500))
    values[rng.integers(0, 9_500, 20)] = np.nan
    layer = LineLayer("x", lambda inks: inks.accent)
    layer.set_values(values)
    last = min(first + span, 9_499)
    view = View(500, 400, first - 0.5, last + 0.5, 0.0, 1.0)
    _, y0, _, y1 = layer.segments(view)
    seen = values[first : last + 1]
    if np.isfinite(seen).sum() < 2:
        return
    drawn = np.concatenate((y0, y1))
    if view.bar_width >= 1:
        return
    assert np.nanmin(drawn) <= view.y(np.nanmax(seen)) + 1e-6
    assert np.nanmax(drawn) >= view.y(np.nanmin(seen)) - 1e-6


def test_that_a_missing_value_leaves_a_gap():
    values = np.arange(50.0)
    values[20:23] = np.nan
    layer = LineLayer("x", lambda inks: inks.accent)
    layer.set_values(values)
    _, y0, _, y1 = layer.segments(View(500, 400, -0.5, 49.5, 0, 50))
    whole = np.isfinite(y0) & np.isfinite(y1)
    assert whole.sum() == 49 - 4
    assert layer.text_at(21) == "\N{EN DASH}"


def test_that_the_last_value_of_a_dense_line_reaches_the_edge():
    layer = LineLayer("x", lambda inks: inks.accent)
    layer.set_values(np.arange(100_001.0))
    _, _, x1, _ = layer.segments(View(500, 400, -0.5, 100_000.5, 0, 100_000))
    assert np.nanmax(x1) > 498


def test_that_a_depth_area_reaches_zero():
    layer = DepthLayer("Drawdown", lambda inks: inks.down)
    layer.set_values(np.array([-0.1, -0.3, -0.2]))
    assert layer.extent(0, 2) == (-0.3, 0.0)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 4_000), st.integers(0, 2**32 - 1), st.floats(0.1, 700.0), st.integers(0, 5_000))
def test_that_thinning_keeps_the_first_marker_of_each_cell(count, seed, cell, first):
    rng = np.random.default_rng(seed)
    bars = np.sort(rng.integers(0, 9_000, count))
    last = first + int(rng.integers(1, 6_000))
    kept = thin(bars, first, last, cell)
    size = max(round(cell), 1)
    expected = []
    for at, bar in enumerate(bars.tolist()):
        if first <= bar <= last and bar // size not in {bars[k] // size for k in expected[-1:]}:
            expected.append(at)
    assert kept.tolist() == expected


def test_that_neither_side_of_a_crowd_hides_the_other():
    bars = random_bars(100_000)
    trades = random_trades(bars, 40_000)
    layer = MarkerLayer()
    layer.set_trades(trades, bars.close)
    view = view_of(bars, 0, 99_999)
    buys, sells = layer.drawn(view, buy=True), layer.drawn(view, buy=False)
    cells = view.width / CROWD
    for side in (buys, sells):
        assert cells * 0.9 <= side.bar.size <= cells * 1.2
    assert (trades["side"][buys.trade] == 1).any()
    assert (trades["side"][sells.trade] == -1).any()


def test_that_a_click_on_a_marker_finds_its_trade():
    bars = random_bars(200)
    trades = random_trades(bars, 12)
    layer = MarkerLayer()
    layer.set_trades(trades, bars.close)
    view = view_of(bars, 0, 199)
    for row in range(12):
        x, y = float(view.x(float(trades["entry_bar"][row]))), float(view.y(trades["entry_price"][row]))
        found = layer.hit(view, x, y)
        assert found >= 0
        ends = [(trades[f"{end}_bar"][found], trades[f"{end}_price"][found]) for end in ("entry", "exit")]
        distance = min(np.hypot(view.x(float(bar)) - x, view.y(price) - y) for bar, price in ends)
        assert distance <= 16
    assert layer.hit(view, -100.0, -100.0) == -1


def test_that_a_second_click_on_one_spot_finds_the_other_trade():
    bars = random_bars(100)
    trades = random_trades(bars, 2)
    trades["entry_bar"], trades["exit_bar"] = [10, 40], [40, 80]
    trades["side"] = [1, -1]
    trades["exit_price"][0] = trades["entry_price"][1]
    layer = MarkerLayer()
    layer.set_trades(trades, bars.close)
    view = view_of(bars, 0, 99)
    x, y = float(view.x(40.0)), float(view.y(trades["entry_price"][1])) - 4
    first = layer.hit(view, x, y)
    layer.selected = first
    assert {first, layer.hit(view, x, y)} == {0, 1}


def test_that_a_stop_has_no_decision_marker(qapp):
    bars = random_bars(60)
    trades = random_trades(bars, 1)
    trades["open"] = False
    trades["entry_bar"], trades["entry_decision"] = 10, 9
    trades["exit_bar"], trades["exit_decision"] = 30, 30
    layer = MarkerLayer()
    layer.set_trades(trades, bars.close)
    decisions = np.concatenate([mark.bar for mark in layer._decisions.values()])
    assert decisions.tolist() == [9]


def test_that_a_loser_is_dashed_and_markers_paint_in_any_state(qapp):
    bars = random_bars(120)
    layer = MarkerLayer()
    view = view_of(bars, 0, 119)
    assert colours(painted(layer, view)) == {rgb(DARK.panel)}
    layer.set_trades(random_trades(bars, 8), bars.close)
    plain = painted(layer, view)
    layer.selected = 7
    assert painted(layer, view) != plain
