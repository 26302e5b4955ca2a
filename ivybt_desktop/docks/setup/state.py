"""What the Setup view shows, as one frozen value, and how it is made from the form's values. Plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.bars import format_time
from engine.execution.fills import Fill
from engine.execution.presets import PRESETS
from engine.fields import FieldInfo
from engine.strategies import registry
from ivybt_desktop.context import NO_BADGE, Badge
from ivybt_desktop.docks.setup.cost_start import cost_defaults, fitting_presets, start_preset
from ivybt_desktop.docks.setup.edits import GROUPS, OWN_COSTS, SYMBOLS
from ivybt_desktop.docks.setup.kinds import ALLOCATION, LISTS, SIZING, SLEEVES, first_line, items_of, slot_of
from ivybt_desktop.docks.setup.missing import known_class
from ivybt_desktop.docks.setup.sections import (
    FIELDS,
    PRESET,
    STOP_SCALES,
    params_of,
    scaled_fields,
)
from ivybt_desktop.docks.setup.validation import bars_in_range
from ivybt_desktop.widgets.choice import Choice
from ivybt_desktop.widgets.cost_words import cost_words
from ivybt_desktop.widgets.field_words import choice_words
from ivybt_desktop.widgets.format import count, exact
from ivybt_desktop.widgets.kind import Slot

if TYPE_CHECKING:
    from engine.core.bars import Bars

BROKEN = "Could not be loaded"
NO_DATA = "Drop a price file or open the sample to begin"
STALE = "Settings changed since this run. F5 runs again."
EDITED = "The strategy was edited since this run. F5 runs again."
ALONE = (
    "One instrument and one strategy: nothing to weigh or rank. Add files in Symbols, or a further strategy"
)

_NAMED = 3
# Where an optional number begins when it is turned on, and how far its slider goes.
_STARTS: dict[str, tuple[float, float | None]] = {
    "execution.time_stop": (20.0, 250.0), "execution.max_participation": (0.1, None),
    "data.train_split": (0.7, None), "data.candles.brick_size": (1.0, None),
    "data.candles.brick_atr": (14.0, 200.0), "portfolio.max_name": (0.25, 2.0),
    "portfolio.max_group": (0.5, 2.0), "portfolio.max_net": (0.5, 2.0),
    "portfolio.max_positions": (10.0, 100.0),
}  # fmt: skip


@dataclass(frozen=True)
class DataLine:
    """What is loaded, in words; all empty when nothing is. The last three are what the file tells."""

    symbol: str = ""
    detail: str = ""
    file: str = ""
    first: str = ""
    last: str = ""
    periods: float | None = None
    kind: str = ""
    multiplier: str = ""
    tick: str = ""


@dataclass(frozen=True)
class FieldChange:
    """A field that reads differently now: another unit, default or list of choices."""

    info: FieldInfo
    start: float | None = None
    reach: float | None = None


@dataclass(frozen=True, slots=True)
class SymbolRow:
    """One loaded instrument.

    Parameters
    ----------
    symbol, kind, group : str
    bars : int
    first, last : str
        Dates of its bars.
    costs : str
        Preset of its own; empty when the costs of all apply, ``own`` for numbers of no preset.
    cost_words : str
        The same in words.
    used : bool
        Whether the run trades it.
    """

    symbol: str
    kind: str
    bars: int
    first: str
    last: str
    group: str
    costs: str
    cost_words: str
    used: bool


@dataclass(frozen=True)
class SetupState:
    """Everything the Setup view shows.

    Parameters
    ----------
    values, errors : mapping
        By dotted field name; sentences without a full stop.
    problem : str
        A sentence about the whole form.
    params : tuple of FieldInfo
        Parameters of the strategy, and its share when there are several, dotted.
    places : mapping of str to Slot
        Sizing and allocation by prefix.
    lists : mapping of str to tuple of Slot
        Gates and further strategies.
    changes : mapping of str to int
        Settings of each section that differ from where they started.
    more : mapping of str to int
        Rare fields of each section that are left out now.
    symbols : tuple of SymbolRow
    cost_note, cost_detail : str
        Which preset, of when, and what was changed; what the preset leaves out.
    alone : str
        Why the portfolio settings cannot be used; empty when they can.
    reason : str
        Why Run cannot be used; empty when it can.
    preset_error, preset_note : str
        What went wrong with a preset; what is to be known about the instruments it was saved on.
    can_load : bool
        Whether those instruments can be loaded.
    badge : Badge
        Look-ahead proof of the settings.
    """

    data: DataLine
    strategy: str
    title: str
    family: str
    description: str
    params: tuple[FieldInfo, ...]
    values: Mapping[str, Any]
    errors: Mapping[str, str]
    problem: str
    hidden: frozenset[str]
    fields: tuple[FieldChange, ...]
    places: Mapping[str, Slot]
    lists: Mapping[str, tuple[Slot, ...]]
    summaries: Mapping[str, str]
    changes: Mapping[str, int]
    more: Mapping[str, int]
    folded: frozenset[str]
    symbols: tuple[SymbolRow, ...]
    fill_sentence: str
    fill_is_warning: bool
    cost_note: str
    cost_detail: str
    cost_is_warning: bool
    alone: str
    reason: str
    stale: str
    live: bool
    choices: tuple[Choice, ...]
    presets: tuple[str, ...] = ()
    preset: str = ""
    preset_error: str = ""
    preset_note: str = ""
    can_load: bool = False
    details: Mapping[str, str] = field(default_factory=dict)
    badge: Badge = NO_BADGE


def data_line(
    universe: Sequence[Bars], shown: Bars | None, values: Mapping[str, Any], periods: float | None
) -> DataLine:
    """Describe the loaded prices and the part of them that is used."""
    full = [bars for bars in universe if len(bars)]
    if shown is None or not full:
        return DataLine()
    first_bars, last_bars = min(full, key=lambda b: b.time[0]), max(full, key=lambda b: b.time[-1])
    first, last = first_bars.label(0), last_bars.label(-1)
    if shown.timeframe.is_intraday:
        stamps = (int(first_bars.time[0]), int(last_bars.time[-1]))
        first, last = (format_time(stamp)[:16].replace("T", " ") for stamp in stamps)
    file = str(values.get("data.file") or "")
    symbol = shown.symbol or Path(file).stem
    if len(full) > 1:
        total = f"{len(values[SYMBOLS]) or len(full)} of {len(full)} instruments"
        symbol = ", ".join(bars.symbol for bars in full[:_NAMED])
        symbol += f" and {len(full) - _NAMED} more" if len(full) > _NAMED else ""
    else:
        total = _bars_words(shown, values)
    return DataLine(
        symbol=symbol, detail=f"{shown.timeframe} \N{MIDDLE DOT} {total} \N{MIDDLE DOT} {first} to {last}",
        file=file, first=first[:10], last=last[:10], periods=periods,
        kind=shown.instrument.asset_class.value, multiplier=exact(shown.instrument.multiplier),
        tick=exact(shown.instrument.tick_size) if shown.instrument.tick_size else "none",
    )  # fmt: skip


def symbol_rows(universe: Sequence[Bars], values: Mapping[str, Any]) -> tuple[SymbolRow, ...]:
    """Return the loaded instruments with what the form says about each."""
    used, groups, costs = set(values[SYMBOLS]), values[GROUPS], values[OWN_COSTS]
    rows = []
    for bars in universe:
        own = costs.get(bars.symbol)
        preset = "" if own is None else str(own.get("preset") or "own")
        words = PRESETS[preset].title if preset in PRESETS else cost_words(own) if own else ""
        first, last = (bars.label(0)[:10], bars.label(-1)[:10]) if len(bars) else ("", "")
        rows.append(
            SymbolRow(
                bars.symbol, bars.instrument.asset_class.value, len(bars), first, last,
                str(groups.get(bars.symbol, "")), preset, words, not used or bars.symbol in used,
            )
        )  # fmt: skip
    return tuple(rows)


def strategy_choices() -> tuple[Choice, ...]:
    """Return every strategy by family and title, the broken files last."""
    found = []
    for name in registry.names():
        strategy = registry.get(name)
        group = "Your strategies" if registry.is_user_plugin(name) else choice_words(strategy.family)
        found.append(Choice(name, strategy.title or choice_words(name), group, first_line(strategy.__doc__)))
    found.sort(key=lambda choice: (choice.group, choice.title.casefold()))
    for broken in registry.broken:
        path = Path(broken.path)
        place = f"{path.name}, line {broken.line}" if broken.line else path.name
        found.append(Choice(f"broken:{broken.path}", place, BROKEN, broken.message, usable=False))
    return tuple(found)


def broken_details() -> dict[str, str]:
    """Return the traceback of each broken file by the id of its line in the list."""
    return {f"broken:{broken.path}": broken.details for broken in registry.broken}


def field_changes(
    values: Mapping[str, Any], periods: float | None, shown: Bars | None
) -> tuple[FieldChange, ...]:
    """Return the fields whose unit, default or choices depend on other fields."""
    scale = STOP_SCALES[values["execution.stop_unit"]]
    scaled = tuple(
        FieldChange(info, scale.start, scale.reach) for info in scaled_fields(values["execution.stop_unit"])
    )
    start = None if shown is None else start_preset(values, shown).name
    presets = FieldChange(replace(FIELDS[PRESET], choices=fitting_presets(values, shown), default=start))
    costs = tuple(
        FieldChange(replace(FIELDS[name], default=default))
        for name, default in cost_defaults(values).items()
        if name != PRESET
    )
    return (
        *scaled, presets, *costs, FieldChange(FIELDS["periods_per_year"], periods or 252.0),
        *(FieldChange(FIELDS[name], start, reach) for name, (start, reach) in _STARTS.items()),
    )  # fmt: skip


def places_of(values: Mapping[str, Any]) -> dict[str, Slot]:
    """Return sizing and allocation."""
    return {prefix: slot_of(values, prefix) for prefix in (SIZING, ALLOCATION)}


def lists_of(values: Mapping[str, Any]) -> dict[str, tuple[Slot, ...]]:
    """Return gates and further strategies in order."""
    return {name: tuple(slot_of(values, prefix) for prefix in items_of(values, name)) for name in LISTS}


def is_alone(values: Mapping[str, Any], loaded: int) -> bool:
    """Return whether a single strategy trades a single instrument."""
    return (len(values[SYMBOLS]) or loaded) <= 1 and not values[SLEEVES] and not values["data.formula"]


def fill_sentence(values: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the sentence of the fill timing, and whether it is a warning."""
    fill = Fill(values["execution.fill"])
    return fill.sentence, fill is Fill.THIS_CLOSE


def strategy_words(name: str) -> tuple[str, str, str, tuple[FieldInfo, ...]]:
    """Return title, family, description and parameters; the id alone when it is not known."""
    strategy = known_class(name)
    if strategy is None:
        return name, "", "", ()
    return (
        strategy.title or choice_words(name), choice_words(strategy.family), first_line(strategy.__doc__),
        params_of(strategy),
    )  # fmt: skip


def _bars_words(bars: Bars, values: Mapping[str, Any]) -> str:
    used = len(bars)
    start, end = values.get("data.start"), values.get("data.end")
    if not isinstance(start, str) and not isinstance(end, str):
        used = bars_in_range(bars, start, end)
    return f"{count(used)} of {count(len(bars))} bars" if used != len(bars) else f"{count(used)} bars"
