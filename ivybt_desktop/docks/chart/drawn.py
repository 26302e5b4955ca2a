"""Indicators of the catalogue that were put on the chart by hand. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from engine.core.errors import IvyError
from ivybt_desktop.docks.chart.ports import FloatArray, Lines
from ivybt_desktop.signal import Signal
from ivybt_desktop.widgets.field_words import check

if TYPE_CHECKING:
    from engine.core.bars import Bars
    from engine.fields import FieldInfo
    from engine.indicators.catalogue import CatalogueEntry

LOADING, EMPTY = "Loading the catalogue", ""
# Name and parameters of each, as they are kept between two sessions.
type Kept = tuple[tuple[str, Mapping[str, Any]], ...]


class CatalogueSource(Protocol):
    """Where lines come from; answers arrive later, in the GUI thread."""

    def entries(
        self, then: Callable[[Sequence[CatalogueEntry]], None], failed: Callable[[IvyError], None]
    ) -> None:
        """Fetch the catalogue."""
        ...

    def draw(
        self, bars: Bars, name: str, params: Mapping[str, Any],
        then: Callable[[Lines], None], failed: Callable[[IvyError], None],
    ) -> None:  # fmt: skip
        """Compute one indicator."""
        ...

    def close(self) -> None:
        """Forget what is under way."""
        ...


@dataclass(frozen=True)
class IndicatorRow:
    """One indicator on the chart, as the panel shows it.

    Parameters
    ----------
    title : str
    fields : tuple of FieldInfo
    values : mapping
        Value of every field.
    note : str
        What the person must know: that it looks ahead, or why nothing is drawn.
    is_warning : bool
        Whether the note is one.
    """

    title: str
    fields: tuple[FieldInfo, ...]
    values: Mapping[str, Any]
    note: str = ""
    is_warning: bool = False


@dataclass(frozen=True)
class IndicatorState:
    """What the panel shows: the catalogue, or why it is not there yet, and what is drawn."""

    entries: tuple[CatalogueEntry, ...] = ()
    words: str = EMPTY
    rows: tuple[IndicatorRow, ...] = ()


class PanelView(Protocol):
    """What `DrawnIndicators` needs of the chart's view."""

    def show_indicators(self, state: IndicatorState) -> None:
        """Show the catalogue and what is drawn of it."""
        ...


@dataclass(frozen=True)
class _Drawn:
    entry: CatalogueEntry
    params: Mapping[str, Any] = field(default_factory=dict)
    lines: Lines = field(default_factory=dict)
    problem: str = ""
    ticket: int = 0


