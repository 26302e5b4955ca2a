"""The sample projects that come with the program: spec files on prices that come with it too. No Qt."""

from __future__ import annotations

from pathlib import Path

import resources
from engine.backtest.spec import BacktestSpec

_FIRST = "sma_cross_spx"


def icon_path() -> Path:
    """Return the program's icon as PNG."""
    return _resource("icons") / "ivybt.png"


def sample_projects() -> dict[str, Path]:
    """Return the spec files of the samples by their description, the first comment of each file."""
    return {_description(path): path for path in sorted(_resource("sample").glob("*.yaml"))}


def sample_spec() -> BacktestSpec:
    """Return the settings of the first sample project.

    Raises
    ------
    InputError
        The file is missing from the installation.
    """
    return BacktestSpec.read(_resource("sample") / f"{_FIRST}.yaml")


def _description(path: Path) -> str:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    return first.removeprefix("#").strip().removesuffix(".") if first.startswith("#") else path.stem


def _resource(name: str) -> Path:
    return Path(resources.__path__[0]) / name
