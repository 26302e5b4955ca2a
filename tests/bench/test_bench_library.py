"""Every compiled strategy of the library in a sweep on one core, beside its goal.

``uv run pytest tests/bench/test_bench_library.py -m bench -s`` prints the figures; docs/strategies_speed.md keeps
those of a quiet machine.
"""

import pytest

from tests.bench.library_speed import EMA_GOAL, GOAL, compiled_strategies, measure

pytestmark = pytest.mark.bench


@pytest.mark.parametrize("name", compiled_strategies())
def test_that_a_sweep_reaches_its_backtests_per_second(name):
    goal, found = EMA_GOAL if name == "ema_cross" else GOAL, measure(name)
    print(
        f"\n{name:26} {found.rate:9,.0f}/s of processor time, {found.wall_rate:9,.0f}/s of wall time, "
        f"{found.ns_per_bar:5.1f} ns per bar and cell, {found.cells:,} cells: {found.parameters}"
    )
    assert found.rate >= goal
