"""From the values of the form to a `BacktestSpec`, or to one sentence for each bad field. Plain Python."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.backtest.spec import BacktestSpec
from engine.backtest.weighing import check_weighing
from engine.core.errors import InputError, IvyError, nearest
from engine.core.timeframe import Timeframe
from engine.data.split import span
from engine.fields import FieldInfo
from engine.regimes import parse_gate
from engine.strategies import Strategy, registry
from ivybt_desktop.docks.setup.kinds import GATES, SHARES, SLEEVES, items_of, slot_of, slots_of, taken
from ivybt_desktop.docks.setup.missing import trouble_with
from ivybt_desktop.docks.setup.sections import FIELDS, PARAMS, TIMEFRAMES, params_of
from ivybt_desktop.docks.setup.values import nest
from ivybt_desktop.widgets.field_words import broken_constraints, check, choice_words

if TYPE_CHECKING:
    from engine.core.bars import Bars

# As many symbols as a sentence can name.
_FEW = 8
_LONG = 1_000_000_000
# A name of a spec in a sentence: "execution.stop_loss", "commission_max".
_NAME = re.compile(r"\b[a-z]+(?:[._][a-z]+)+\b")
STRATEGY_SHARES = tuple(replace(info, name=f"strategy.{info.name}") for info in SHARES)


@dataclass(frozen=True)
class Verdict:
    """What the values of the form amount to.

    Parameters
    ----------
    spec : BacktestSpec or None
        `None` when something is wrong.
    errors : mapping of str to str
        Sentence without a full stop by dotted field name.
    problem : str
        A sentence about the whole that belongs to no single field.
    """

    spec: BacktestSpec | None
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def first(self) -> str:
        """The sentence to show where there is room for one."""
        return next(iter(self.errors.values()), self.problem)


def judge(values: Mapping[str, Any], universe: Sequence[Bars]) -> Verdict:
    """Check the values of the form.

    Parameters
    ----------
    values : mapping
        By dotted name, with the parameters of the named strategy.
    universe : sequence of Bars
        Loaded prices, against which dates, bar lengths and symbols are checked.
    """
    try:
        strategy = registry.get(str(values["strategy.name"]))
    except IvyError as error:
        return Verdict(None, problem=trouble_with(str(values["strategy.name"])) or sentence(error))
    params = params_of(strategy)
    slots = [slot_of(values, prefix) for prefix in slots_of(values)]
    fields = (*params, *STRATEGY_SHARES, *FIELDS.values(), *(info for slot in slots for info in slot.fields))
    found = {info.name: check(info, values.get(info.name)) for info in fields}
    errors = {name: what for name, what in found.items() if what}
    errors |= {slot.prefix + ".name": _unknown(slot.kind) for slot in slots if slot.title == slot.kind}
    errors |= _check_bars(values, universe, errors)
    if not any(name.startswith(PARAMS) for name in errors):
        errors |= _check_constraint(strategy, params, values)
    errors |= _check_gates(values, errors) | _check_sleeves(values, errors)
    if errors:
        return Verdict(None, errors)
    try:
        strategy.parse({info.name.removeprefix(PARAMS): values[info.name] for info in params})
        spec = BacktestSpec.parse(nest(values, [info.name for info in params]))
        if universe:
            check_weighing(spec.data.symbols or [bars.symbol for bars in universe], spec)
        return Verdict(spec)
    except InputError as error:
        if place := place_of(error.field, values):
            slot = next((slot for slot in slots if place.startswith(f"{slot.prefix}.")), None)
            return Verdict(None, {place: sentence(error, slot.fields if slot else ())})
        return Verdict(None, problem=sentence(error))


def place_of(name: str, values: Mapping[str, Any]) -> str:
    """Return the row of the form that a field of an `InputError` stands in; empty when there is none."""
    if name in FIELDS or name.startswith(PARAMS):
        return name
    part, _, leaf = name.rpartition(".")
    for prefix in slots_of(values):
        if part and (prefix == part or prefix.endswith(f".{part}")):
            place = f"{prefix}.{values[f'{prefix}.name']}.{leaf}"
            return place if place in values else f"{prefix}.name"
    return ""


def sentence(error: IvyError, fields: Sequence[FieldInfo] = ()) -> str:
    """Return an error in one line without a full stop at its end: what, then what to do.

    Parameters
    ----------
    error : IvyError
        Names of specs in its words are replaced by the labels of the form.
    fields : sequence of FieldInfo, default ()
        Rows beside which it stands: their labels come first.
    """
    what = _titled(error.what, fields)
    what = f"{what[:1].upper()}{what[1:]}"
    return f"{what}. {_titled(error.hint, fields)}".removesuffix(".") if error.hint else what


def _titled(words: str, fields: Sequence[FieldInfo]) -> str:
    near = {info.name.rpartition(".")[2]: info.title for info in fields}
    return _NAME.sub(lambda match: near.get(match[0]) or _title_of(match[0]), words)


def _title_of(name: str) -> str:
    leaf = name.rpartition(".")[2]
    titles = {info.title for key, info in FIELDS.items() if name in (key, key.rpartition(".")[2])}
    if len(titles) == 1:
        return titles.pop()
    choices = {choice for info in FIELDS.values() for choice in info.choices}
    return choice_words(leaf).lower() if leaf in choices else name


def bars_in_range(bars: Bars, start: dt.date | None, end: dt.date | None) -> int:
    """Return how many bars have their session in [start, end]."""
    first = np.searchsorted(bars.session, _day(start), side="left") if start else 0
    last = np.searchsorted(bars.session, _day(end), side="right") if end else len(bars)
    return max(0, int(last) - int(first))


def _check_bars(
    values: Mapping[str, Any], universe: Sequence[Bars], errors: Mapping[str, str]
) -> dict[str, str]:
    """Return what is wrong with dates, bar lengths, candles and symbols on the loaded prices."""
    found: dict[str, str] = {}
    full = [bars for bars in universe if len(bars)]
    if not any(name in errors for name in ("data.start", "data.end")):
        found |= _check_dates(values.get("data.start"), values.get("data.end"), full)
    renko, bricks = values["data.candles.kind"] == "renko", ("brick_size", "brick_atr")
    if renko and all(values[f"data.candles.{name}"] is None for name in bricks):
        found["data.candles.brick_atr"] = "Renko needs a brick: a size in price units, or bars of an ATR"
    if renko and not any(values[f"data.candles.{name}"] is None for name in bricks):
        found["data.candles.brick_atr"] = "One of Brick and Brick ATR makes the brick: switch the other off"
    if "data.train_split" not in errors:
        found |= _check_split(values)
    for name in TIMEFRAMES:
        if values[name]:
            found |= _check_timeframe(name, str(values[name]), full)
    if values["data.formula"]:
        found |= _check_formula(values, [bars.symbol for bars in universe])
    if loaded := {bars.symbol for bars in universe}:
        found |= _check_symbols(values, loaded)
    return found


def _check_dates(start: Any, end: Any, universe: Sequence[Bars]) -> dict[str, str]:
    if start and end and start > end:
        what = "Start must not be after End"
        return {"data.start": what, "data.end": what}
    if not universe:
        return {}
    first = min(int(bars.session[0]) for bars in universe)
    last = max(int(bars.session[-1]) for bars in universe)
    if start and _day(start) > last:
        return {"data.start": f"Start is after the last bar, {np.datetime64(last, 'D')}"}
    if end and _day(end) < first:
        return {"data.end": f"End is before the first bar, {np.datetime64(first, 'D')}"}
    if (start or end) and not any(bars_in_range(bars, start, end) for bars in universe):
        what = "No bar lies between Start and End"
        return {"data.start": what, "data.end": what}
    return {}


def _check_split(values: Mapping[str, Any]) -> dict[str, str]:
    try:
        # Any long history: what a short one makes of the split is told by the run.
        span(_LONG, values["data.train_split"], values["data.run_mode"])
    except InputError as error:
        return {f"data.{error.field}": sentence(error)}
    return {}


def _check_timeframe(name: str, text: str, universe: Sequence[Bars]) -> dict[str, str]:
    try:
        wanted = Timeframe.parse(text)
    except InputError as error:
        return {name: sentence(error)}
    if not universe:
        return {}
    given = universe[0].timeframe
    if name == "data.timeframe" and wanted != given:
        return {name: f"The prices are {given} bars, not {wanted}. Longer bars are set in Decide on"}
    if name != "data.timeframe" and wanted.seconds < given.seconds:
        return {name: f"Decide on must not be shorter than the bars of the prices, {given}"}
    return {}


def _check_formula(values: Mapping[str, Any], loaded: Sequence[str]) -> dict[str, str]:
    from engine.data.formula import parse_formula  # noqa: PLC0415  (when there is one)

    if values[SLEEVES]:
        return {"data.formula": "A formula is traded by one strategy. Remove the further strategies"}
    if values["strategy.symbols"]:
        return {"data.formula": "A formula is traded as a whole. Empty Trades only in Strategy"}
    try:
        formula = parse_formula(str(values["data.formula"]))
        if loaded:
            formula.require(dict.fromkeys(values["data.symbols"] or loaded))
    except InputError as error:
        return {"data.formula": sentence(error)}
    return {}


def _check_symbols(values: Mapping[str, Any], loaded: set[str]) -> dict[str, str]:
    lists = {f"{prefix}.symbols": values[f"{prefix}.symbols"] for prefix in items_of(values, SLEEVES)}
    lists["strategy.symbols"] = values["strategy.symbols"]
    found = {}
    for name, symbols in lists.items():
        missing = [symbol for symbol in symbols or () if symbol not in loaded]
        if missing:
            hint = f". {nearest(missing[0], loaded)}" if len(loaded) <= _FEW else ""
            found[name] = f"{missing[0]} is not loaded{hint}"
    return found


def _check_constraint(
    strategy: type[Strategy], fields: Sequence[FieldInfo], values: Mapping[str, Any], start: str = PARAMS
) -> dict[str, str]:
    plain = {info.name: values[info.name] for info in fields}
    short = {name.removeprefix(start): value for name, value in plain.items()}
    broken = broken_constraints(strategy.Params.constraint, strategy.fields(), short)
    return {f"{start}{name}": what for name, what in broken.items()}


def _check_gates(values: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, str]:
    """Return what each gate says about its own fields together."""
    found: dict[str, str] = {}
    for prefix in items_of(values, GATES):
        kind, fields = taken(values, prefix)
        if any(name.startswith(f"{prefix}.") for name in errors):
            continue
        try:
            parse_gate({"name": kind, **fields})
        except InputError as error:
            leaf = error.field.rpartition(".")[2]
            rows = slot_of(values, prefix).fields
            place = f"{prefix}.{kind}.{leaf}" if leaf in fields else f"{prefix}.name"
            found[place] = sentence(error, rows)
    return found


def _check_sleeves(values: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, str]:
    """Return what each further strategy says about its parameters together."""
    found: dict[str, str] = {}
    for prefix in items_of(values, SLEEVES):
        if any(name.startswith(f"{prefix}.") for name in errors):
            continue
        kind, params = taken(values, prefix)
        start = f"{prefix}.{kind}."
        strategy = registry.get(kind)
        fields = [info for info in slot_of(values, prefix).fields if info.name.startswith(start)]
        found |= _check_constraint(strategy, fields, values, start)
        try:
            strategy.parse(params)
        except InputError as error:
            if not any(name.startswith(start) for name in found):
                found[f"{prefix}.name"] = sentence(error)
    return found


def _unknown(kind: str) -> str:
    return f"'{choice_words(kind)}' is not known here"


def _day(day: dt.date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))
