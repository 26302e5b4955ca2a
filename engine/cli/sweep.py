"""Run every cell of a parameter grid, with the costs, stops and metrics of a single run.

A grid axis is --grid NAME=FIRST:LAST:STEP (both ends included), NAME=A,B,C or NAME=A. Cells that break
the strategy's constraint are left out and counted.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.cli.arguments import seconds, whole_number
from engine.cli.plugins import add_plugin_flag, load_plugins
from engine.cli.prices import add_reader_flags, load_prices
from engine.cli.spec_flags import add_spec_flags, in_flag_words, spec_from
from engine.core.errors import InputError, nearest

if TYPE_CHECKING:
    from engine.backtest.spec import BacktestSpec
    from engine.studies.sweep import StudyResult

_TOP = 10
_SHOWN = ("total_return", "cagr", "sharpe", "max_drawdown", "trades")


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    add_spec_flags(parser)
    add_reader_flags(parser)
    group = parser.add_argument_group("grid")
    group.add_argument(
        "--grid", action="append", default=[], metavar="NAME=VALUES", help="an axis; may be repeated"
    )
    group.add_argument("--metric", default="sharpe", metavar="NAME", help="ranks the cells (default sharpe)")
    group.add_argument(
        "--workers", default=1, type=whole_number("--workers", 1, 256), metavar="N",
        help="processes (default 1)",
    )  # fmt: skip
    group.add_argument(
        "--cell-seconds", type=seconds("--cell-seconds"), metavar="S",
        help="a cell that takes longer fails and the rest goes on; none for no limit (default: 60 for "
        "your own strategies in plain Python, none for others)",
    )  # fmt: skip
    group.add_argument(
        "--top", type=whole_number("--top", 1, 1_000_000), metavar="N",
        help=f"only the best N cells (default: {_TOP} in the table, all in JSON)",
    )  # fmt: skip
    group.add_argument("--json", action="store_true", help="print one JSON object, cells in grid order")
    add_plugin_flag(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the sweep and print it."""
    load_plugins(arguments)
    spec = spec_from(arguments)
    from engine.cli.grid_flags import parse_grid  # noqa: PLC0415
    from engine.strategies import registry  # noqa: PLC0415

    strategy = registry.get(spec.strategy.name)
    if not arguments.grid:
        raise InputError("no grid is given", hint=f"Add an axis such as --grid {_example(strategy)}")
    grid = parse_grid(strategy, arguments.grid)
    _check_metric(arguments.metric)
    bars, finer = load_prices(spec, arguments)
    from engine.jobs.sweep import sweep  # noqa: PLC0415

    with in_flag_words(arguments), _progress_bar() as on_progress:
        study = sweep(
            bars, spec, grid, workers=arguments.workers, on_progress=on_progress, finer=finer,
            cell_seconds=arguments.cell_seconds or _default_limit(spec),
        )  # fmt: skip
    order = ranked(study, arguments.metric)
    if arguments.json:
        from engine.cli.document import print_json  # noqa: PLC0415

        cells = order[: arguments.top] if arguments.top else np.arange(len(study))
        print_json(study_document(study, cells))
    else:
        from engine.cli.columns import show  # noqa: PLC0415

        show(_listing(study, order[: arguments.top or _TOP], arguments.metric))
    return 0


def _default_limit(spec: BacktestSpec) -> float | None:
    """Return the time limit of a cell: none where it cannot loop for ever, so that rules need no process."""
    from engine.jobs.requests import PLAIN_CELL_SECONDS  # noqa: PLC0415
    from engine.jobs.work import runs_plain_code  # noqa: PLC0415

    names = [sleeve.name for sleeve in (spec.strategy, *spec.sleeves)]
    return PLAIN_CELL_SECONDS if any(map(runs_plain_code, names)) else None


