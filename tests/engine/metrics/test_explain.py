"""Every explained metric recomputes, from the numbers in its own text, to the metric of the run."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.metrics import METRIC_NAMES, METRICS
from engine.metrics.explain import explain
from tests.fakes.prices import random_bars

SPECS = {
    "plain": {"strategy": "ema_cross"},
    "all costs": {
        "strategy": "ema_cross", "params": {"fast": 5, "slow": 20}, "capital": 1_000_000, "risk_free": 0.02,
        "costs": {"slippage_bps": 5, "commission_bps": 1, "commission_fixed": 2, "borrow_rate": 0.05},
    },
    "stops": {
        "strategy": "turtle", "execution": {"stop_loss": 0.02, "close_at_end": True}, "periods_per_year": 300,
    },
    "nothing traded": {"strategy": "ema_cross", "params": {"fast": 99, "slow": 400}},
    "one trade": {"strategy": "buy_and_hold", "costs": {"slippage_bps": 0}},
}  # fmt: skip


@pytest.fixture(scope="module", params=SPECS)
def run(request):
    return run_backtest(random_bars(300), BacktestSpec(**SPECS[request.param]))


def recompute(text: str) -> float:
    """Do with the substituted formula what a person with a calculator does."""
    formula = text.split(" = ")[1]
    formula = formula.split(": ")[-1] if "from the worst" in formula else formula
    formula = re.sub(r"\d{4}-\d\d-\d\d", "", formula)  # dates
    formula = re.sub(r"\(\s*\)", "", formula)
    formula = formula.replace(" x ", " * ").replace("^", "**").replace(",", "")
    formula = re.sub(r"\|([^|]*)\|", r"abs(\1)", formula)
    formula = re.sub(r"\b(?!abs\b|sqrt\b)[A-Za-z_]+\b", "", formula)
    return eval(formula, {"__builtins__": {}}, {"sqrt": math.sqrt, "abs": abs})  # noqa: S307  (our own text)


@pytest.mark.parametrize("name", [name for name in METRIC_NAMES if name != "periods_per_year"])
def test_that_the_numbers_in_the_text_recompute_to_the_metric(run, name):
    text, value = explain(name, run), run.metrics[name]
    assert text.startswith(f"{name} = ")
    if math.isnan(value):
        assert text.endswith(": not defined")
        return
    assert recompute(text) == pytest.approx(value, rel=2e-4, abs=2e-6)


def test_that_the_value_at_the_end_of_the_text_is_the_metric(run):
    for name in METRIC_NAMES:
        value = run.metrics[name]
        if math.isnan(value):
            continue
        last = explain(name, run).split(" ")[-1].replace(",", "")
        shown = float(last.removesuffix("%")) / (100 if last.endswith("%") else 1)
        assert shown == pytest.approx(value, rel=1e-5, abs=5.1e-5 if METRICS[name].unit == "fraction" else 1e-6)


def test_that_bars_per_year_set_by_hand_are_told_apart_from_the_calendar():
    bars = random_bars(300)
    by_hand = run_backtest(bars, BacktestSpec(strategy="ema_cross", periods_per_year=300))
    assert explain("periods_per_year", by_hand) == "periods_per_year = calendar 252, set by hand = 300"
    calendar = run_backtest(bars, BacktestSpec(strategy="ema_cross"))
    assert explain("periods_per_year", calendar) == "periods_per_year = sessions 252 x bars per session 1 = 252"


def test_that_the_deepest_drawdown_names_its_days():
    run = run_backtest(random_bars(300), BacktestSpec(strategy="ema_cross"))
    low = int(np.argmin(run.drawdown))
    assert f"on {run.bars.label(low)} / high" in explain("max_drawdown", run)


def test_that_an_unknown_metric_suggests_the_near_name():
    run = run_backtest(random_bars(60), BacktestSpec(strategy="buy_and_hold"))
    with pytest.raises(InputError, match="Did you mean 'sharpe'"):
        explain("sharp", run)
