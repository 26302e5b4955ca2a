"""What a form says about a declared field: its value as text, its range, what is wrong with it.

Plain Python, so that presenters and tests share the sentences with the widgets. Fractions are shown
as percentages where the unit says what they are a fraction of ("of equity", "per year").
"""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.errors import InputError
from engine.expressions import Expression
from engine.fields import FieldInfo
from ivybt_desktop.widgets.format import MINUS, exact

_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")
_WORDS: dict[type[ast.AST], str] = {
    ast.Lt: "must be less than", ast.LtE: "must not be more than",
    ast.Gt: "must be more than", ast.GtE: "must not be less than",
    ast.Eq: "must equal", ast.NotEq: "must differ from",
}  # fmt: skip
_MIRRORED: dict[type[ast.AST], type[ast.cmpop]] = {
    ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq,
}  # fmt: skip
_TIMES = "\N{MULTIPLICATION SIGN}"
_SIGNS: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: MINUS, ast.Mult: _TIMES, ast.Div: "/"}
OFF = "off"


def is_fraction(info: FieldInfo) -> bool:
    """Return whether a field holds a fraction that people read as a percentage."""
    return info.type == "float" and (info.unit.startswith("of ") or info.unit == "per year")


def shown_unit(info: FieldInfo) -> str:
    """Return the unit as it stands in the control, short: ``%``, ``%/year``, ``/order``, ``bars``."""
    short = f"/{info.unit.removeprefix('per ')}" if info.unit.startswith("per ") else info.unit
    if is_fraction(info):
        return "%" if info.unit.startswith("of ") else f"%{short}"
    return short


def long_unit(info: FieldInfo) -> str:
    """Return the unit as it stands in a sentence: ``% of equity`` for a fraction."""
    return f"% {info.unit}" if is_fraction(info) else info.unit


def shown_number(info: FieldInfo, value: float) -> float:
    """Return the number in the control for a value of the spec."""
    if not is_fraction(info):
        return value
    # 0.07 * 100 is 7.000000000000001; what a person typed comes back.
    return round(value * 100.0, 10)


def spec_number(info: FieldInfo, shown: float) -> int | float:
    """Return the value of the spec for the number in the control."""
    if is_fraction(info):
        # 0.29 / 100 is a bit away from 0.0029; what a person typed is what the spec gets.
        return round(shown / 100.0, 12)
    return int(shown) if info.type == "int" and float(shown).is_integer() else shown


def step_of(info: FieldInfo) -> float:
    """Return the declared step, or a small one that suits the field."""
    if info.step:
        return float(info.step)
    return 1.0 if info.type == "int" else 0.01


def read_number(text: str) -> float | None:
    """Read what a person typed: spaces, thousands separators, a decimal comma, a real minus sign.

    Returns
    -------
    float or None
        `None` when the text is not one number.
    """
    plain = re.sub(r"[\s\u00a0\u202f_]", "", text).replace(MINUS, "-").removesuffix("%").lower()
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    elif plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    return float(plain) if _NUMBER.fullmatch(plain) else None


