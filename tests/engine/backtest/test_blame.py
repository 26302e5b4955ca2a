"""File, line and bar of what a user's strategy raised."""

from __future__ import annotations

import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import StrategyError
from engine.strategies import registry
from tests.fakes.prices import random_bars

BARS = random_bars(600)
PLAIN = """
from engine.strategies import Strategy, rule
import numpy as np

class Raises(Strategy):
    "Raises."
    def signals(self, bars, p):
        target = np.zeros(len(bars))
{body}
        return target
"""
RULE = """
from engine.strategies import Strategy, rule

class Raises(Strategy):
    "Raises."
    @rule
    def decide(bars, bank, rows, params, target):
        for t in range(bars.close.shape[0]):
            if t == 500:
                target[t] = bars.close[t + 1000]
"""


@pytest.fixture
def told(tmp_path):
    def tell(source):
        (tmp_path / "raises.py").write_text(source)
        registry.scan(tmp_path)
        assert not registry.broken
        with pytest.raises(StrategyError) as caught:
            run_backtest(BARS, BacktestSpec(strategy="raises"))
        return caught.value.where.replace(str(tmp_path), "")

    yield tell
    (tmp_path / "raises.py").unlink()
    registry.scan(tmp_path)


LOOPS = {
    "for t in range(len(bars)): target[t] = 1 / (500 - t)": 500,
    "for i, close in enumerate(bars.close): target[i] = [0] * 300 and [0][0 if i < 42 else 1]": 42,
    "for t in range(9):\n            for k in range(3): target[t] = [0, 1][k]": 2,
    "for name in ('a', 'b'): target[0] = {}[name]": None,
    "target[len(bars)] = 1": None,
}


@pytest.mark.parametrize(("body", "bar"), LOOPS.items())
def test_that_the_bar_of_a_loop_is_told_beside_file_and_line(told, body, bar):
    where = told(PLAIN.format(body=f"        {body}"))
    line = 8 + len(body.splitlines())
    expected = f"/raises.py:{line}" + ("" if bar is None else f", bar {bar} ({BARS.label(bar)})")
    assert where == expected


def test_that_a_rule_tells_the_bar_too(told):
    assert told(RULE) == f"/raises.py:10, bar 500 ({BARS.label(500)})"
