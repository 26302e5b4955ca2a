import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from ivybt_desktop.plots.areas import AreaStack
from ivybt_desktop.plots.bands import BandLayer, SplitLayer
from ivybt_desktop.plots.bar_list import BarList, BarRow
from ivybt_desktop.plots.blocks import BlockLayer
from ivybt_desktop.plots.gate_row import GateRow
from ivybt_desktop.plots.gate_strip import GateLayer
from ivybt_desktop.plots.heat_matrix import HeatMatrix
from ivybt_desktop.plots.level_path import LevelPath
from ivybt_desktop.plots.markers import MarkerLayer
from ivybt_desktop.plots.scale import View
from ivybt_desktop.plots.stop_lines import StopLayer
from ivybt_desktop.plots.waterfall import Step, Waterfall
from ivybt_desktop.theme.tokens import DARK, LIGHT
from tests.gui.plots.samples import random_bars, random_trades
from tests.gui.plots.test_layers import INKS, colours, painted, rgb, view_of


def drawn(image):
    data = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
    return data != rgb(DARK.panel)


@pytest.mark.parametrize("count", [50, 100_000])
def test_that_a_band_is_drawn_where_its_bounds_differ_and_nowhere_else(qapp, count):
    low, high = np.full(count, 1.0), np.full(count, 1.0)
    high[: count // 2] = 2.0
    layer = BandLayer("Band", lambda inks: inks.accent)
    layer.set_values(low, high)
    assert layer.extent(0, count - 1) == (1.0, 2.0)
    filled = drawn(painted(layer, View(400, 200, -0.5, count - 0.5, 0.0, 3.0)))
    assert filled[:, :198].any(axis=0).all()
    assert not filled[:, 202:].any()
    rows = np.flatnonzero(filled[:, 50])
    assert rows[0] == pytest.approx(200 / 3, abs=1.5)
    assert rows[-1] == pytest.approx(400 / 3, abs=1.5)


def test_that_a_band_without_values_claims_nothing(qapp):
    layer = BandLayer("Band", lambda inks: inks.accent)
    assert not layer.present
    assert not drawn(painted(layer, View(100, 100, -0.5, 9.5, 0, 1))).any()
    assert layer.text_at(0) == "\N{EN DASH}"


def test_that_the_split_is_drawn_between_the_last_training_and_the_first_test_bar(qapp):
    layer = SplitLayer()
    view = View(400, 200, -0.5, 99.5, 0, 1)
    assert not drawn(painted(layer, view)).any()
    layer.bar = 50
    image = painted(layer, view)
    assert image.pixel(200, 100) == rgb(DARK.accent) or image.pixel(200, 104) == rgb(DARK.accent)
    assert drawn(image)[:40, 150:250].any()
    layer.bar = 500
    assert not drawn(painted(layer, view)).any()


@pytest.mark.parametrize("span", [40, 20_000])
def test_that_blocks_reach_from_edge_to_edge_at_any_zoom(qapp, span):
    edges = np.arange(20_001) - 0.5
    rng = np.random.default_rng(1)
    close = 100 + np.cumsum(rng.normal(size=20_000))
    open_ = np.concatenate((close[:1], close[:-1]))
    layer = BlockLayer()
    layer.set_blocks(edges[:-1], edges[1:], open_, close)
    view = View(800, 400, -0.5, span - 0.5, min(open_[:span].min(), close[:span].min()), open_[:span].max() + 1)
    filled = drawn(painted(layer, view))
    assert filled.any(axis=0).mean() > 0.95
    layer.shown = False
    assert not drawn(painted(layer, view)).any()


def test_that_areas_stack_away_from_zero_on_both_sides(qapp):
    layer = AreaStack(lambda value: f"{value:.2f}")
    layer.set_series(["a", "b"], np.array([[0.5, 0.5, -0.2], [0.25, -0.5, -0.3]]))
    assert layer.extent(0, 2) == (-0.5, 0.75)
    assert [entry.title for entry in layer.entries()] == ["a", "b"]
    assert layer.entries()[1].text_at(1) == "-0.50"
    image = painted(layer, View(300, 200, -0.5, 2.5, -1.0, 1.0))
    column = drawn(image)[:, 50]
    assert np.flatnonzero(column)[[0, -1]].tolist() == [25, 99]
    column = drawn(image)[:, 150]
    assert np.flatnonzero(column)[[0, -1]].tolist() == [50, 149]
    assert image.pixel(50, 30) != image.pixel(50, 80)


def gate(states):
    states = np.array(states)
    known = states >= 0
    return GateRow("Gate", "open while", states == 1, known, np.array([5]))


def test_that_runs_of_a_gate_cover_every_bar_once():
    row = gate([-1, -1, 0, 0, 1, 1, 1, 0])
    runs = row.runs()
    assert runs.start.tolist() == [0, 2, 4, 7]
    assert runs.stop.tolist() == [2, 4, 7, 8]
    assert runs.state.tolist() == [-1, 0, 1, 0]
    assert row.open_share == pytest.approx(3 / 8)


def test_that_open_is_solid_closed_is_hatched_and_no_history_is_a_gap(qapp):
    layer = GateLayer()
    layer.set_rows([gate([-1] * 100 + [0] * 100 + [1] * 100)])
    image = painted(layer, View(600, 16, -0.5, 299.5, 0, 1))
    filled = drawn(image)
    assert not filled[:, 12:190].any()
    open_rows = np.unique(np.frombuffer(image.constBits(), np.uint32).reshape(16, 600)[5:14, 450:590])
    assert open_rows.size == 1, "solid"
    closed = np.unique(np.frombuffer(image.constBits(), np.uint32).reshape(16, 600)[5:15, 220:380])
    assert closed.size > 1, "hatched"


def test_that_a_gate_that_flips_faster_than_pixels_shows_its_share(qapp):
    layer = GateLayer()
    layer.set_rows([gate(np.arange(100_000) % 4 == 0)])
    image = painted(layer, View(500, 20, -0.5, 99_999.5, 0, 1))
    tall = drawn(image)[:, 20:480].sum(axis=0)
    assert 2 <= np.median(tall) <= 6, "a quarter of a row of 12 pixels"


def test_that_an_ambiguous_fill_is_ringed_in_the_colour_of_warnings(qapp):
    bars = random_bars(60)
    trades = random_trades(bars, 2)
    view = view_of(bars, 0, 59)
    layer = MarkerLayer()
    layer.set_trades(trades, bars.close)
    assert rgb(DARK.warning) not in colours(painted(layer, view))
    trades["ambiguous"][1] = True
    layer.set_trades(trades, bars.close)
    assert rgb(DARK.warning) in colours(painted(layer, view))


def test_that_every_level_of_a_trade_is_drawn_in_its_colour(qapp):
    layer = StopLayer()
    layer.set_levels([
        LevelPath("stop", 5, np.full(10, 10.0), "stop"), LevelPath("target", 5, np.full(10, 30.0), "target"),
        LevelPath("limit entry", 2, np.full(4, 20.0), "entry"),
    ])  # fmt: skip
    seen = colours(painted(layer, View(400, 200, -0.5, 19.5, 0.0, 40.0)))
    assert {rgb(DARK.down), rgb(DARK.up), rgb(DARK.accent)} <= seen
    layer.set_levels([])
    assert colours(painted(layer, View(400, 200, -0.5, 19.5, 0.0, 40.0))) == {rgb(DARK.panel)}


def test_that_a_matrix_is_neutral_at_zero_and_tells_its_cells(qtbot):
    matrix = HeatMatrix(DARK, "Correlations")
    qtbot.addWidget(matrix)
    matrix.resize(500, 240)
    matrix.set_values(["SPY", "TLT"], np.array([[1.0, -0.42], [-0.42, np.nan]]))
    assert not matrix.grab().isNull()
    assert matrix.ink_of(0.0).name() == DARK.raised.lower()
    assert matrix.ink_of(0.5) != matrix.ink_of(-0.5)
    assert matrix.words_at(0, 1) == "SPY and TLT: \N{MINUS SIGN}0.420"
    left, top, wide, tall = matrix._frame()
    assert matrix.cell_at(QPointF(left + 1.5 * wide, top + 0.5 * tall)) == (0, 1)
    assert matrix.cell_at(QPointF(0, 0)) is None


@pytest.mark.parametrize("count", [1, 12, 40])
def test_that_a_matrix_of_any_size_fits_its_panel(qtbot, count):
    matrix = HeatMatrix(LIGHT, "Correlations")
    qtbot.addWidget(matrix)
    matrix.resize(760, 150)
    matrix.set_values([f"S{k}" for k in range(count)], np.eye(count))
    left, top, wide, tall = matrix._frame()
    assert left + count * wide <= 760
    assert top + count * tall <= 150 + 2


def test_that_a_bar_list_opens_rows_by_mouse_and_keys(qtbot):
    bars = BarList(DARK, "Profit")
    qtbot.addWidget(bars)
    rows = [BarRow("A", 5.0, ("+5",)), BarRow("B", -3.0, ("-3",)), BarRow("Sum", 2.0, ("+2",), strong=True)]
    bars.set_rows(["P&L"], rows)
    bars.resize(400, bars.sizeHint().height())
    bars.show()
    qtbot.waitExposed(bars)
    assert not bars.grab().isNull()
    opened = []
    bars.opened.connect(opened.append)
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPointF(20, 22 * 2.5).toPoint())
    qtbot.keyClick(bars, Qt.Key.Key_Up)
    qtbot.keyClick(bars, Qt.Key.Key_Return)
    assert opened == [1, 0]