class DrawnIndicators:
    """The list of indicators and their lines on the shown bars.

    Parameters
    ----------
    view : PanelView
    source : CatalogueSource
    redraw : callable
        Called when `lines` have changed.

    Attributes
    ----------
    changed : Signal(tuple)
        Emitted with `kept` when the person has changed the list.
    """

    def __init__(self, view: PanelView, source: CatalogueSource, redraw: Callable[[], None]) -> None:
        self._view, self._source, self._redraw = view, source, redraw
        self._entries: dict[str, CatalogueEntry] = {}
        self._words = EMPTY
        self._drawn: list[_Drawn] = []
        self._bars: Bars | None = None
        self._last = 0
        self._wanted: Kept = ()
        self.changed: Signal[Kept] = Signal()

    @property
    def kept(self) -> Kept:
        """Names and parameters of all of them, also of those that wait for the catalogue."""
        return (*((one.entry.name, dict(one.params)) for one in self._drawn), *self._wanted)

    @property
    def lines(self) -> Lines:
        """All lines by name, in the order of the list; a name that is taken gets a number.

        Each indicator has panes of its own, however alike two of them are.
        """
        found: dict[str, tuple[FloatArray, str]] = {}
        for place, drawn in enumerate(self._drawn):
            for name, (values, where) in drawn.lines.items():
                found[_free(name, found)] = (values, where if where == "price" else f"{where} {place}")
        return found

    def open(self) -> None:
        """Fetch the catalogue when it is looked at for the first time."""
        if self._entries or self._words == LOADING:
            return
        self._words = LOADING
        self._show()
        self._source.entries(self._take_entries, self._fail_entries)

    def restore(self, kept: Kept) -> None:
        """Put those of another session on the chart, once it has bars: their library is slow to load."""
        self._wanted = (*self._wanted, *kept)
        self._fetch_wanted()

    def add(self, name: str) -> None:
        """Put an indicator on the chart with its defaults."""
        if name in self._entries:
            self._drawn.append(_Drawn(self._entries[name]))
            self._compute(len(self._drawn) - 1)
            self.changed.emit(self.kept)

    def change(self, place: int, name: str, value: Any) -> None:
        """Change a parameter of one on the chart; a value at its default is left out."""
        if not 0 <= place < len(self._drawn):
            return
        drawn = self._drawn[place]
        info = next((info for info in drawn.entry.fields if info.name == name), None)
        if info is None or dict(drawn.params).get(name, info.default) == value:
            return
        params = {**drawn.params, name: value}
        if value == info.default:
            del params[name]
        self._drawn[place] = replace(drawn, params=params)
        self._compute(place)
        self.changed.emit(self.kept)

    def remove(self, place: int) -> None:
        """Take one off the chart."""
        if 0 <= place < len(self._drawn):
            del self._drawn[place]
            self._show()
            self._redraw()
            self.changed.emit(self.kept)

    def show_bars(self, bars: Bars) -> None:
        """Compute everything on other bars."""
        self._bars = bars
        self._drawn = [replace(drawn, lines={}) for drawn in self._drawn]
        for place in range(len(self._drawn)):
            self._compute(place)
        self._fetch_wanted()

    def close(self) -> None:
        """Forget what is under way."""
        self._source.close()

    def _compute(self, place: int) -> None:
        self._last += 1
        ticket, bars = self._last, self._bars
        drawn = self._drawn[place] = replace(self._drawn[place], ticket=ticket)
        self._show()
        if bars is None:
            return
        self._source.draw(
            bars, drawn.entry.name, drawn.params,
            lambda lines: self._take(ticket, lines, ""), lambda error: self._take(ticket, {}, str(error)),
        )  # fmt: skip

    def _take(self, ticket: int, lines: Lines, problem: str) -> None:
        # Removed, changed or on other bars meanwhile: an answer to an older question.
        place = next((at for at, drawn in enumerate(self._drawn) if drawn.ticket == ticket), -1)
        if place < 0:
            return
        self._drawn[place] = replace(self._drawn[place], lines=lines, problem=problem)
        self._show()
        self._redraw()

    def _take_entries(self, entries: Sequence[CatalogueEntry]) -> None:
        self._entries, self._words = {entry.name: entry for entry in entries}, EMPTY
        wanted, self._wanted = self._wanted, ()
        gone = [name for name, _ in wanted if name not in self._entries]
        if gone:
            self._words = f"Not in the catalogue any more: {', '.join(gone)}"
        self._show()
        for name, params in wanted:
            if name in self._entries:
                self._drawn.append(_Drawn(self._entries[name], _usable(params, self._entries[name])))
                self._compute(len(self._drawn) - 1)

    def _fetch_wanted(self) -> None:
        if self._wanted and self._bars is not None:
            self.open()

    def _fail_entries(self, error: IvyError) -> None:
        self._words = str(error)
        self._show()

    def _show(self) -> None:
        rows = tuple(map(_row_of, self._drawn))
        self._view.show_indicators(IndicatorState(tuple(self._entries.values()), self._words, rows))


def _usable(params: Mapping[str, Any], entry: CatalogueEntry) -> dict[str, Any]:
    """Return the parameters that an indicator still has, with values that it still takes."""
    known = {info.name: info for info in entry.fields}
    return {
        name: value for name, value in params.items()
        if name in known and value != known[name].default and not check(known[name], value)
    }  # fmt: skip


def _row_of(drawn: _Drawn) -> IndicatorRow:
    entry = drawn.entry
    values = {info.name: info.default for info in entry.fields} | dict(drawn.params)
    looks = f"Looks ahead, for the eye only: {entry.looks_ahead}" if entry.looks_ahead else ""
    note = drawn.problem or looks
    return IndicatorRow(entry.title, entry.fields, values, note, bool(note))


def _free(name: str, taken: Mapping[str, object]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name} {number}" in taken:
        number += 1
    return f"{name} {number}"
