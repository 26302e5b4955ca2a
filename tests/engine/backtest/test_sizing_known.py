"""Sizing rules that must wait, and sizing in a portfolio: what a first version got wrong."""

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.studies.sweep import sweep_here
from tests.engine.cases import make_bars, random_bars


def held(**fields):
    return BacktestSpec(**({"strategy": "buy_and_hold", "costs": {"slippage_bps": 0.0}} | fields))


def test_that_a_signal_on_before_the_volatility_is_known_enters_when_it_is_rule_7():
    result = run_backtest(random_bars(3, 120), held(sizing={"name": "volatility_target", "length": 20}))
    assert result.orders["decision_bar"].tolist() == [20]
    assert not result.signals[:20].any()


def test_that_risk_in_atr_enters_when_the_atr_is_known_rule_7():
    execution = {"stop_loss": 50.0, "stop_unit": "atr", "atr_length": 10}
    result = run_backtest(random_bars(4, 120), held(sizing={"name": "risk_per_trade"}, execution=execution))
    assert result.orders["decision_bar"][0] in (9, 10)


def test_that_a_sweep_sizes_as_single_runs_do_rule_7():
    bars = random_bars(5, 300)
    spec = BacktestSpec(strategy="ema_cross", sizing={"name": "volatility_target", "length": 80})
    study = sweep_here(bars, spec, {"fast": [5, 10], "slow": [20, 40]})
    for cell in range(4):
        params = {name: int(study.params[name][cell]) for name in ("fast", "slow")}
        alone = run_backtest(bars, BacktestSpec(strategy="ema_cross", params=params, sizing=spec.sizing))
        assert study.metrics["final_equity"][cell] == alone.metrics["final_equity"]


def test_that_a_volatility_target_uses_the_bars_per_year_of_the_spec_rule_20():
    sizing = {"name": "volatility_target", "length": 20, "target": 0.1, "cap": 10}
    results = [
        run_backtest(random_bars(6, 120), held(sizing=sizing, periods_per_year=periods)) for periods in (252, 63)
    ]
    first, second = (result.orders["quantity"][0] for result in results)
    assert second == pytest.approx(2 * first)


def test_that_a_position_of_fixed_cash_is_no_smaller_beside_others_rule_16():
    family = [make_bars(np.full(10, 50.0), symbol=name) for name in "ABCDE"]
    result = run_backtest(family, held(sizing={"name": "fixed_cash", "amount": 1_000}))
    assert result.orders["quantity"].tolist() == [20.0] * 5
    assert (result.scaling == 1.0).all()


def test_that_a_cap_on_exposure_is_refused_where_the_exposure_depends_on_the_account():
    family = [make_bars(np.full(10, 50.0), symbol=name) for name in "AB"]
    spec = held(sizing={"name": "fixed_cash"}, portfolio={"max_name": 0.1})
    with pytest.raises(InputError, match=r"portfolio\.max_name"):
        run_backtest(family, spec)


@pytest.mark.parametrize("seed", range(3))
def test_that_kelly_does_not_depend_on_the_order_of_the_instruments_rule_17(seed):
    family = [random_bars(10 * seed + at, 200) for at in range(3)]
    spec = BacktestSpec(
        strategy="ema_cross", params={"fast": 2, "slow": 5}, costs={"slippage_bps": 0},
        sizing={"name": "kelly", "min_trades": 3, "confidence": 0.5, "cap": 0.3, "start": 0.05},
    )  # fmt: skip
    there, back = run_backtest(family, spec), run_backtest(family[::-1], spec)
    assert len(there.trades) >= 3
    np.testing.assert_allclose(there.equity, back.equity, rtol=1e-9)


def test_that_the_instrument_of_the_spec_is_the_one_that_is_traded():
    bars = make_bars(np.linspace(50, 60, 10))
    spec = held(
        sizing={"name": "fixed_units", "units": 2}, execution={"max_leverage": 10},
        data={"instrument": {"multiplier": 10}},
    )  # fmt: skip
    gain = run_backtest(bars, spec).metrics["final_equity"] - 10_000
    assert gain == pytest.approx(2 * 10 * (60 - bars.open[1]))
