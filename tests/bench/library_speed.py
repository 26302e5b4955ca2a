"""How many backtests a second a sweep of each compiled strategy does on one core, through the public API."""

from __future__ import annotations

import dataclasses
import functools
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import engine
from engine.core.errors import InputError
from engine.fields import FieldInfo
from engine.strategies import PortfolioStrategy, Strategy, load, registry
from tests.bench.test_engine import FASTS, SLOWS, make_bars

CELLS, BARS = 2_000, 2_520
GOAL, EMA_GOAL = 40_000, 150_000
AXES = (50, 40)

# On daily bars each bar is a session, and an order of nearly every bar is what would be measured.
OF_SESSIONS = {"daily_high_low"}

# Values that keep all cells within the constraint; other strategies vary their first two numbers over their ranges.
GRIDS: dict[str, dict[str, list[Any]]] = {
    "ema_cross": {"fast": FASTS, "slow": SLOWS},
    "sma_cross": {"fast": FASTS, "slow": SLOWS},
    "macd_trend": {"fast": list(range(5, 25)), "slow": list(range(26, 66)), "signal": [9]},
    "macd_reversal": {"fast": list(range(5, 25)), "slow": list(range(26, 66)), "signal": [9]},
    "turtle": {"entry": list(range(51, 101)), "exit": list(range(5, 45))},
    "channel_breakout": {"long_entry": list(range(51, 101)), "long_exit": list(range(5, 45))},
    "ichimoku_cloud": {"kijun": list(range(10, 50)), "senkou_b": list(range(50, 150, 2))},
    "tdi_time_exit": {"slow": list(range(3, 31)), "flat": np.linspace(0.0, 5.0, 72).round(2).tolist()},
    "trend_grid": {"grid_count": list(range(2, 52)), "upper": np.linspace(1.01, 1.4, 40).round(2).tolist()},
    "reversal_grid": {"grid_count": list(range(2, 52)), "upper": np.linspace(1.01, 1.4, 40).round(2).tolist()},
    "news_breakout": {"tp_ticks": list(range(5, 55)), "sl_ticks": list(range(5, 45))},
}


class Speed(NamedTuple):
    """One line of the table.

    Parameters
    ----------
    name, parameters : str
        Strategy, and what was varied.
    cells : int
        Of one sweep.
    rate, wall_rate : float
        Backtests per second of processor time and of wall time, of the best sweep.
    """

    name: str
    parameters: str
    cells: int
    rate: float
    wall_rate: float

    @property
    def ns_per_bar(self) -> float:
        """Nanoseconds of processor time per bar and cell."""
        return 1e9 / self.rate / BARS


def compiled_strategies() -> list[str]:
    """Return the built-in strategies with a compiled rule and something to vary."""
    names = [name for name in registry.names() if not registry.is_user_plugin(name)]
    return [name for name in names if load(name).decide is not None and grid_of(load(name))]


def grid_of(strategy: Strategy) -> dict[str, list[Any]]:
    """Return 2,000 cells over at most two parameters; values come again where there are fewer."""
    if strategy.id in GRIDS:
        return _whole(GRIDS[strategy.id])
    numbers = [info for info in strategy.fields() if info.type in ("int", "float") and info.low is not None]
    axes = {info.name: values_of(info, count) for info, count in zip(numbers, AXES, strict=False)}
    return _whole(axes)


def values_of(info: FieldInfo, count: int) -> list[Any]:
    """Return values over the range of a parameter, at most ``count``."""
    low, high = float(info.low or 0.0), float(info.high or 0.0)
    if info.type == "int":
        return sorted({int(value) for value in np.linspace(low, min(high, low + 400), count)})
    return np.linspace(low, high, count).round(6).tolist()