def test_that_the_steps_of_a_waterfall_lead_from_the_first_to_the_last_total(qtbot):
    fall = Waterfall(DARK, "Costs")
    qtbot.addWidget(fall)
    fall.resize(500, 200)
    fall.set_steps([
        Step("Gross", 100.0, "+100", total=True), Step("Fees", -30.0, "-30"), Step("Slippage", -90.0, "-90"),
        Step("Net", -20.0, "-20", total=True),
    ])  # fmt: skip
    assert fall.spans() == [(0.0, 100.0), (100.0, 70.0), (70.0, -20.0), (0.0, -20.0)]
    assert not fall.grab().isNull()
    assert fall.step_at(QPointF(20, 50)) == 0
    assert fall.step_at(QPointF(470, 50)) == 3
    fall.set_steps([])
    assert fall.step_at(QPointF(20, 50)) == -1


def test_that_everything_paints_in_both_themes(qtbot):
    for widget in (HeatMatrix(DARK, "m"), BarList(DARK, "b"), Waterfall(DARK, "w")):
        qtbot.addWidget(widget)
        widget.set_theme(LIGHT)
        widget.resize(200, 100)
        assert widget.grab().toImage().pixelColor(199, 99).name() == LIGHT.panel.lower()
    assert INKS.warning.name() == DARK.warning.lower()
