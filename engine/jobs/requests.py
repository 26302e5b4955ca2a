"""What can be asked of an executor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.instrument import symbols_text


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

    ``bars`` and ``finer`` are as in `BacktestJob`.
    """

    bars: Bars | tuple[Bars, ...]
    spec: BacktestSpec
    grid: Mapping[str, Sequence[Any]]
    finer: tuple[Bars, ...] = ()
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


Job = BacktestJob | SweepJob | ImportJob
