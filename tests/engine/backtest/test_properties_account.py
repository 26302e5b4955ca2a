"""What must hold of every run on one instrument, whatever the prices (hypothesis chooses them)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.run import run_backtest, simulate_signals
from engine.core.trade import Reason
from tests.engine.cases import random_targets
from tests.engine.kernels.twin_compare import market, spec_with

SEEDS = st.integers(0, 100_000)
EVERY_COST = {
    "slippage_bps": 4, "slippage_ticks": 1, "slippage_range": 0.03, "impact_bps": 20, "spread_bps": 3,
    "spread_amount": 0.02, "commission_bps": 2, "commission_fixed": 0.5, "commission_per_unit": 0.002,
    "commission_min": 1.0, "commission_max_bps": 200, "sell_fee_bps": 0.3, "sell_fee_per_unit": 0.001,
    "borrow_rate": 0.04, "margin_rate": 0.06,
}  # fmt: skip
EXECUTIONS = [
    {},
    {"fill": "next_close"},
    {"fill": "this_close"},
    {"lot": 1, "min_notional": 300},
    {"rebalance": "daily"},
    {"rebalance": "weekly", "max_leverage": 2.0},
    {"rebalance": "monthly"},
    {"rebalance": "band", "band": 0.05},
    {"stop_loss": 0.03, "reentry": "allowed"},
    {"stop_loss": 0.03, "take_profit": 0.05},
    {"trailing_stop": 0.04, "break_even": 0.02},
    {"trailing_stop": 2, "stop_unit": "atr", "atr_length": 5},
    {"time_stop": 4, "reentry": "allowed"},
    {"entry": "limit", "entry_distance": 0.01, "entry_bars": 3, "stop_loss": 0.03},
    {"entry": "stop", "entry_distance": 0.01, "entry_bars": 2, "take_profit": 0.04},
    {"max_participation": 0.1},
    {"max_participation": 0.1, "unfilled": "cancel", "stop_loss": 0.03},
    {"maintenance": 0.3, "max_leverage": 3.0},
]
SIZINGS = [
    {"fraction": 1.5}, {"name": "fixed_cash", "amount": 4_000}, {"name": "fixed_units", "units": 30},
    {"name": "volatility_target", "length": 10}, {"name": "kelly", "min_trades": 3},
]  # fmt: skip
RISK = {"name": "risk_per_trade", "risk": 0.02}


def simulate(seed, execution=None, costs=None, sizing=None, *, size=90, whole=None, **fields):
    bars = market(seed, size, volatility=0.03)
    targets = random_targets(seed, size, whole=seed % 2 == 0 if whole is None else whole, stay=0.8)
    targets[:8] = 0.0
    return bars, targets, simulate_signals(bars, targets, spec_with(costs, execution, sizing, **fields))


def assert_prefix(short, long, k):
    """Everything up to bar k - 1 is the same bits."""
    n = min(k, long.equity.size)
    assert short.equity.tobytes() == long.equity[:n].tobytes()
    assert short.positions[..., :n].tobytes() == np.ascontiguousarray(long.positions[..., :n]).tobytes()
    assert short.orders.tobytes() == long.orders[long.orders["fill_bar"] < k].tobytes()
    ended = long.trades[~long.trades["open"] & (long.trades["exit_bar"] < k)]
    assert short.trades[~short.trades["open"]].tobytes() == ended.tobytes()


@pytest.mark.parametrize("execution", EXECUTIONS)
@settings(max_examples=6, deadline=None)
@given(seed=SEEDS, k=st.integers(20, 89), sized=st.sampled_from(SIZINGS))
def test_that_what_happened_does_not_depend_on_later_bars(execution, seed, k, sized):
    bars, targets, whole = simulate(seed, execution, EVERY_COST, sized)
    part = simulate_signals(bars.slice(0, k), targets[:k], whole.spec)
    assert_prefix(part, whole, k)
    if whole.band is not None:
        n = part.equity.size
        assert part.band.pessimistic.tobytes() == whole.band.pessimistic[:n].tobytes()
        assert part.band.optimistic.tobytes() == whole.band.optimistic[:n].tobytes()


@pytest.mark.parametrize("changes", [
    {"gates": [{"name": "moving_average", "length": 10}]},
    {"gates": [{"name": "volatility_percentile", "length": 5, "lookback": 20}]},
    {"data": {"candles": {"kind": "heikin_ashi"}}},
    {"data": {"candles": {"kind": "renko", "brick_size": 1.5}}},
    {"data": {"candles": {"kind": "renko", "brick_atr": 10}}},
    {"data": {"candles": {"timeframe": "1wk"}}},
    {"strategy": "turtle", "params": {}},
    {"strategy": "supertrend", "params": {}, "sizing": RISK, "execution": {"stop_loss": 0.05}},
])  # fmt: skip
@pytest.mark.parametrize("seed", [1, 2])
def test_that_gates_candles_and_strategies_do_not_see_later_bars(changes, seed):
    bars = market(seed, 160, volatility=0.03)
    values = {"strategy": "sma_cross", "params": {"fast": 2, "slow": 5}, "costs": EVERY_COST, "periods_per_year": 252}
    spec = spec_with().parse(values | changes)
    whole = run_backtest(bars, spec)
    for k in (90, 117, 159):
        assert_prefix(run_backtest(bars.slice(0, k), spec), whole, k)


PROPORTIONAL = {"slippage_bps": 5, "spread_bps": 2, "spread_amount": 0.02, "commission_bps": 4, "borrow_rate": 0.03}


@pytest.mark.parametrize("execution", [one for one in EXECUTIONS if not {"lot", "max_participation"} & set(one)])
@settings(max_examples=5, deadline=None)
@given(seed=SEEDS, power=st.integers(-6, 12))
def test_that_a_power_of_two_of_the_capital_gives_that_power_of_the_profit_to_the_bit(execution, seed, power):
    """Exact for fractional lots and costs in proportion to the order; fees per order do not scale."""
    k = 2.0**power
    _, _, one = simulate(seed, execution, PROPORTIONAL)
    _, _, many = simulate(seed, execution, PROPORTIONAL, capital=10_000 * k)
    assert many.equity.tobytes() == (one.equity * k).tobytes()
    assert many.trades["pnl"].tobytes() == (one.trades["pnl"] * k).tobytes()


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, k=st.floats(0.01, 1e4))
def test_that_profit_scales_with_the_capital(seed, k):
    _, _, one = simulate(seed, {"stop_loss": 0.04}, PROPORTIONAL)
    _, _, many = simulate(seed, {"stop_loss": 0.04}, PROPORTIONAL, capital=10_000 * k)
    np.testing.assert_allclose(many.equity, one.equity * k, rtol=1e-11)


@pytest.mark.parametrize("fill", ["next_open", "next_close", "this_close"])
@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_that_a_signal_and_its_negative_lose_together_what_trading_costs(fill, seed):
    """Exact for a fixed number of units within the leverage limit, market orders, no stops, no accruals.

    Sized by a share of equity the two accounts grow apart and hold different quantities, stops cut the two
    sides at different prices, and borrow is paid by the short side only: there it does not hold.
    """
    bars = market(seed, 120, volatility=0.02)
    targets = random_targets(seed, 120, whole=False, stay=0.8)
    costs = {name: value for name, value in EVERY_COST.items() if not name.endswith("_rate")}
    spec = spec_with(costs, {"fill": fill, "max_leverage": 100}, {"name": "fixed_units", "units": 7.0})
    long, short = (simulate_signals(bars, sign * targets, spec) for sign in (1.0, -1.0))
    together = long.equity + short.equity - 2 * spec.capital
    paid = sum(run.orders["commission"].sum() + run.orders["slippage"].sum() for run in (long, short))
    assert together[-1] == pytest.approx(-paid, abs=1e-8)
    assert (long.positions + short.positions == 0.0).all()


@pytest.mark.parametrize("execution", EXECUTIONS)
@settings(max_examples=5, deadline=None)
@given(seed=SEEDS, sized=st.sampled_from(SIZINGS), multiplier=st.sampled_from([1.0, 10.0, 0.3]))
def test_that_profits_of_all_trades_are_the_change_of_equity_with_every_cost_on(execution, seed, sized, multiplier):
    bars = market(seed, 90, volatility=0.03, multiplier=multiplier)
    targets = random_targets(seed, 90, whole=False, stay=0.8)
    result = simulate_signals(bars, targets, spec_with(EVERY_COST, execution, sized))
    trades = result.trades
    gain = result.equity[-1] - result.spec.capital
    scale = 1e-9 * max(1.0, np.abs(trades["gross_pnl"]).sum(), result.spec.capital / 1_000)
    assert trades["pnl"].sum() == pytest.approx(gain, abs=scale)
    parts = trades["gross_pnl"] - trades["commission"] - trades["slippage"] - trades["financing"]
    np.testing.assert_allclose(parts, trades["pnl"], rtol=0, atol=1e-9)
    assert result.metrics["costs_paid"] == pytest.approx(
        trades["commission"].sum() + trades["slippage"].sum() + trades["financing"].sum(), abs=scale
    )


@pytest.mark.parametrize("execution", EXECUTIONS)
@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_that_a_price_before_slippage_is_one_the_bar_traded_at(execution, seed):
    """The open is inside the range too, so a gap filled at the open passes; anything else would not."""
    bars, _, result = simulate(seed, execution, EVERY_COST)
    orders = result.orders
    at, raw = orders["fill_bar"], orders["raw_price"]
    assert (bars.low[at] <= raw).all()
    assert (raw <= bars.high[at]).all()
    waits = np.isin(orders["reason"], [Reason.SIGNAL, Reason.REBALANCE])
    if execution.get("fill") is None and "entry" not in execution and execution.get("unfilled") is None:
        assert (raw[waits] == bars.open[at[waits]]).all()
    exits = np.isin(orders["reason"], [Reason.STOP_LOSS, Reason.TRAILING_STOP, Reason.BREAK_EVEN])
    exits &= orders["decision_bar"] == at  # what a volume cap carried to a later open is filled there
    side = np.sign(orders["quantity"])
    stops = result.stops[0][at[exits]] if result.stops is not None else np.empty(0)
    # A sell stop is never filled above its level, a buy stop never below.
    assert (side[exits] * (raw[exits] - stops) >= -1e-9).all()
    assert (side * (orders["price"] - raw) >= 0.0).all()


@pytest.mark.parametrize("execution", [one for one in EXECUTIONS if {"stop_loss", "trailing_stop", "entry"} & set(one)])
@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_that_the_equity_lies_between_the_pessimistic_and_the_optimistic_book(execution, seed):
    _, _, result = simulate(seed, execution, EVERY_COST)
    if result.band is None:
        assert not result.spec.execution.can_be_ambiguous
        return
    assert (result.band.pessimistic <= result.equity).all()
    assert (result.equity <= result.band.optimistic).all()


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_that_the_books_are_the_same_bits_when_no_bar_can_hold_two_events(seed):
    """Ranges stay below 3 %, stop and target are 40 % apart: the order inside a bar never matters."""
    bars = market(seed, 120, volatility=0.004)
    targets = random_targets(seed, 120, whole=True, stay=0.9)
    result = simulate_signals(bars, targets, spec_with(EVERY_COST, {"stop_loss": 0.01, "take_profit": 0.4}))
    assert result.band is not None
    assert not result.trades["ambiguous"].any()
    assert result.band.pessimistic.tobytes() == result.equity.tobytes() == result.band.optimistic.tobytes()


@pytest.mark.parametrize(("name", "amount"), [
    ("slippage_bps", 7.0), ("slippage_ticks", 2.0), ("slippage_range", 0.05), ("impact_bps", 30.0), ("spread_bps", 9.0),
    ("spread_amount", 0.1), ("commission_bps", 6.0), ("commission_fixed", 3.0), ("commission_per_unit", 0.02),
    ("commission_min", 4.0), ("sell_fee_bps", 2.0), ("sell_fee_per_unit", 0.01), ("borrow_rate", 0.2),
    ("margin_rate", 0.2),
])  # fmt: skip
@settings(max_examples=8, deadline=None)
@given(seed=SEEDS, leverage=st.sampled_from([1.0, 2.0]))
def test_that_more_cost_never_raises_equity_at_any_bar(name, amount, seed, leverage):
    """With fractional lots, market orders on a changed target and no stops.

    Whole lots can round a poorer account's order the lucky way; a stop measured from a worse fill may be
    missed, or a re-entry come at a better price; a band or calendar may leave out an order that would have
    lost. There a dearer run can end higher, and rightly so.
    """
    bars = market(seed, 100, volatility=0.02)
    targets = random_targets(seed, 100, whole=False, stay=0.85)
    base = {"slippage_bps": 2, "commission_bps": 1, "borrow_rate": 0.01, "margin_rate": 0.01}
    execution, sizing = {"max_leverage": leverage}, {"fraction": leverage}
    cheap = simulate_signals(bars, targets, spec_with(base, execution, sizing))
    dear = simulate_signals(bars, targets, spec_with(base | {name: base.get(name, 0.0) + amount}, execution, sizing))
    n = min(cheap.equity.size, dear.equity.size)
    assert (dear.equity[:n] <= cheap.equity[:n] * (1 + 1e-12)).all()
    assert dear.equity.size <= cheap.equity.size
