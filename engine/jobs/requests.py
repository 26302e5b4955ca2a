"""What can be asked of an executor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars


@dataclass(frozen=True)
class BacktestJob:
    """Run one backtest and, when ``store`` is set, keep it there (`Finished.run_id`)."""

    bars: Bars
    spec: BacktestSpec
    store: Path | None = None
    kind: str = field(default="backtest", init=False)

    @property
    def title(self) -> str:
        """Words for the Jobs dock."""
        return f"{self.spec.strategy.name} on {self.bars.symbol}"


@dataclass(frozen=True)
class SweepJob:
    """Run every cell of a grid; `Partial` per chunk, `Finished.value` is the `StudyResult`."""

    bars: Bars
    spec: BacktestSpec
    grid: Mapping[str, Sequence[Any]]
    kind: str = field(default="sweep", init=False)

    @property
    def title(self) -> str:
        """Words for the Jobs dock."""
        return f"{self.spec.strategy.name} sweep on {self.bars.symbol}"


@dataclass(frozen=True)
class ImportJob:
    """Read a price file; `Finished.value` is an ``engine.data.reader.Import``.

    ``options`` are keywords of `engine.data.reader.read_import` (``bad_rows``, ``day_first``, ``symbol``).
    """

    path: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    kind: str = field(default="import", init=False)

    @property
    def title(self) -> str:
        """Words for the Jobs dock."""
        return f"read {self.path.name}"


Job = BacktestJob | SweepJob | ImportJob
