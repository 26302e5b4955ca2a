"""What the Setup view shows, as one frozen value, and how it is made from the form's values. Plain Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.bars import format_time
from engine.execution.fills import Fill
from engine.fields import FieldInfo
from engine.strategies import registry
from ivybt_desktop.docks.setup.sections import (
    FIELDS,
    STOP_DISTANCES,
    STOP_SCALES,
    params_of,
    stop_fields,
)
from ivybt_desktop.docks.setup.validation import bars_in_range
from ivybt_desktop.widgets.choice import Choice
from ivybt_desktop.widgets.cost_words import cost_words
from ivybt_desktop.widgets.field_words import choice_words, shown_value
from ivybt_desktop.widgets.format import count, exact

if TYPE_CHECKING:
    from engine.core.bars import Bars

BROKEN = "Could not be loaded"
NO_DATA = "Drop a price file or open the sample to begin"
STALE = "Settings changed since this run. F5 runs again."


@dataclass(frozen=True)
class DataLine:
    """What is loaded, in words; all empty when nothing is."""

    symbol: str = ""
    detail: str = ""
    file: str = ""
    first: str = ""
    last: str = ""
    periods: float | None = None


@dataclass(frozen=True)
class UnitChange:
    """A field that reads differently now."""

    info: FieldInfo
    start: float | None = None
    reach: float | None = None


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
        Parameters of the strategy, dotted.
    reason : str
        Why Run cannot be used; empty when it can.
    preset_error : str
        What went wrong with a preset.
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
    units: tuple[UnitChange, ...]
    summaries: Mapping[str, str]
    folded: frozenset[str]
    fill_sentence: str
    fill_is_warning: bool
    reason: str
    stale: str
    live: bool
    choices: tuple[Choice, ...]
    presets: tuple[str, ...] = ()
    preset: str = ""
    preset_error: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


def data_line(bars: Bars | None, values: Mapping[str, Any]) -> DataLine:
    """Describe the loaded prices and the part of them that is used."""
    if bars is None or not len(bars):
        return DataLine()
    first, last = bars.label(0), bars.label(-1)
    if bars.timeframe.is_intraday:
        first, last = (format_time(int(bars.time[at]))[:16].replace("T", " ") for at in (0, -1))
    used = len(bars)
    start, end = values.get("data.start"), values.get("data.end")
    if not isinstance(start, str) and not isinstance(end, str):
        used = bars_in_range(bars, start, end)
    total = f"{count(used)} of {count(len(bars))}" if used != len(bars) else count(len(bars))
    file = str(values.get("data.file") or "")
    return DataLine(
        symbol=bars.symbol or Path(file).stem,
        detail=f"{bars.timeframe} \N{MIDDLE DOT} {total} bars \N{MIDDLE DOT} {first} to {last}",
        file=file, first=first[:10], last=last[:10], periods=bars.periods_per_year,
    )  # fmt: skip


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


def first_line(text: str | None) -> str:
    """Return the first line of a docstring."""
    return (text or "").strip().split("\n", 1)[0]


def hidden_fields(values: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields that have no effect with these values."""
    hidden = set()
    if values["execution.rebalance"] != "band":
        hidden.add("execution.band")
    stops_on = any(values[name] is not None for name in STOP_DISTANCES)
    if values["execution.stop_unit"] != "atr":
        hidden.add("execution.atr_length")
    if not stops_on and values["execution.time_stop"] is None:
        hidden.add("execution.reentry")
    return frozenset(hidden)


def unit_changes(values: Mapping[str, Any], periods: float | None) -> tuple[UnitChange, ...]:
    """Return how the fields read whose unit depends on another field."""
    unit = values["execution.stop_unit"]
    scale = STOP_SCALES[unit]
    stops = tuple(UnitChange(info, scale.start, scale.reach) for info in stop_fields(unit))
    time_exit = UnitChange(FIELDS["execution.time_stop"], 20.0, 250.0)
    return *stops, time_exit, UnitChange(FIELDS["periods_per_year"], periods or 252.0)


def summaries(values: Mapping[str, Any], data: DataLine) -> dict[str, str]:
    """Return what each section holds, in a few words, for its folded header."""
    fill = choice_words(str(values["execution.fill"]))
    rebalance = "" if values["execution.rebalance"] == "on_change" else f", {values['execution.rebalance']}"
    costs = {k.removeprefix("costs."): v for k, v in values.items() if k.startswith("costs.")}
    invest = shown_value(FIELDS["sizing.fraction"], values["sizing.fraction"])
    return {
        "data": data.symbol,
        "capital": f"{_plain(values['capital'])} USD, {invest}",
        "costs": cost_words(costs),
        "execution": f"{fill}{rebalance}",
        "stops": _stop_summary(values),
    }


def _stop_summary(values: Mapping[str, Any]) -> str:
    words = dict(zip(STOP_DISTANCES, ("stop", "target", "trailing"), strict=True))
    infos = {info.name: info for info in stop_fields(values["execution.stop_unit"])}
    parts = [
        f"{word} {shown_value(infos[name], values[name])}"
        for name, word in words.items()
        if values[name] is not None
    ]
    if values["execution.time_stop"] is not None:
        parts.append(f"time {values['execution.time_stop']} bars")
    return ", ".join(parts) or "off"


def fill_sentence(values: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the sentence of the fill timing, and whether it is a warning."""
    fill = Fill(values["execution.fill"])
    return fill.sentence, fill is Fill.THIS_CLOSE


def strategy_words(name: str) -> tuple[str, str, str, tuple[FieldInfo, ...]]:
    """Return title, family, description and parameters; the id alone when it is not known."""
    if name not in registry.names():
        return name, "", "", ()
    strategy = registry.get(name)
    return (
        strategy.title or choice_words(name), choice_words(strategy.family), first_line(strategy.__doc__),
        params_of(strategy),
    )  # fmt: skip


def _plain(value: Any) -> str:
    return exact(value) if isinstance(value, int | float) else str(value)
