"""The instruments of a preset: kept with its settings, and found again among the loaded ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.backtest.spec import BacktestSpec
from engine.core.instrument import symbols_text

_SAMPLE = "sample:"


@dataclass(frozen=True, slots=True)
class PresetUniverse:
    """What a preset was saved on, seen from what is loaded.

    Parameters
    ----------
    symbols : tuple of str
        Instruments it names; empty stands for all that its files hold.
    missing : tuple of str
        Instruments of it that are not loaded, or names of its files when it names no instrument.
    absent : tuple of str
        Names of its files that are not there any more.
    """

    symbols: tuple[str, ...]
    missing: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def is_loaded(self) -> bool:
        """Whether all of it is loaded."""
        return not self.missing

    @property
    def can_be_loaded(self) -> bool:
        """Whether its files are there."""
        return bool(self.missing) and not self.absent

    @property
    def missing_words(self) -> str:
        """What is missing, for a sentence."""
        return symbols_text(self.missing)


def with_universe(spec: BacktestSpec, symbols: Sequence[str]) -> BacktestSpec:
    """Return a spec that names its instruments.

    An empty list means all that are loaded, which may be others when the preset is opened. A single
    instrument stays unnamed: its file says which one it is.
    """
    if spec.data.symbols or len(symbols) < 2:
        return spec
    return spec.replace(data=spec.to_dict()["data"] | {"symbols": list(symbols)})


def universe_of(spec: BacktestSpec, loaded: Mapping[str, str]) -> PresetUniverse:
    """Compare what a spec was saved on with what is loaded.

    Parameters
    ----------
    spec : BacktestSpec
    loaded : mapping of str to str
        File of each loaded symbol; empty where it came from none.
    """
    files = tuple(file for file in (spec.data.file, *spec.data.files) if file)
    if spec.data.symbols:
        missing = tuple(symbol for symbol in spec.data.symbols if symbol not in loaded)
    else:
        missing = tuple(_name(file) for file in files if file not in loaded.values())
    absent = tuple(
        Path(file).name for file in files if not file.startswith(_SAMPLE) and not Path(file).is_file()
    )
    return PresetUniverse(spec.data.symbols, missing, absent if files else missing)


def _name(file: str) -> str:
    return file.removeprefix(_SAMPLE) if file.startswith(_SAMPLE) else Path(file).name