def study_document(study: StudyResult, cells: Any) -> dict[str, Any]:
    """Return the JSON object of a sweep.

    Parameters
    ----------
    study : StudyResult
        A finished study.
    cells : int64[k]
        Which cells, in the order they are to have.

    Notes
    -----
    var_95 and cvar_95 need a whole run of each cell and are left out; `ivybt backtest` has them.
    """
    from engine.cli.document import metrics_document  # noqa: PLC0415
    from engine.metrics import METRIC_NAMES, TAIL_NAMES  # noqa: PLC0415

    names = [name for name in METRIC_NAMES if name not in TAIL_NAMES]
    columns = {name: study.metrics[name] for name in names}

    def document(cell: int) -> dict[str, Any]:
        error = study.errors.get(cell)
        metrics = None if error else metrics_document({k: float(v[cell]) for k, v in columns.items()})
        return {"params": params_of(study, cell), "metrics": metrics, "error": error}

    return {
        "cells": [document(int(cell)) for cell in cells],
        "illegal": study.illegal,
        "seconds": study.seconds,
        "backtests_per_second": study.backtests_per_second,
    }


def params_of(study: StudyResult, cell: int) -> dict[str, Any]:
    """Return the axis values of one cell as plain values."""
    from engine.studies.plan import cell_params  # noqa: PLC0415

    return cell_params({name: study.params[name] for name in study.params.dtype.names or ()}, cell)


def ranked(study: StudyResult, metric: str) -> Any:
    """Return cell positions, best first; undefined values come last, ties keep grid order."""
    from engine.metrics import METRICS  # noqa: PLC0415

    values = np.asarray(study.metrics[metric], dtype=np.float64)
    return np.argsort(values if METRICS[metric].better == "lower" else -values, kind="stable")


def _check_metric(name: str) -> None:
    from engine.metrics import METRIC_NAMES  # noqa: PLC0415

    if name not in METRIC_NAMES:
        raise InputError(f"unknown metric '{name}'", where="--metric", hint=nearest(name, METRIC_NAMES))


def _example(strategy: Any) -> str:
    for info in strategy.fields():
        if info.type == "int" and info.low is not None and info.high is not None:
            return f"{info.name}={info.low:g}:{info.high:g}:{info.step or 1:g}"
    return "NAME=A,B,C"


def _listing(study: StudyResult, cells: Any, metric: str) -> str:
    from engine.cli.columns import count, number, table  # noqa: PLC0415
    from engine.cli.summary import metric_text  # noqa: PLC0415
    from engine.core.instrument import symbols_text  # noqa: PLC0415
    from engine.metrics import METRICS  # noqa: PLC0415

    axes = list(study.params.dtype.names or ())
    shown = [name for name in dict.fromkeys((metric, *_SHOWN)) if name in METRICS]
    rows = [
        [str(value) for value in params_of(study, int(cell)).values()]
        + [metric_text(METRICS[name], float(study.metrics[name][cell])) for name in shown]
        for cell in cells
    ]
    what = study.spec.data.formula or symbols_text(study.symbols)
    title = f"{study.spec.strategy.name} on {what}: {count(len(study))} cells"
    title += f", best by {METRICS[metric].title}" if len(study) > 1 else ""
    speed = count(study.backtests_per_second)
    notes = [f"{count(len(study))} backtests in {number(study.seconds)} s, {speed} a second"]
    if study.illegal:
        notes.append(f"{count(study.illegal)} cells break the constraint and were left out")
    if study.errors:
        first = next(iter(study.errors.values()))
        notes.append(f"{count(len(study.errors))} cells failed; the first: {first}")
    header = [*axes, *(METRICS[name].title for name in shown)]
    return "\n".join([title, "", *table(header, rows, left=0), "", *notes])


@contextmanager
def _progress_bar() -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on standard error while a terminal is there; give None otherwise."""
    import sys  # noqa: PLC0415

    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415

    parts = (
        progress.BarColumn(), progress.MofNCompleteColumn(), progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
    )  # fmt: skip
    shown = progress.Progress("{task.description}", *parts, console=Console(stderr=True), transient=True)
    with shown as bar:
        task = bar.add_task("cells", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