def read_date(text: str, *, last: bool = False) -> dt.date | None:
    """Read ``2015-03-31``, ``2015-03`` or ``2015``; a month or year means its first or last day.

    Returns
    -------
    date or None
        `None` when the text is not a date.
    """
    parts = re.fullmatch(r"\s*(\d{4})(?:[-/.](\d{1,2}))?(?:[-/.](\d{1,2}))?\s*", text)
    if parts is None:
        return None
    year, month, day = (int(part) if part else None for part in parts.groups())
    try:
        if day is not None:
            return dt.date(year or 0, month or 0, day)
        first = dt.date(year or 0, month or (12 if last else 1), 1)
        if not last:
            return first
        return (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    except ValueError:
        return None


def read_symbols(text: Any) -> tuple[str, ...]:
    """Return the symbols of a text that separates them by commas or blanks, each once, in order."""
    return tuple(dict.fromkeys(part for part in re.split(r"[\s,;]+", str(text or "")) if part))


def shown_value(info: FieldInfo, value: Any) -> str:
    """Return a value with its unit, as tooltips and summaries write it."""
    if value is None:
        return OFF
    if info.type == "bool":
        return "on" if value else "off"
    if info.type == "choice":
        return choice_words(str(value))
    if info.type == "symbols":
        return ", ".join(value) or "all"
    if isinstance(value, int | float):
        return f"{exact(shown_number(info, value))} {long_unit(info)}".strip().replace(" %", "%")
    return str(value)


def choice_words(choice: str) -> str:
    """Return ``next_open`` as ``Next open``; names of people keep their capitals."""
    words = choice.replace("_", " ").strip()
    if words == "ledoit wolf":
        return "Ledoit-Wolf"
    return words.upper() if words in ("atr", "ema", "fx", "sma") else words[:1].upper() + words[1:]


def range_words(info: FieldInfo) -> str:
    """Return ``from 2 to 100 bars``; empty when nothing bounds the field in a way worth saying."""
    low, high = _bound(info, info.low), _bound(info, info.high)
    unit = long_unit(info)
    if low and high:
        return f"from {low} to {high} {unit}".strip().replace(" %", "%")
    if low:
        return f"at least {low} {unit}".strip().replace(" %", "%")
    return f"at most {high} {unit}".strip().replace(" %", "%") if high else ""


def _bound(info: FieldInfo, bound: float | None) -> str:
    # Limits such as 1e-9 and 1e15 keep arithmetic safe; they are no help to a person.
    if bound is None or abs(bound) >= 1e9 or 0 < abs(bound) < 1e-6:
        return ""
    return exact(shown_number(info, float(bound)))


def check(info: FieldInfo, value: Any) -> str:
    """Return what is wrong with one value in a sentence without a full stop; empty when it is fine.

    Parameters
    ----------
    info : FieldInfo
        The declaration.
    value : object
        A value of the spec, or the text of a control that holds no such value.
    """
    if value is None or value == "":
        return "" if info.optional else f"{info.title} needs a value"
    if info.type in ("int", "float"):
        return _check_number(info, value)
    if info.type == "date":
        ok = isinstance(value, dt.date) or (isinstance(value, str) and read_date(value) is not None)
        return "" if ok else f"{info.title} must be a date such as 2015-01-31"
    if info.type == "choice" and str(value) not in info.choices:
        return f"{info.title} must be one of {', '.join(choice_words(c) for c in info.choices)}"
    return ""


def _check_number(info: FieldInfo, value: Any) -> str:
    if isinstance(value, str):
        return f"{info.title} must be a {'whole ' if info.type == 'int' else ''}number"
    if info.type == "int" and not float(value).is_integer():
        return f"{info.title} must be a whole number"
    too_low = info.low is not None and value < info.low
    too_high = info.high is not None and value > info.high
    if too_low and info.low is not None and 0 < info.low < 1e-6:
        return f"{info.title} must be more than 0"
    if too_low or too_high:
        return f"{info.title} must be {range_words(info) or 'smaller'}"
    return ""


def broken_constraints(
    constraint: str, fields: Sequence[FieldInfo], values: Mapping[str, Any]
) -> dict[str, str]:
    """Return the fields of the comparisons that do not hold, each with the sentence about it.

    Parameters
    ----------
    constraint : str
        As in `engine.strategies.StrategyParams.constraint`; parts joined by ``and`` are judged
        one by one.
    fields : sequence of FieldInfo
        Their titles make the sentence.
    values : mapping
        Checked values by field name.
    """
    if not constraint:
        return {}
    tree = ast.parse(constraint, mode="eval").body
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    titles = {info.name: info.title for info in fields}
    found: dict[str, str] = {}
    for part in parts:
        expression = Expression(ast.unparse(part))
        try:
            holds = bool(expression.evaluate(values))
        except InputError:
            continue
        if not holds:
            sentence = _sentence(part, titles)
            found |= {name: sentence for name in expression.names if name not in found}
    return found


def _sentence(node: ast.expr, titles: Mapping[str, str]) -> str:
    if isinstance(node, ast.Compare) and all(type(op) in _WORDS for op in node.ops):
        if isinstance(node.left, ast.Constant) and len(node.ops) == 1:
            node = ast.Compare(node.comparators[0], [_MIRRORED[type(node.ops[0])]()], [node.left])
        terms = [_term(term, titles) for term in (node.left, *node.comparators)]
        pieces = [terms[0]]
        for index, (op, term) in enumerate(zip(node.ops, terms[1:], strict=True)):
            pieces.append(f"{'and ' + terms[index] + ' ' if index else ''}{_WORDS[type(op)]} {term}")
        return " ".join(pieces)
    return f"This must hold: {_term(node, titles)}"


def _term(node: ast.expr, titles: Mapping[str, str]) -> str:
    match node:
        case ast.Name(id=name):
            return titles.get(name, name)
        case ast.Constant(value=int() | float() as value):
            return exact(value)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
            return f"{_term(left, titles)} {_SIGNS[type(op)]} {_term(right, titles)}"
    text = ast.unparse(node)
    for name, title in titles.items():
        text = re.sub(rf"\b{re.escape(name)}\b", title, text)
    return text
