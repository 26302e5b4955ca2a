"""What must hold when instruments share an account, and of sizers and gates when the future is another one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.run import run_backtest
from engine.regimes import parse_gate
from engine.sizing import parse_sizing
from tests.engine.backtest.test_properties_account import (
    EVERY_COST,
    EXECUTIONS,
    SEEDS,
    SIZINGS,
    assert_prefix,
)
from tests.engine.cases import random_targets
from tests.engine.kernels.twin_compare import market, spec_with
from tests.engine.kernels.twin_portfolio import family, with_targets

ALONE = ("equity", "orders", "trades")


@pytest.mark.parametrize("execution", EXECUTIONS)
@settings(max_examples=4, deadline=None)
@given(seed=SEEDS, sized=st.sampled_from([{"fraction": 0.9}, *SIZINGS[1:]]))
def test_that_one_instrument_beside_an_idle_one_is_the_single_run_to_the_bit(execution, seed, sized):
    bars = market(seed, 90, volatility=0.03)
    a = with_targets(bars, np.where(np.arange(90) < 8, 0.0, random_targets(seed, 90, whole=seed % 2 == 0, stay=0.8)))
    b = with_targets(market(seed + 1, 90), np.zeros(90))
    spec = spec_with(EVERY_COST, execution, sized)
    single, listed, shared = run_backtest(a, spec), run_backtest([a], spec), run_backtest([a, b], spec)
    for name in ALONE:
        assert getattr(single, name).tobytes() == getattr(listed, name).tobytes(), name
        assert getattr(single, name).tobytes() == getattr(shared, name).tobytes(), name
    assert shared.positions[0].tobytes() == single.positions.tobytes()
    assert not shared.positions[1].any()
    if single.band is not None:
        assert shared.band.pessimistic.tobytes() == single.band.pessimistic.tobytes()
        assert shared.band.optimistic.tobytes() == single.band.optimistic.tobytes()


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_that_a_target_beyond_the_limit_is_the_single_run_to_rounding_while_signals_are_whole(seed):
    """A single run cuts such a target at the order, a portfolio scales it down at its close.

    Two fractional signals that both ask for more than the limit are one target in a portfolio and two in a
    single run, which then orders once more: there the two differ, and bit for bit is promised within the
    limit only.
    """
    a = with_targets(market(seed, 90), random_targets(seed, 90, whole=True, stay=0.8))
    b = with_targets(market(seed + 1, 90), np.zeros(90))
    spec = spec_with(EVERY_COST, {}, {"fraction": 1.5})
    np.testing.assert_allclose(run_backtest([a, b], spec).equity, run_backtest(a, spec).equity, rtol=1e-12)


PORTFOLIOS = [
    {}, {"when_short": "rank"}, {"when_short": "rank", "rank_by": "momentum", "rank_length": 10, "max_positions": 2},
    {"when_short": "rank", "rank_by": "low_volatility", "rank_length": 10}, {"max_name": 0.3, "max_net": 0.2},
    {"when_short": "rank", "rank_by": "turnover", "rank_length": 10}, {"allocation": {"name": "equal_weight"}},
    {"allocation": {"name": "inverse_volatility", "lookback": 20, "min_history": 10}},
]  # fmt: skip


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("execution", [{}, {"stop_loss": 0.04, "rebalance": "weekly"}])
def test_that_a_shared_account_does_not_see_later_bars(portfolio, holes, execution):
    series = family(7, size=100, holes=holes)
    spec = spec_with(EVERY_COST, execution, portfolio=portfolio)
    whole = run_backtest(series, spec)
    for k in (61, 83):
        end = whole.bars.time[k]
        parts = [bars.slice(0, int(np.searchsorted(bars.time, end))) for bars in series]
        assert_prefix(run_backtest(parts, spec), whole, k)


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
@pytest.mark.parametrize("execution", [{}, {"stop_loss": 0.03, "reentry": "allowed"}, {"max_leverage": 2.0, "rebalance": "daily"}])
@pytest.mark.parametrize("holes", [False, True])
def test_that_profits_of_all_trades_are_the_change_of_a_shared_equity(portfolio, execution, holes):
    result = run_backtest(family(3, size=100, holes=holes), spec_with(EVERY_COST, execution, portfolio=portfolio))
    assert result.trades["pnl"].sum() == pytest.approx(result.equity[-1] - result.spec.capital, abs=1e-6)


@pytest.mark.parametrize("portfolio", PORTFOLIOS[:4])
@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_that_gross_exposure_after_an_increase_is_within_the_limit_rule_16(portfolio, seed):
    """At the fill: quantities after the order at the slipped price of its own and the open of the others."""
    series = family(seed, size=80)
    result = run_backtest(series, spec_with({"slippage_bps": 5}, {}, portfolio=portfolio))
    opens = np.stack([bars.open for bars in series])
    held, cash = np.zeros(len(series)), result.spec.capital
    for order in result.orders:
        asset, bar, change = order["asset"], order["fill_bar"], order["quantity"]
        cash -= change * order["price"] + order["commission"]
        before, held[asset] = abs(held[asset]), order["position"]
        prices = opens[:, bar].copy()
        prices[asset] = order["price"]
        if abs(held[asset]) > before:
            assert np.abs(held) @ prices <= (cash + held @ prices) * (1 + 1e-9)


@pytest.mark.parametrize("portfolio", PORTFOLIOS[1:4])
@settings(max_examples=8, deadline=None)
@given(seed=SEEDS, long_only=st.booleans())
def test_that_the_room_which_rounding_leaves_is_no_order_rule_7(portfolio, seed, long_only):
    """With all cash spent 1e-14 units of it seem left: no order, and no place taken by it."""
    series = family(seed, n=4, size=80, whole=False, long_only=long_only)
    orders = run_backtest(series, spec_with({"slippage_bps": 5}, {}, portfolio=portfolio)).orders
    assert (np.abs(orders["quantity"]) * orders["price"] > 1e-6).all()


def scrambled(bars, k, seed):
    """The same bars up to k - 1, and other prices after it."""
    other = market(seed + 77, len(bars), volatility=0.08)
    names = ("open", "high", "low", "close", "volume")
    mixed = {name: np.concatenate([getattr(bars, name)[:k], 3 * getattr(other, name)[k:]]) for name in names}
    return replace(bars, **mixed)


@pytest.mark.parametrize("sizing", [
    {"name": "volatility_target", "length": 10}, {"name": "volatility_target", "length": 15, "method": "rolling"},
])  # fmt: skip
@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, k=st.integers(20, 100))
def test_that_a_sizer_says_the_same_when_the_future_is_scrambled(sizing, seed, k):
    bars = market(seed, 120)
    one, other = (parse_sizing(sizing).gearing(series) for series in (bars, scrambled(bars, k, seed)))
    assert one[:k].tobytes() == other[:k].tobytes()


GATES = [
    {"name": "moving_average", "length": 10}, {"name": "volatility_percentile", "length": 5, "lookback": 20},
    {"name": "ar1"}, {"name": "garch"}, {"name": "ar_garch"}, {"name": "hmm"},
]  # fmt: skip


@pytest.mark.parametrize("gate", GATES)
def test_that_a_gate_says_the_same_when_the_future_is_scrambled(gate):
    made = parse_gate(gate)
    size = made.history() + 60
    k = made.history() + 31
    bars = market(5, size, volatility=0.015)
    one, other = (made.compute(series) for series in (bars, scrambled(bars, k, 5)))
    assert one.open[:k].tobytes() == other.open[:k].tobytes()
    for name in one.lines:
        assert one.lines[name][:k].tobytes() == other.lines[name][:k].tobytes(), name
    assert one.refits[one.refits < k].tolist() == other.refits[other.refits < k].tolist()
    assert one.open[:k].any() or not one.open.any()
