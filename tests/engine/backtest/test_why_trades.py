"""Every number of a trade's explanation, recomputed for every built-in strategy and many kinds of costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.backtest.why import Explainer
from engine.core.bars import Bars
from engine.core.errors import InputError
from engine.core.instrument import Instrument
from engine.strategies import PortfolioStrategy, load, registry
from tests.engine.backtest import why_numbers as again
from tests.engine.cases import random_bars

COSTS = {
    "fees": {
        "commission_fixed": 1.0, "commission_per_unit": 0.01, "commission_bps": 2, "commission_min": 1.5,
        "commission_max": 40.0, "sell_fee_bps": 0.5, "slippage_bps": 5, "spread_bps": 4,
    },
    "carry": {"borrow_rate": 0.04, "margin_rate": 0.06, "spread_amount": 0.02, "slippage_range": 0.05},
    "impact": {"impact_bps": 80, "slippage_bps": 1, "commission_max_bps": 20, "commission_fixed": 5},
}  # fmt: skip

CASES = {
    "plain": {},
    "gate and stops": {
        "costs": COSTS["fees"], "execution": {"stop_loss": 0.05, "take_profit": 0.06},
        "gates": [{"name": "moving_average", "length": 60}],
    },
    "leverage": {
        "costs": COSTS["carry"], "sizing": {"fraction": 2.5},
        "execution": {"max_leverage": 2.0, "trailing_stop": 3.0, "stop_unit": "atr", "atr_length": 10},
    },
    "risk": {
        "costs": COSTS["fees"], "sizing": {"name": "risk_per_trade", "risk": 0.02},
        "execution": {"stop_loss": 2.5, "stop_unit": "atr", "lot": 1, "break_even": 2.0},
    },
    "volatility at closes": {
        "sizing": {"name": "volatility_target", "target": 0.2, "length": 20}, "costs": COSTS["carry"],
        "execution": {"fill": "next_close", "reentry": "allowed", "time_stop": 8},
    },
    "kelly": {"sizing": {"name": "kelly", "min_trades": 3, "confidence": 0.6}, "costs": COSTS["fees"]},
    "cash at the deciding close": {
        "sizing": {"name": "fixed_cash", "amount": 2_500.0}, "costs": COSTS["impact"],
        "execution": {"fill": "this_close", "close_at_end": True},
    },
    "contracts": {
        "sizing": {"name": "fixed_units", "units": 3}, "costs": {"slippage_ticks": 2, "commission_per_unit": 2.5},
        "execution": {"lot": 1, "stop_loss": 4.0, "stop_unit": "amount"},
        "data": {"instrument": {"multiplier": 5.0, "tick_size": 0.25}}, "capital": 50_000.0,
    },
    "limit entries": {
        "costs": COSTS["fees"],
        "execution": {"entry": "limit", "entry_distance": 0.005, "entry_bars": 3, "take_profit": 0.03},
    },
    "stop entries": {
        "costs": COSTS["carry"],
        "execution": {"entry": "stop", "entry_distance": 0.003, "entry_bars": 2, "stop_loss": 0.04},
    },
}  # fmt: skip


def bars_of(size=700, seed=4) -> Bars:
    bars, rng = random_bars(seed, size), np.random.default_rng(seed)
    wave = np.sign(np.sin(np.arange(size) / 15.0))
    return replace(
        bars, instrument=Instrument("XYZ"), volume=rng.integers(50, 900, size).astype(float),
        columns={"target": wave},
    )


BARS = bars_of()


def runs_of(name: str, case: str):
    try:
        return run_backtest(BARS, BacktestSpec(strategy=name, **CASES[case]))
    except InputError as error:  # some strategies refuse daily bars
        assert str(error.field).startswith("strategy.params")  # noqa: PT017
        return None


def check(section, expected, *, used):
    for figure in section.figures:
        assert figure.name in expected, (section.name, figure.name)
        wanted = expected[figure.name]
        if wanted is None:  # not known
            assert np.isnan(figure.value)
            continue
        assert figure.value == pytest.approx(wanted, rel=1e-9, abs=1e-9), (section.name, figure.name)
        used.add((section.name, figure.name))


def check_trade(result, row, used):
    trade, told = result.trades[row], Explainer(result).trade(row)
    entry = again.find_order(result, trade, "entry")
    before = result.orders["position"][entry] - result.orders["quantity"][entry]
    size = again.size_numbers(result, entry)
    check(told.size, size, used=used)
    assert told.size.value("asked") == pytest.approx(told.size.value("position"), rel=1e-9)
    check(told.fill, again.fill_numbers(result, entry), used=used)
    if before * trade["side"] <= 0:
        check(told.levels, again.level_numbers(result, entry), used=used)
    check(told.exit, again.exit_numbers(result, trade), used=used)
    costs = again.cost_numbers(result, trade)
    check(told.costs, costs, used=used)
    assert told.costs.value("net") == pytest.approx(trade["pnl"], abs=1e-9)
    if {figure.name for figure in told.delay.figures} > {"delayed_net", "difference"}:
        check(told.delay, again.delay_numbers(result, trade), used=used)
    parts = [figure.value for figure in told.costs.figures if figure.name not in ("net", "return", "mae", "mfe")]
    assert sum(parts) == pytest.approx(told.costs.value("net"), abs=1e-9)


USED: set[tuple[str, str]] = set()


@pytest.mark.parametrize("case", CASES)
def test_that_every_number_of_a_trade_recomputes_from_raw_arrays(case):
    names = [name for name in registry.names() if not issubclass(type(load(name)), PortfolioStrategy)]
    kept = names if case == "gate and stops" else names[list(CASES).index(case) % 5 :: 5]
    seen = 0
    for name in [*kept, "external_signals"]:
        result = runs_of(name, case)
        if result is None or not result.trades.size:
            continue
        for row in {0, result.trades.size // 2, result.trades.size - 1}:
            check_trade(result, row, USED)
            seen += 1
    assert seen > 5


def test_that_every_kind_of_figure_was_met_and_recomputed():
    if not USED:
        pytest.skip("the cases above were not run")
    names = {name for _, name in USED}
    for name in (
        "kelly", "gear", "distance", "amount", "units", "lot", "multiplier", "impact", "spread", "borrow",
        "interest", "level", "trail", "target", "stop", "even", "time", "held", "mark", "leverage", "holding",
        "delayed_costs",
    ):
        assert name in names, name


def test_that_a_trade_over_before_the_next_bar_earns_nothing_a_bar_later():
    result = runs_of("bollinger_reversion", "gate and stops")
    rows = np.flatnonzero((result.trades["entry_bar"] == result.trades["exit_bar"]) & ~result.trades["open"])
    told = Explainer(result).trade(int(rows[0]))
    assert told.delay.value("delayed_net") == 0.0
    assert told.delay.value("difference") == -result.trades["pnl"][rows[0]]


def a_portfolio(**more):
    series = [replace(random_bars(seed, 500), instrument=Instrument(f"S{seed}")) for seed in (1, 2, 3, 4)]
    series[1] = series[1].slice(40, 470)
    portfolio = {"when_short": "rank", "rank_by": "momentum", "rank_length": 20, "max_positions": 2}
    return run_backtest(
        series,
        BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20}, costs=COSTS["fees"] | {"margin_rate": 0.05},
                     portfolio=portfolio | more, execution={"max_leverage": 1.2}),
    )  # fmt: skip


def test_that_sizes_of_a_shared_account_recompute_on_the_equity_before_the_bars_first_order():
    result, used, cut = a_portfolio(), set(), 0
    explainer = Explainer(result)
    for row in range(0, result.trades.size, 7):
        trade, told = result.trades[row], explainer.trade(row)
        entry = again.find_order(result, trade, "entry")
        first = int(np.flatnonzero(result.orders["fill_bar"] == trade["entry_bar"])[0])
        size = again.size_numbers(result, entry, first=first)
        rejected = result.rejected[(result.rejected["asset"] == trade["asset"]) & (result.rejected["bar"] == trade["entry_bar"])]
        size["filled"] = rejected["filled"][0] if rejected.size else None
        size |= room_of(result, entry, size) | rank_of(result, trade)
        check(told.size, size, used=used)
        check(told.costs, again.cost_numbers(result, trade), used=used)
        assert told.costs.value("net") == pytest.approx(trade["pnl"], abs=1e-9)
        cut += "room" in {figure.name for figure in told.size.figures}
    assert cut > 0
    assert ("size", "rank") in used


def room_of(result, row, size):
    order = result.orders[row]
    cash, held = again.before_order(result, row)
    bar, asset, p = int(order["fill_bar"]), int(order["asset"]), float(order["price"])
    others = [held[one] * again.price(result, one, bar, "open") for one in range(len(held)) if one != asset]
    equity = cash + held[asset] * p + sum(others)
    fee = again.commission(result, asset, size["asked"] - held[asset], p)
    return {"room": (result.spec.execution.max_leverage * (equity - fee) - sum(map(abs, others))) / p}


def rank_of(result, trade):
    bar = int(trade["entry_bar"])
    here = result.orders[result.orders["fill_bar"] == bar]
    more = {int(one["asset"]) for one in here if abs(one["position"]) > abs(one["position"] - one["quantity"])}
    more |= {int(one["asset"]) for one in result.rejected if one["bar"] == bar}
    scores = {}
    for asset in more:
        leg, own = result.instruments[asset], again.own_at(result, asset, bar - 1)
        scores[asset] = leg.close[own] / leg.close[own - 20] - 1 if own >= 20 else -np.inf
    order = sorted(more, key=lambda asset: (-scores[asset], asset))
    own = int(trade["asset"])
    return {"rank": order.index(own) + 1 if own in order else None, "candidates": len(more), "score": None if scores.get(own) == -np.inf else scores.get(own)}


def test_that_the_way_from_signal_to_target_of_a_leg_is_the_product_of_its_factors():
    result = a_portfolio(when_short="scale", max_positions=None, allocation="inverse_volatility")
    explainer = Explainer(result)
    for row in range(0, result.trades.size, 11):
        told = explainer.trade(row).decision
        factors = {figure.name: figure.value for figure in told.factors}
        target = factors.pop("target", told.target)
        before = factors.pop("target_before", None)
        assert before in (None, result.signals[int(result.trades["asset"][row]), max(told.bar - 1, 0)])
        assert np.prod(list(factors.values())) == pytest.approx(target, rel=1e-9)
        assert target == result.signals[int(result.trades["asset"][row]), told.bar]


def test_that_an_unknown_trade_is_refused_with_the_rows_there_are():
    result = runs_of("ema_cross", "plain")
    with pytest.raises(InputError, match="trade"):
        Explainer(result).trade(result.trades.size)
