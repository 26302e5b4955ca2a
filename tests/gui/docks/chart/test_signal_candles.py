import numpy as np
import pytest

from engine.backtest.signals import seen_bars
from engine.backtest.spec import BacktestSpec
from ivybt_desktop.docks.chart.signal_candles import is_standard, on_real_bars, signal_bars
from tests.gui.plots.samples import random_bars


def spec_of(**candles):
    return BacktestSpec(strategy="ema_cross", data={"candles": candles})


CASES = [
    {"kind": "heikin_ashi"}, {"kind": "renko", "brick_size": 1.5}, {"kind": "renko", "brick_atr": 14},
    {"timeframe": "1wk"}, {"timeframe": "1wk", "kind": "heikin_ashi"},
]  # fmt: skip


@pytest.mark.parametrize("candles", CASES, ids=str)
def test_that_the_candles_drawn_are_those_the_strategy_decided_on(candles):
    bars, spec = random_bars(400), spec_of(**candles)
    seen, expected = signal_bars(bars, spec.data.candles), seen_bars(bars, spec)
    count = len(seen.bars)
    assert len(expected) - 1 <= count <= len(expected)
    assert np.array_equal(seen.bars.close, expected.close[:count])


@pytest.mark.parametrize("candles", CASES, ids=str)
def test_that_a_candle_is_drawn_up_to_the_bar_at_whose_close_it_is_known(candles):
    bars = random_bars(400)
    seen = signal_bars(bars, spec_of(**candles).data.candles)
    blocks = seen.blocks()
    assert blocks.left[0] == -0.5
    assert (blocks.right > blocks.left).all()
    assert blocks.left[1:] == pytest.approx(blocks.right[:-1])
    last = np.append(seen.known[1:] != seen.known[:-1], True)
    assert blocks.right[last] == pytest.approx(seen.known[last] + 0.5)


def test_that_a_line_shows_a_value_from_the_bar_on_that_knows_it():
    bars = random_bars(300)
    lines, blocks = on_real_bars(
        bars, spec_of(timeframe="1wk").data.candles, lambda seen: {"close": (seen.close, "price")}
    )
    values, where = lines["close"]
    assert where == "price"
    assert values.size == 300
    changes = np.flatnonzero(np.diff(np.nan_to_num(values))) + 1
    assert np.isin(changes, np.round(blocks.right - 0.5).astype(int)).all()


def test_that_ordinary_bars_have_no_candles_over_them():
    bars = random_bars(50)
    assert is_standard(spec_of().data.candles)
    lines, blocks = on_real_bars(bars, spec_of().data.candles, lambda seen: {"close": (seen.close, "price")})
    assert blocks is None
    assert lines["close"][0] is bars.close
