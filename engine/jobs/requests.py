"""What can be asked of an executor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.instrument import symbols_text

# An endless loop in one cell must not hold up a night's sweep; no honest backtest takes this long.
PLAIN_CELL_SECONDS = 60.0


@dataclass(frozen=True)
class BacktestJob:
    """Run one backtest and, when ``store`` is set, keep it there (`Finished.run_id`).

    Parameters
    ----------
    bars : Bars or tuple of Bars
        One instrument, or those that share the account.
    spec : BacktestSpec
    store : Path, optional
    finer : tuple of Bars, default ()
        Shorter bars that decide what came first inside a bar.
    """

    bars: Bars | tuple[Bars, ...]
    spec: BacktestSpec
    store: Path | None = None
    finer: tuple[Bars, ...] = ()
    kind: str = field(default="backtest", init=False)

    @property
    def series(self) -> tuple[Bars, ...]:
        """The instruments, one or several."""
        return as_series(self.bars)

    @property
    def title(self) -> str:
        """Words for the Jobs dock."""
        return f"{self.spec.strategy.name} on {_on(self.series, self.spec)}"


@dataclass(frozen=True)
class SweepJob:
    """Run every cell of a grid; `Partial` per chunk, `Finished.value` is the `StudyResult`.

    ``bars`` and ``finer`` are as in `BacktestJob`. Where cells run in processes, one that takes longer than
    ``cell_seconds`` is a failed value; `None` gives the user's own strategies in plain Python
    `PLAIN_CELL_SECONDS` and all others any time, infinity gives all any time.
    """

    bars: Bars | tuple[Bars, ...]
    spec: BacktestSpec
    grid: Mapping[str, Sequence[Any]]
    finer: tuple[Bars, ...] = ()
    cell_seconds: float | None = None
    kind: str = field(default="sweep", init=False)

    @property
    def series(self) -> tuple[Bars, ...]:
        """The instruments, one or several."""
        return as_series(self.bars)

    @property
    def title(self) -> str:
        """Words for the Jobs dock."""
        return f"{self.spec.strategy.name} sweep on {_on(self.series, self.spec)}"


@dataclass(frozen=True)
class LeakJob:
    """Prove that a spec looks at no later bar; `Finished.value` is an `engine.backtest.leak.LeakReport`.

    Runs, sweeps and files that wait go first.

    Parameters
    ----------
    bars : Bars or tuple of Bars
        As in `BacktestJob`.
    spec : BacktestSpec
    probes, seed, most_bars : int
        As in `engine.backtest.leak.check_leaks`.
    """

    bars: Bars | tuple[Bars, ...]
    spec: BacktestSpec
    probes: int = 40
    seed: int = 0
    most_bars: int = 5_000
    finer: tuple[Bars, ...] = field(default=(), init=False)
    kind: str = field(default="leak", init=False)

    @property
    def series(self) -> tuple[Bars, ...]:
        """The instruments, one or several."""
        return as_series(self.bars)

    @property
    def title(self) -> str:
        """Words for the Jobs dock."""
        return f"look-ahead check of {self.spec.strategy.name} on {_on(self.series, self.spec)}"


@dataclass(frozen=True)
class DrawJob:
    """Compute an indicator of `engine.indicators.catalogue`; `Finished.value` is what its `draw` returns.

    Without a name, the value is the catalogue itself. Its library is slow to load and holds the interpreter,
    which a window must not.

    Parameters
    ----------
    bars : Bars, optional
    name : str, default ""
    params : mapping
        Parameters that differ from their defaults.
    """

    bars: Bars | None = None
    name: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    finer: tuple[Bars, ...] = field(default=(), init=False)
    kind: str = field(default="draw", init=False)

    @property
    def series(self) -> tuple[Bars, ...]:
        """The instrument."""
        return () if self.bars is None else (self.bars,)

    @property
    def title(self) -> str:
        """Words for a message."""
        return f"indicator {self.name}" if self.name else "catalogue of indicators"


@dataclass(frozen=True)
class ImportJob:
    """Read a price file; `Finished.value` is an ``engine.data.reader.Import``, or a tuple of them.

    Parameters
    ----------
    path : Path
    options : mapping
        Keywords of `engine.data.reader.read_import` (``bad_rows``, ``day_first``, ``symbol``).
    files : tuple of Path, default ()
        Further files.
    symbols : tuple of str, default ()
        Instruments to read; empty reads all.
    several : bool, default False
        Read every instrument that the files hold: the value is a tuple.
    """

    path: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    symbols: tuple[str, ...] = ()
    several: bool = False
    kind: str = field(default="import", init=False)

    @property
    def title(self) -> str:
        """Words for the Jobs dock."""
        more = f" and {len(self.files)} more" if self.files else ""
        return f"read {self.path.name}{more}"


def as_series(bars: Bars | Sequence[Bars]) -> tuple[Bars, ...]:
    """Return one series or several as a tuple."""
    return (bars,) if isinstance(bars, Bars) else tuple(bars)


def _on(series: tuple[Bars, ...], spec: BacktestSpec) -> str:
    return spec.data.formula or symbols_text(bars.symbol for bars in series)


Job = BacktestJob | SweepJob | LeakJob | DrawJob | ImportJob
