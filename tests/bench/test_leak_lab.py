"""How long a check of 5,000 bars takes, for every fixture that leaks or only looks so."""

from __future__ import annotations

import pytest

from engine.backtest.leak import check_leaks
from engine.backtest.spec import BacktestSpec
from engine.registry import snake_case
from engine.strategies import registry
from tests.engine.backtest.leak.fixtures import CLEAN, LEAKY, series, write_fixtures

LIMIT_S = 10.0


@pytest.mark.bench
def test_that_no_check_of_five_thousand_bars_takes_ten_seconds(tmp_path):
    write_fixtures(tmp_path)
    registry.scan(tmp_path)
    taken = {}
    for name in ("ema_cross", *map(snake_case, (*LEAKY, *CLEAN))):
        taken[name] = check_leaks(series("moody", 5_000), BacktestSpec(strategy=name)).seconds
    for name, seconds in sorted(taken.items(), key=lambda item: -item[1]):
        print(f"{name:20} {seconds:5.2f} s")
    assert max(taken.values()) < LIMIT_S