def _whole(axes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    if not axes:
        return axes
    *_, last = axes
    others = int(np.prod([len(values) for name, values in axes.items() if name != last]))
    wanted = -(-CELLS // others)
    return axes | {last: [axes[last][k % len(axes[last])] for k in range(wanted)]}


@functools.cache
def daily() -> engine.Bars:
    """Return the daily bars of work C."""
    return make_bars(BARS, "1d", 86_400)


@functools.cache
def round_the_clock() -> engine.Bars:
    """Return bars of five minutes, day and night, of an instrument with a tick size."""
    bars = make_bars(BARS, "5m", 300)
    return dataclasses.replace(bars, instrument=dataclasses.replace(bars.instrument, tick_size=0.01))


def bars_for(strategy: Strategy) -> engine.Bars:
    """Return daily bars; shorter ones for strategies of sessions, and for those that refuse daily ones."""
    if strategy.id in OF_SESSIONS:
        return round_the_clock()
    try:
        strategy.check(daily(), strategy.parse({}))
    except InputError:
        return round_the_clock()
    return daily()


def measure(
    name: str, rounds: int = 7, *, grid: dict[str, list[Any]] | None = None, bars: engine.Bars | None = None
) -> Speed:
    """Sweep one strategy ``rounds`` times and return the best."""
    strategy = load(name)
    bars, grid = bars or bars_for(strategy), grid or grid_of(strategy)
    spec = engine.BacktestSpec(strategy=name, costs={"slippage_bps": 10}, periods_per_year=252)
    study = engine.sweep(bars, spec, grid, workers=1)  # compiles
    assert not study.errors, f"{name}: {next(iter(study.errors.values()))}"
    found = []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        engine.sweep(bars, spec, grid, workers=1)
        found.append((time.process_time() - cpu, time.perf_counter() - wall))
    varied = ", ".join(f"`{axis}` {min(values):g} to {max(values):g}" for axis, values in grid.items() if len(set(values)) > 1)
    cells = len(study)
    return Speed(name, varied, cells, cells / min(cpu for cpu, _ in found), cells / min(wall for _, wall in found))


def measured() -> Iterator[Speed]:
    """Measure every compiled strategy of the library."""
    for name in compiled_strategies():
        yield measure(name)


def slower() -> Iterator[tuple[Speed, str]]:
    """Measure what costs more than the table shows, and say why."""
    pairs = {"rsi": list(range(3, 52)), "slow": list(range(3, 31))}
    yield measure("tdi_time_exit", grid=pairs), "each pair of lengths is a line of its own"
    yield measure("daily_high_low", bars=daily()), "on daily bars each bar is a session, with an order in one of four"


def left_out() -> str:
    """Return in words which built-in strategies the table does not hold, and why."""
    names = [name for name in registry.names() if not registry.is_user_plugin(name)]
    weighs = [name for name in names if issubclass(registry.get(name), PortfolioStrategy)]
    rest = [name for name in names if name not in weighs and name not in compiled_strategies()]
    told = [f"`{name}`" for name in rest]
    return (
        f"Not in the table: {', '.join(told)}, which have no number to vary, and the strategies that weigh several "
        f"instruments ({', '.join(f'`{name}`' for name in weighs)}), whose cells run one by one."
    )


def page(speeds: list[Speed]) -> str:
    """Return docs/strategies_speed.md."""
    other = [f"- `{one.name}`, {one.parameters}: {one.rate:,.0f} backtests/s; {why}." for one, why in slower()]
    rows = sorted(speeds, key=lambda one: -one.rate)
    lines = [
        f"| `{one.name}` | {one.rate:,.0f} | {one.ns_per_bar:.1f} | {one.cells:,} | {one.parameters} |" for one in rows
    ]
    return f"""# How fast the strategies are

Work C of [performance.md](performance.md) for every compiled strategy: a sweep of about {CELLS:,} cells over {BARS:,} bars
through `engine.sweep(..., workers=1)`, 10 bps slippage, the best of seven, by processor time of one core. Every cell is a
whole backtest with its metrics, equal to the single run bit for bit. The goals: {GOAL:,} backtests a second for each,
{EMA_GOAL:,} for `ema_cross`.

Daily bars of a random walk; five-minute bars around the clock for `daily_high_low`, which is about sessions, and for
strategies that refuse daily ones. Where a parameter has fewer values than the grid needs, they come several times: indicator
lines are computed once for each distinct value either way.

| strategy | backtests/s | ns per bar and cell | cells | varied |
|---|---|---|---|---|
{chr(10).join(lines)}

A cell costs its rule (1 to 12 µs), its metrics (3 µs), about 40 ns for each order, and 5 to 20 µs for a line that no other cell
reads. So other grids and other bars can be slower:

{chr(10).join(other)}

{left_out()}

{machine()}

`uv run python build/make.py speed` measures again and writes this page; `uv run pytest tests/bench/test_bench_library.py -m
bench -s` prints the same figures and checks the goals.
"""


def machine() -> str:
    """Return the machine in one line."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        named = [line for line in info.read_text(encoding="utf-8").splitlines() if line.startswith("model name")]
        model = named[0].split(":", 1)[1].strip() if named else model
    return f"Measured on {model}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}."
