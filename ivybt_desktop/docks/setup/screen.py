"""From what the presenter knows to the one frozen state that the view shows. Plain Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.fields import FieldInfo
from ivybt_desktop.context import NO_BADGE, Badge
from ivybt_desktop.docks.setup import state as parts
from ivybt_desktop.docks.setup.cost_start import cost_defaults, cost_detail, cost_note
from ivybt_desktop.docks.setup.kinds import SLEEVES
from ivybt_desktop.docks.setup.preset_control import PresetControl
from ivybt_desktop.docks.setup.sections import FIELDS, RARE, SECTIONS
from ivybt_desktop.docks.setup.summaries import changes, hidden_fields, summaries
from ivybt_desktop.docks.setup.validation import STRATEGY_SHARES, Verdict
from ivybt_desktop.widgets.choice import Choice

if TYPE_CHECKING:
    from engine.core.bars import Bars

# In the order of the panel.
SECTION_IDS = (
    "data", "candles", "symbols", "strategy", "sleeves", "gates", "capital", "costs", "execution", "stops",
    "portfolio",
)  # fmt: skip


@dataclass(frozen=True)
class Given:
    """What a state is made of.

    Parameters
    ----------
    values : mapping
        Everything the form holds.
    verdict : Verdict
        What it amounts to.
    universe : tuple of Bars
        Loaded instruments.
    shown : Bars or None
        The one on the screen.
    periods : float or None
        Bars per year by the calendar.
    folded, opened : frozenset of str
        Sections that are folded, and those whose rare fields are shown.
    """

    values: Mapping[str, Any]
    verdict: Verdict
    universe: tuple[Bars, ...]
    shown: Bars | None
    periods: float | None
    folded: frozenset[str]
    opened: frozenset[str]
    reason: str
    is_stale: bool
    is_live: bool
    choices: tuple[Choice, ...]
    presets: PresetControl
    is_edited: bool = False
    badge: Badge = NO_BADGE


def state_of(given: Given) -> parts.SetupState:
    """Return what the view shows."""
    values, loaded = given.values, len(given.universe)
    data = parts.data_line(given.universe, given.shown, values, given.periods)
    name = str(values["strategy.name"])
    title, family, description, params = parts.strategy_words(name)
    fill, fill_is_warning = parts.fill_sentence(values)
    costs, cost_is_warning = cost_note(values, given.shown)
    left_out = _left_out(given)
    is_alone = parts.is_alone(values, loaded)
    return parts.SetupState(
        data=data, strategy=name, title=title, family=family, description=description,
        params=(*params, *_shares(values, loaded)), values=values, errors=given.verdict.errors,
        problem=given.verdict.problem, hidden=hidden_fields(values) | left_out,
        fields=parts.field_changes(values, data.periods, given.shown), places=parts.places_of(values),
        lists=parts.lists_of(values), summaries={**summaries(values, data.symbol, loaded), "strategy": title},
        changes=changes(values), more=_more(left_out, given.opened), folded=given.folded,
        symbols=parts.symbol_rows(given.universe, values), fill_sentence=fill,
        fill_is_warning=fill_is_warning, cost_note=costs, cost_detail=cost_detail(values),
        cost_is_warning=cost_is_warning,
        alone=parts.ALONE if is_alone else "", reason=given.reason,
        stale=(parts.EDITED if given.is_edited else parts.STALE) if given.is_stale else "",
        live=given.is_live, choices=given.choices,
        presets=given.presets.names, preset=given.presets.name, preset_error=given.presets.error,
        preset_note=given.presets.note, can_load=given.presets.can_load,
        details=parts.broken_details(), badge=given.badge,
    )  # fmt: skip


def _shares(values: Mapping[str, Any], loaded: int) -> tuple[FieldInfo, ...]:
    """Return the first strategy's weight and symbols where they can matter."""
    weight, symbols = STRATEGY_SHARES
    shown = [weight] if values[SLEEVES] or values[weight.name] != weight.default else []
    return (*shown, symbols) if loaded > 1 or values[symbols.name] else tuple(shown)


def _left_out(given: Given) -> frozenset[str]:
    """Return the rare fields that are not asked for, not changed and not wrong."""
    defaults = {name: info.default for name, info in FIELDS.items()} | cost_defaults(given.values)
    # A number that a preset sets is worth seeing.
    plain = {name: info.default for name, info in FIELDS.items()}
    return frozenset(
        info.name
        for section, part in SECTIONS.items()
        if section not in given.opened
        for info in part.fields
        if info.name in RARE
        and info.name not in given.verdict.errors
        and given.values[info.name] == defaults[info.name] == plain[info.name]
    )


def _more(left_out: frozenset[str], opened: frozenset[str]) -> dict[str, int]:
    """Return how many rare fields each section leaves out; 0 where they are shown and can be left out."""
    found = {}
    for section, part in SECTIONS.items():
        count = sum(info.name in left_out for info in part.fields)
        if count or section in opened:
            found[section] = count
    return found
