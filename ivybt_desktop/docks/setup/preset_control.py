"""`PresetControl`: presets of the Setup dock, and what becomes of the instruments they were saved on.

Plain Python.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import IvyError
from engine.storage.preset_universe import universe_of, with_universe
from ivybt_desktop.docks.setup.edits import GROUPS, OWN_COSTS, SYMBOLS
from ivybt_desktop.docks.setup.kinds import SLEEVES, Values, items_of
from ivybt_desktop.docks.setup.ports import PresetStore
from ivybt_desktop.docks.setup.validation import sentence
from ivybt_desktop.docks.setup.values import flatten

if TYPE_CHECKING:
    from engine.backtest.spec import BacktestSpec
    from ivybt_desktop.context import Workspace

# They belong to the loaded files.
_LOADED = ("data.file", "data.files", "data.timeframe")


class PresetControl:
    """Opens, saves and deletes presets.

    Parameters
    ----------
    workspace : Workspace
        What is loaded; takes log lines.
    store : PresetStore
    open_file : callable
        Opens a spec file with its prices.

    Attributes
    ----------
    names : tuple of str
    name : str
        The one that is open.
    error, note : str
        What went wrong; what is to be known about the instruments of the open one.
    can_load : bool
        Whether the prices that `note` is about can be loaded.
    """

    def __init__(
        self, workspace: Workspace, store: PresetStore, open_file: Callable[[Path], object]
    ) -> None:
        self._workspace, self._store, self._open_file = workspace, store, open_file
        self.names = tuple(store.names())
        self.name, self.error, self.note, self.can_load = "", "", "", False

    def open(
        self, name: str, values: Mapping[str, Any], symbols: Collection[str] | None = None
    ) -> tuple[BacktestSpec, Values] | None:
        """Return a preset and what stands in the form in place of its own; `None` when it cannot be read.

        Parameters
        ----------
        name : str
        values : mapping
            What the form holds.
        symbols : collection of str, optional
            Loaded instruments that it is to be tried on; the default (`None`) are those it was saved on,
            and the ones in use while those are not loaded.
        """
        try:
            spec = self._store.load(name)
        except IvyError as error:
            self.error = sentence(error)
            return None
        self.error = ""
        space = self._workspace
        loaded = {bars.symbol: space.sources.get(bars.symbol, "") for bars in space.universe}
        universe = universe_of(spec, loaded)
        given = {field: values[field] for field in _LOADED}
        if symbols is None and universe.is_loaded:
            self._take(name)
            return spec, given | {SYMBOLS: _short(universe.symbols, loaded)}
        chosen = values[SYMBOLS] if symbols is None else tuple(name for name in loaded if name in symbols)
        given |= {SYMBOLS: _short(chosen, loaded)} | _known(flatten(spec), loaded, chosen or loaded)
        self._take(name)
        if symbols is None and loaded:
            why = f", and {universe.absent[0]} is not there any more" if universe.absent else ""
            self.note = f"Saved on {universe.missing_words}, not loaded here{why}. The prices in use stay"
            self.can_load = universe.can_be_loaded
        return spec, given

    def load_prices(self) -> None:
        """Load the instruments that the open preset was saved on."""
        if self.can_load:
            self._open_file(self._store.path_of(self.name))

    def save(self, name: str, spec: BacktestSpec) -> bool:
        """Keep settings with their instruments; one of that name is replaced."""
        symbols = [bars.symbol for bars in self._workspace.traded]
        try:
            self._store.save(name, with_universe(spec, symbols))
        except IvyError as error:
            self.error = sentence(error)
            return False
        self.saved(name)
        return True

    def delete(self, name: str) -> bool:
        """Remove a preset."""
        try:
            self._store.delete(name)
        except IvyError as error:
            self.error = sentence(error)
            return False
        self.saved("")
        return True

    def saved(self, name: str) -> None:
        """Take note of a preset that was saved; empty when one was deleted."""
        self.names = tuple(self._store.names())
        self._take(name)

    def forget(self) -> None:
        """Other prices or settings are there: none is open."""
        self._take("")

    def settle(self) -> None:
        """Other prices are there: what was said about the old ones is over."""
        self.note, self.can_load = "", False

    def _take(self, name: str) -> None:
        self.name, self.error = name, ""
        self.settle()


def _short(symbols: Collection[str], loaded: Collection[str]) -> tuple[str, ...]:
    """Return the symbols of the form: all of them is the empty list."""
    return () if set(symbols) == set(loaded) else tuple(symbols)


def _known(preset: Mapping[str, Any], loaded: Collection[str], used: Collection[str]) -> Values:
    """Return what a preset says about single instruments, without those that are not loaded or not used."""
    given: Values = {
        name: {symbol: held for symbol, held in preset[name].items() if symbol in loaded}
        for name in (GROUPS, OWN_COSTS)
    }
    for name in ("strategy.symbols", *(f"{prefix}.symbols" for prefix in items_of(preset, SLEEVES))):
        given[name] = tuple(symbol for symbol in preset[name] or () if symbol in used)
    return given
