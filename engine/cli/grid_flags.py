"""``--grid fast=5:54:1``: axes of a sweep from text, by the declared type of each parameter."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from math import prod
from typing import Any

from engine.cli.spec_flags import known_parameter, pairs
from engine.core.errors import InputError, nearest
from engine.fields import FieldInfo
from engine.strategies import Strategy

FLAG = "--grid"
MOST_CELLS = 20_000_000
_LARGEST = Decimal(10) ** 15
_RANGE_HINT = "Write first:last:step, such as 5:50:5"
_BOOLS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def parse_grid(cls: type[Strategy], texts: Iterable[str]) -> dict[str, list[Any]]:
    """Return the values of each axis.

    Parameters
    ----------
    cls : type
        The strategy whose parameters they are.
    texts : iterable of str
        ``name=first:last:step`` (both ends included; the step is the declared one when left out),
        ``name=5,10,20`` or ``name=5``.

    Raises
    ------
    InputError
        Unknown parameter, a value of another type or out of range, or more than `MOST_CELLS` cells.
    """
    axes = {name: _axis(known_parameter(cls, name, FLAG), text) for name, text in pairs(texts, FLAG).items()}
    cells = prod(len(values) for values in axes.values())
    if cells > MOST_CELLS:
        raise InputError(
            f"{cells:,} cells, at most {MOST_CELLS:,} can be run at once", where=FLAG,
            hint="Use larger steps",
        )  # fmt: skip
    return axes


def _axis(info: FieldInfo, text: str) -> list[Any]:
    where = f"{FLAG} {info.name}"
    if ":" in text and info.type in ("int", "float"):
        values = _range(info, text, where)
    else:
        values = [_value(info, part.strip(), where) for part in text.split(",")]
    for value in values:
        _check(info, value, where)
    if len(set(values)) != len(values):
        raise InputError("a value comes twice", where=where, hint="Give each value once")
    return values


def _range(info: FieldInfo, text: str, where: str) -> list[Any]:
    parts = text.split(":")
    if len(parts) not in (2, 3):
        raise InputError(f"'{text}' is not a range", where=where, hint=_RANGE_HINT)
    first, last, *rest = (_decimal(part.strip(), where) for part in parts)
    step = rest[0] if rest else Decimal(str(info.step or 1))
    if step <= 0 or last < first:
        raise InputError(
            f"'{text}' is an empty range", where=where, hint="Write the smaller end first and a step above 0"
        )
    steps = int((last - first) // step)
    if steps >= MOST_CELLS:
        raise InputError(f"'{text}' has {steps + 1:,} values", where=where, hint="Use a larger step")
    # Decimal steps: 0.1:0.3:0.1 ends at 0.3 and not just above it.
    return [_value(info, str(first + step * i), where) for i in range(steps + 1)]


def _decimal(text: str, where: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) > _LARGEST:
        raise InputError(f"'{text}' is not a number", where=where, hint=_RANGE_HINT)
    return value


def _value(info: FieldInfo, text: str, where: str) -> Any:
    if info.type == "bool":
        if text.lower() not in _BOOLS:
            raise InputError(f"'{text}' is not true or false", where=where, hint="Write true,false")
        return _BOOLS[text.lower()]
    if info.type == "choice":
        if text not in info.choices:
            raise InputError(f"unknown value '{text}'", where=where, hint=nearest(text, info.choices))
        return text
    if info.type == "str":
        return text
    number = _decimal(text, where)
    if info.type == "float":
        return float(number)
    if number != int(number):
        raise InputError(f"must be a whole number, was {text}", where=where, hint="Use whole steps")
    return int(number)


def _check(info: FieldInfo, value: Any, where: str) -> None:
    below = info.low is not None and info.type != "bool" and value < info.low
    above = info.high is not None and info.type != "bool" and value > info.high
    if below or above:
        limits = (("from", info.low), ("to", info.high))
        ends = " ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)
        hint = f"Use values {ends}"
        raise InputError(f"{value:g} is out of range", where=where, value=value, hint=hint)
