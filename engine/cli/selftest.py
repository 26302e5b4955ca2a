"""Check that this installation works.

Prints versions and registries, runs one backtest, fitted gates, an allocated portfolio, Renko candles with a
volatility target, a sweep in worker processes and a job that is cancelled, keeps a run and reads it back.
Writes to a temporary folder only.
"""

from __future__ import annotations

import argparse
import platform
import queue
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import IvyError

if TYPE_CHECKING:
    from engine.backtest.spec import BacktestSpec
    from engine.core.bars import Bars
    from engine.jobs.events import JobEvent

_PACKAGES = (
    "numpy", "numba", "pandas", "pandas_ta", "pyarrow", "pydantic", "scipy", "arch", "scikit-learn",
    "PySide6_Essentials",
)  # fmt: skip
_PATIENCE_S = 60.0
_YEARS = {"end": "2001-12-31"}  # three years of the daily samples: enough for a fit, soon done
_GRID = {"fast": list(range(5, 25)), "slow": list(range(30, 130, 5))}


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run every step; return 0 when all are good, else 1."""
    steps: dict[str, Callable[[Path], str]] = {
        "versions": _versions,
        "registries": _registries,
        "backtest": _backtest,
        "fitted gates": _gates,
        "portfolio": _portfolio,
        "candles and sizing": _candles,
        "look-ahead proof and why": _proof,
        "indicator catalogue": _catalogue,
        "sweep in worker processes": _pool_sweep,
        "cancelled job": _cancelled_job,
        "run store": _run_store,
    }
    done = []
    with tempfile.TemporaryDirectory(prefix="ivybt-selftest-") as folder:
        for name, step in steps.items():
            done.append(_outcome(name, step, Path(folder)))
            if not arguments.json:
                print(_line(done[-1]), flush=True)
    failed = [item["step"] for item in done if not item["ok"]]
    if arguments.json:
        from engine.cli.document import print_json  # noqa: PLC0415

        print_json({"ok": not failed, "steps": done})
    else:
        print(f"failed: {', '.join(failed)}" if failed else "ok")
    return 1 if failed else 0


def _outcome(name: str, step: Callable[[Path], str], folder: Path) -> dict[str, Any]:
    start = time.perf_counter()
    try:
        detail, ok = step(folder), True
    except Exception as error:  # noqa: BLE001  (whatever is broken in an installation is the finding)
        detail, ok = f"{type(error).__name__}: {error}", False
    return {"step": name, "ok": ok, "seconds": round(time.perf_counter() - start, 3), "detail": detail}


def _line(outcome: dict[str, Any]) -> str:
    word = "ok    " if outcome["ok"] else "FAILED"
    return f"{word}  {outcome['step']} ({outcome['seconds']:.1f} s): {outcome['detail']}"


def _versions(_folder: Path) -> str:
    import engine  # noqa: PLC0415

    form = "frozen" if getattr(sys, "frozen", False) else "from source"
    parts = [f"ivybt {engine.__version__} {form}", f"Python {platform.python_version()}", platform.platform()]
    return ", ".join(parts + [f"{name} {_version(name)}" for name in _PACKAGES])


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        # A frozen app may carry a package without its metadata.
        module = sys.modules.get(name)
        return str(getattr(module, "__version__", "unknown"))


def _registries(_folder: Path) -> str:
    from engine.allocation import allocation_names  # noqa: PLC0415
    from engine.execution.presets import PRESETS  # noqa: PLC0415
    from engine.indicators import KINDS  # noqa: PLC0415
    from engine.metrics import METRIC_NAMES  # noqa: PLC0415
    from engine.regimes import gate_names  # noqa: PLC0415
    from engine.strategies import registry  # noqa: PLC0415

    strategies = registry.names()
    found = {
        "strategies": strategies, "indicators": sorted(KINDS), "metrics": list(METRIC_NAMES),
        "gates": gate_names(), "allocations": allocation_names(), "cost schedules": list(PRESETS),
    }  # fmt: skip
    for kind, names in found.items():
        if not names:
            raise IvyError(f"no {kind} were found", hint="The installation is not complete; install it again")
    return "; ".join(f"{len(names)} {kind}: {_shown(names)}" for kind, names in found.items())


def _shown(names: list[str]) -> str:
    """Return the names, of a long list the first few."""
    return ", ".join(names if len(names) < 40 else [*names[:3], "..."])


def _backtest(_folder: Path) -> str:
    from engine.backtest.run import run_backtest  # noqa: PLC0415

    bars, spec = _sample()
    result = run_backtest(bars, spec)
    total = result.metrics["total_return"]
    if run_backtest(bars, spec).equity.tobytes() != result.equity.tobytes():
        raise IvyError("the same run gave another equity")
    what = f"{spec.strategy.name} on {bars.symbol}, {len(bars):,} bars"
    return f"{what}: total return {total:.2%}, {result.receipt}"


def _gates(_folder: Path) -> str:
    from engine.backtest.run import run_backtest  # noqa: PLC0415

    names = ("garch", "hmm")
    gates = [{"name": name, "min_history": 500, "refit_every": 63} for name in names]
    bars, spec = _sample(data=_YEARS, gates=gates)
    found = []
    for name, gate in zip(names, run_backtest(bars, spec).gates, strict=True):
        if not gate.refits.size or not gate.open.any():
            raise IvyError(f"fitted {gate.refits.size} times, open on {gate.open.sum()} bars", where=name)
        found.append(f"{name} fitted {gate.refits.size} times, open on {gate.open.mean():.0%} of bars")
    return "; ".join(found)


def _portfolio(_folder: Path) -> str:
    from engine.backtest.run import run_backtest  # noqa: PLC0415
    from engine.data.sample import sample_bars  # noqa: PLC0415

    _, spec = _sample(data=_YEARS, portfolio={"allocation": "hierarchical_risk_parity"})
    result = run_backtest([sample_bars("SPX"), sample_bars("NASDAQ")], spec)
    assigned = result.allocation
    if assigned is None or abs(assigned.weights[:, -1].sum() - 1.0) > 1e-9:
        raise IvyError("the weights of the portfolio do not sum to 1")
    shares = ", ".join(
        f"{leg.symbol} {share:.1%}" for leg, share in zip(result.legs, assigned.weights[:, -1], strict=True)
    )
    return f"{len(result.orders)} orders on one account; hierarchical risk parity, last weights {shares}"


def _candles(_folder: Path) -> str:
    from engine.backtest.run import run_backtest  # noqa: PLC0415

    renko = {"kind": "renko", "brick_size": 5.0}
    bars, spec = _sample(data=_YEARS | {"candles": renko}, sizing={"name": "volatility_target"})
    result = run_backtest(bars, spec)
    if not len(result.orders):
        raise IvyError("Renko bricks gave no order")
    return f"{len(result.orders)} orders on Renko bricks, sized by a volatility target"


def _proof(_folder: Path) -> str:
    from engine.backtest.leak import check_leaks  # noqa: PLC0415
    from engine.backtest.run import run_backtest  # noqa: PLC0415
    from engine.backtest.why import explain_trade  # noqa: PLC0415

    bars, spec = _sample(data=_YEARS)
    report = check_leaks(bars, spec, probes=8)
    if report.leak or report.problem:
        raise IvyError(report.problem or "a clean strategy was called leaky", where=spec.strategy.name)
    # Needs the sources of strategies, which a frozen app has as files.
    conditions = explain_trade(run_backtest(bars, spec), 0).decision.conditions
    if not conditions:
        raise IvyError("the conditions of a trade were not found", where=spec.strategy.name)
    found = f"{report.probes} probes found no look-ahead"
    return f"{found}; a trade was explained by {len(conditions)} conditions"


def _catalogue(_folder: Path) -> str:
    from engine.indicators.catalogue import catalogue, draw  # noqa: PLC0415

    bars, _ = _sample()
    lines = draw(bars.slice(0, 500), "bbands", {"length": 20})
    return f"{len(catalogue())} indicators for the chart; {', '.join(lines)} drawn"


def _pool_sweep(_folder: Path) -> str:
    from engine.backtest.run import run_backtest  # noqa: PLC0415
    from engine.jobs.sweep import sweep  # noqa: PLC0415

    bars, spec = _sample()
    study = sweep(bars, spec, _GRID, workers=2)
    last = len(study) - 1
    cell = float(study.metrics["final_equity"][last])
    single = run_backtest(bars, study.cell_spec(last)).metrics["final_equity"]
    if single != cell:
        raise IvyError(f"a cell has final equity {cell}, its own run {single}")
    return f"{len(study)} cells in 2 processes, {study.seconds:.2f} s"


def _cancelled_job(_folder: Path) -> str:
    from engine.jobs.events import Cancelled, Partial  # noqa: PLC0415
    from engine.jobs.process import ProcessExecutor  # noqa: PLC0415
    from engine.jobs.requests import SweepJob  # noqa: PLC0415

    bars, spec = _sample()
    grid = {"fast": list(range(2, 101)), "slow": list(range(101, 401))}
    executor = ProcessExecutor(workers=1)
    try:
        job_id = executor.submit(SweepJob(bars, spec, grid))
        _wait(executor.events, Partial)
        asked = time.perf_counter()
        executor.cancel(job_id)
        event = _wait(executor.events, Cancelled)
        waited = time.perf_counter() - asked
        return f"stopped {waited:.2f} s after it was asked to, {event.done:,} cells were done"
    finally:
        executor.close()


def _wait(events: queue.SimpleQueue[JobEvent], kind: type[Any]) -> Any:
    from engine.jobs.events import Failed, Finished  # noqa: PLC0415

    end = time.perf_counter() + _PATIENCE_S
    while True:
        try:
            event = events.get(timeout=max(0.0, end - time.perf_counter()))
        except queue.Empty:
            raise IvyError(f"no '{kind.__name__}' within {_PATIENCE_S:g} s") from None
        if isinstance(event, kind):
            return event
        if isinstance(event, Failed):
            raise IvyError(event.what, where=event.where, hint=event.hint)
        if isinstance(event, Finished):
            raise IvyError(f"the job finished before '{kind.__name__}'")


def _run_store(folder: Path) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415

    from engine.backtest.run import run_backtest  # noqa: PLC0415
    from engine.storage.run_store import RunStore  # noqa: PLC0415

    result = run_backtest(*_sample())
    store = RunStore.open(folder / "runs")
    run_id = store.save(result, now=datetime.now(UTC))
    kept = RunStore.open(folder / "runs").load(run_id)
    if kept.equity.tobytes() != result.equity.tobytes() or kept.receipt != result.receipt:
        raise IvyError("a kept run came back changed", where=run_id)
    store.delete(run_id)
    return f"run {run_id} was kept, read back with the same bits, and deleted"


def _sample(**parts: Any) -> tuple[Bars, BacktestSpec]:
    from engine.backtest.spec import BacktestSpec  # noqa: PLC0415
    from engine.data.sample import sample_bars, sample_names  # noqa: PLC0415

    name = sample_names()[0]
    params = {"fast": 10, "slow": 50}
    return sample_bars(name), BacktestSpec(strategy="ema_cross", params=params, **parts)
