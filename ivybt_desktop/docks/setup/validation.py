"""From the values of the form to a `BacktestSpec`, or to one sentence for each bad field. Plain Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError, IvyError
from engine.fields import FieldInfo
from engine.strategies import Strategy, registry
from ivybt_desktop.docks.setup.sections import CARRIED, FIELDS, PARAMS, nest, params_of
from ivybt_desktop.widgets.field_words import broken_constraints, check

if TYPE_CHECKING:
    from engine.core.bars import Bars


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


def judge(values: Mapping[str, Any], bars: Bars | None) -> Verdict:
    """Check the values of the form.

    Parameters
    ----------
    values : mapping
        By dotted name, with the parameters of the named strategy.
    bars : Bars or None
        Loaded prices, against which the dates are checked.
    """
    try:
        strategy = registry.get(str(values["strategy.name"]))
    except IvyError as error:
        return Verdict(None, problem=sentence(error))
    fields = params_of(strategy)
    found = {info.name: check(info, values.get(info.name)) for info in (*fields, *FIELDS.values())}
    errors = {name: what for name, what in found.items() if what}
    if not any(name in errors for name in ("data.start", "data.end")):
        errors |= _check_dates(values, bars)
    if not any(name.startswith(PARAMS) for name in errors):
        errors |= _check_constraint(strategy, fields, values)
    if errors:
        return Verdict(None, errors)
    try:
        strategy.parse({info.name.removeprefix(PARAMS): values[info.name] for info in fields})
        names = [info.name for info in fields] + [*FIELDS, *CARRIED, "strategy.name"]
        return Verdict(BacktestSpec.parse(nest(values, names)))
    except InputError as error:
        if error.field in found:
            return Verdict(None, {error.field: sentence(error)})
        return Verdict(None, problem=sentence(error))


def sentence(error: IvyError) -> str:
    """Return an error in one line without a full stop at its end: what, then what to do."""
    what = f"{error.what[:1].upper()}{error.what[1:]}"
    return f"{what}. {error.hint}".removesuffix(".") if error.hint else what


def bars_in_range(bars: Bars, start: dt.date | None, end: dt.date | None) -> int:
    """Return how many bars have their session in [start, end]."""
    first = np.searchsorted(bars.session, _day(start), side="left") if start else 0
    last = np.searchsorted(bars.session, _day(end), side="right") if end else len(bars)
    return max(0, int(last) - int(first))


def _check_dates(values: Mapping[str, Any], bars: Bars | None) -> dict[str, str]:
    start, end = values.get("data.start"), values.get("data.end")
    if start and end and start > end:
        what = "Start must not be after End"
        return {"data.start": what, "data.end": what}
    if bars is None or not len(bars):
        return {}
    first, last = (np.datetime64(int(bars.session[at]), "D") for at in (0, -1))
    if start and _day(start) > bars.session[-1]:
        return {"data.start": f"Start is after the last bar, {last}"}
    if end and _day(end) < bars.session[0]:
        return {"data.end": f"End is before the first bar, {first}"}
    if (start or end) and not bars_in_range(bars, start, end):
        what = "No bar lies between Start and End"
        return {"data.start": what, "data.end": what}
    return {}


def _check_constraint(
    strategy: type[Strategy], fields: Sequence[FieldInfo], values: Mapping[str, Any]
) -> dict[str, str]:
    plain = {info.name: values[info.name] for info in fields}
    short = {name.removeprefix(PARAMS): value for name, value in plain.items()}
    broken = broken_constraints(strategy.Params.constraint, strategy.fields(), short)
    return {f"{PARAMS}{name}": what for name, what in broken.items()}


def _day(day: dt.date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))
