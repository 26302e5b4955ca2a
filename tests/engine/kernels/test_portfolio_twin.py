"""Several instruments on one cash account against the plain account (rules 16 and 17)."""

import itertools

import numpy as np
import pytest

from tests.engine.kernels.twin_compare import spec_with
from tests.engine.kernels.twin_portfolio import compare_shared, family

COSTS = [{}, {"slippage_bps": 5, "commission_bps": 3, "commission_min": 1, "borrow_rate": 0.1, "margin_rate": 0.1}]
EXECUTIONS = [
    {},
    {"fill": "next_close"},
    {"fill": "this_close"},
    {"rebalance": "weekly"},
    {"rebalance": "band", "band": 0.05},
    {"stop_loss": 0.04, "reentry": "allowed"},
    {"max_leverage": 2.0},
    {"lot": 1, "min_notional": 100},
    {"close_at_end": True, "trailing_stop": 0.05},
    {"entry": "limit", "entry_distance": 0.01, "entry_bars": 2},
    {"max_participation": 0.1},
]
PORTFOLIOS = [
    {},
    {"when_short": "rank"},
    {"when_short": "rank", "max_positions": 2},
]


@pytest.mark.parametrize(("execution", "portfolio", "seed"), list(itertools.product(EXECUTIONS, PORTFOLIOS, (1, 2, 3))))
def test_that_a_shared_account_equals_the_plain_one(execution, portfolio, seed):
    series = family(seed, whole=seed != 3, long_only=seed == 1)
    result, _ = compare_shared(series, spec_with(COSTS[seed % 2], execution, portfolio=portfolio))
    assert len(result.orders)


@pytest.mark.parametrize(("execution", "seed"), list(itertools.product(EXECUTIONS, (1, 2, 3, 4))))
def test_that_instruments_trade_on_their_own_bars_and_are_closed_when_their_data_ends(execution, seed):
    series = family(seed, size=110, holes=True)
    result, _ = compare_shared(series, spec_with(COSTS[seed % 2], execution))
    assert result.equity.size


@pytest.mark.parametrize("seed", range(1, 5))
def test_that_a_time_stop_counts_the_instruments_own_bars_rule_14(seed):
    compare_shared(family(seed, size=110, holes=True), spec_with({}, {"time_stop": 7}))


@pytest.mark.parametrize("seed", range(1, 5))
def test_that_slippage_by_range_uses_the_instruments_own_bar_before_rule_6(seed):
    compare_shared(family(seed, size=110, holes=True), spec_with({"slippage_range": 0.1}, {"stop_loss": 0.04}))


@pytest.mark.parametrize("seed", range(1, 5))
def test_that_each_symbol_pays_its_own_costs(seed):
    series = family(seed)
    own = {series[1].symbol: {"slippage_bps": 30.0, "commission_fixed": 2.0}, series[2].symbol: {"spread_amount": 0.4, "slippage_bps": 0.0}}
    result, _ = compare_shared(series, spec_with({"commission_bps": 2}, {}, symbol_costs=own))
    assert len(set(result.orders["asset"])) == 3


@pytest.mark.parametrize("sizing", [
    {"fraction": 0.4}, {"name": "kelly", "min_trades": 4}, {"name": "fixed_units", "units": 20},
    {"name": "fixed_cash", "amount": 2_500},
])  # fmt: skip
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_that_sizing_rules_share_the_account(sizing, seed):
    portfolio = {"when_short": "rank"}  # sizes of these rules are not known at the close, so nothing is scaled
    compare_shared(family(seed), spec_with(COSTS[seed % 2], {}, sizing, portfolio=portfolio))


def by_signal(series):
    def ranks(assets, bar):
        return sorted(assets, key=lambda a: -abs(series[a].columns["target"][bar]))

    return ranks


def by_momentum(series, length):
    def ranks(assets, bar):
        def worth(a):
            close = series[a].close
            return close[bar] / close[bar - length] - 1 if bar >= length else -np.inf

        return sorted(assets, key=lambda a: -worth(a))

    return ranks


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("rank_by", ["signal", "momentum"])
def test_that_candidates_are_taken_in_rank_order_when_cash_is_short(rank_by, seed):
    series = family(seed, n=4, whole=False, long_only=True)
    ranks = {"signal": by_signal(series), "momentum": by_momentum(series, 5)}[rank_by]
    portfolio = {"when_short": "rank", "rank_by": rank_by, "rank_length": 5}
    result, _ = compare_shared(series, spec_with({"slippage_bps": 5}, {}, portfolio=portfolio), ranks=ranks)
    assert len(result.rejected)
