"""The trend filter of the squeeze: completed longer bars only, and never bars that are not longer."""

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.backtest.targets import lines_of, targets_of
from engine.core.errors import InputError
from engine.indicators.bank import compute
from engine.indicators.higher import higher_trend
from engine.strategies import load
from engine.studies.each import run_each
from engine.studies.sweep import sweep_here
from tests.conformance.series import bars_of, intraday, sp500

LOOSE = {"length": 5, "bb_mult": 1.0, "k_mult": 2.5}


def spec_of(**params):
    return BacktestSpec(strategy="bb_kc_squeeze", params=LOOSE | params)


def test_that_a_week_is_known_at_the_first_bar_of_the_next_one():
    # Day 10,001 after 1970-01-01 is a Monday (bars_of starts one day earlier, on a Sunday).
    closes = np.arange(1.0, 18.0)
    close, mean = compute(bars_of(closes), higher_trend(7, 1))
    first_monday = 1 + (4 - 10_001) % 7
    expected = [np.nan if t < first_monday else closes[first_monday + 7 * ((t - first_monday) // 7) - 1] for t in range(17)]
    np.testing.assert_array_equal(close, expected)
    np.testing.assert_array_equal(mean, expected)


def test_that_a_session_is_known_at_the_first_bar_of_the_next_one():
    bars = intraday().slice(0, 400)
    close, mean = compute(bars, higher_trend(1, 2))
    ends = np.flatnonzero(np.diff(bars.session))
    for t in range(400):
        done = bars.close[ends[ends < t]]
        if done.size < 2:
            assert np.isnan(close[t] + mean[t])
        else:
            assert close[t] == done[-1]
            weights = np.array([(1 / 3) ** (done.size - 1)] + [2 / 3 * (1 / 3) ** k for k in range(done.size - 2, -1, -1)])
            np.testing.assert_allclose(mean[t], weights @ done, rtol=1e-12)


@pytest.mark.parametrize("trend_filter", ["1d", "1wk"])
def test_that_the_last_bar_of_a_day_or_week_says_nothing_before_the_next_one(trend_filter):
    bars = intraday()
    changed = bars.close.copy()
    ends = np.flatnonzero(np.diff(bars.session if trend_filter == "1d" else (bars.session + 3) // 7))
    at = int(ends[-1])
    changed[at] *= 1.5
    moved = type(bars)(
        bars.instrument, bars.timeframe, bars.time, bars.open, np.maximum(bars.high, changed), bars.low, changed,
        bars.volume, bars.session,
    )  # fmt: skip
    lines = higher_trend(1 if trend_filter == "1d" else 7, 3)
    before, after = compute(bars, lines), compute(moved, lines)
    np.testing.assert_array_equal(before[:, : at + 1], after[:, : at + 1])
    assert (before[:, at + 1] != after[:, at + 1]).all()


@pytest.mark.parametrize("with_breakout", [False, True])
def test_that_positions_begin_on_the_side_of_the_trend_only(with_breakout):
    strategy, bars = load("bb_kc_squeeze"), sp500()
    params = strategy.parse(LOOSE | {"trend_filter": "1wk", "with_breakout": with_breakout})
    target = targets_of(strategy, bars, params)
    lines = lines_of(strategy, bars, params)
    trend = np.sign(lines["higher_close"][0] - lines["higher_mean"][0])
    begins = np.flatnonzero((target != 0) & (target != np.concatenate(([0.0], target[:-1]))))
    assert begins.size > 20
    np.testing.assert_array_equal(target[begins], trend[begins])
    free = targets_of(strategy, bars, strategy.parse(LOOSE | {"with_breakout": with_breakout}))
    assert (free != target).any()


@pytest.mark.parametrize(
    ("bars", "asked", "others"),
    [(sp500(), "1d", "'1wk' or 'none'"), (sp500().slice(0, 500), "1wk", ""), (intraday(), "1d", "")],
    ids=["daily", "daily-week", "minutes"],
)
def test_that_a_filter_must_be_longer_than_the_bars(bars, asked, others):
    spec = spec_of(trend_filter=asked)
    if not others:
        assert run_backtest(bars, spec).signals.size == len(bars)
        return
    with pytest.raises(InputError) as caught:
        run_backtest(bars, spec)
    assert caught.value.field == "strategy.params.trend_filter"
    assert str(caught.value) == (
        "strategy.params.trend_filter: a trend filter of 1d is not longer than the bars, which are 1d. "
        f"Choose {others}"
    )


def test_that_weekly_bars_to_decide_on_are_what_the_filter_is_compared_with():
    spec = BacktestSpec(
        strategy="bb_kc_squeeze", params=LOOSE | {"trend_filter": "1wk"}, data={"candles": {"timeframe": "1wk"}}
    )
    with pytest.raises(InputError, match=r"a trend filter of 1wk is not longer than the bars, which are 1wk. Choose 'none'"):
        run_backtest(sp500(), spec)


def test_that_only_the_cells_with_a_wrong_filter_fail():
    study = sweep_here(sp500(), spec_of(), {"trend_filter": ["none", "1d", "1wk"], "length": [5, 10]})
    assert set(study.errors) == {2, 3}
    assert all("not longer than the bars" in text for text in study.errors.values())
    for cell in (0, 1, 4, 5):
        assert run_backtest(sp500(), study.cell_spec(cell)).metrics["trades"] == study.metrics["trades"][cell]


def test_that_accounts_of_their_own_are_refused_one_by_one():
    found = run_each([sp500(), intraday()], spec_of(trend_filter="1d"))
    assert list(found.errors) == [0]
    assert "not longer than the bars" in found.errors[0]
