"""From what a person types above the list of runs to conditions of the index.

Words must all occur (strategy, parameters, symbol, bar length, note, id). ``key:value`` looks in one
field, ``sharpe>0.8`` compares a metric, ``fast>=10`` a parameter, ``created>2024-05-01`` a date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_TERM = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')
_FILTER = re.compile(r"([a-z_]\w*)(>=|<=|!=|>|<|=|:)(.*)", re.IGNORECASE | re.DOTALL)

_TEXTS = {
    "strategy": "strategy", "symbol": "symbol", "timeframe": "timeframe", "note": "note",
    "id": "run_id", "run_id": "run_id", "receipt": "receipt",
}  # fmt: skip
_DATES = {"created": "created", "last_run": "last_run", "start": "start", "end": "end"}
_NUMBERS = {"bars": "bars", "runs": "count"}
_STARRED = {"starred", "star", "is"}
_YES = {"yes", "true", "1", "starred", "star"}


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL and its values.

    Parameters
    ----------
    sql : str
        Made of fixed words only.
    values : tuple
        What a person typed.
    """

    sql: str
    values: tuple[Any, ...]


def conditions(search: str) -> list[Condition]:
    """Return what every run that is shown must fulfil; a filter that has no value yet is left out."""
    found = (_condition(term) for term in _TERM.findall(search))
    return [item for item in found if item is not None]


def searchable(*texts: str) -> str:
    """Return the text that words are looked for in."""
    return " ".join(texts).casefold()


def _condition(term: str) -> Condition | None:
    match = _FILTER.fullmatch(term)
    if match is None:
        return _contains("search_text", term)
    key, operator, value = match[1].lower(), match[2], match[3].replace('"', "").strip()
    if not value:
        return None
    if key in _TEXTS:
        find = _symbol if key == "symbol" else _contains
        return find(_TEXTS[key], value, negated=operator == "!=")
    if key in _STARRED:
        return Condition("starred = ?", (int((value.casefold() in _YES) != (operator == "!=")),))
    if key in _DATES:
        return _date(_DATES[key], operator, value)
    return _comparison(key, operator, value)


def _contains(column: str, text: str, *, negated: bool = False) -> Condition:
    plain = text.replace('"', "").casefold()
    for special in ("\\", "%", "_"):
        plain = plain.replace(special, f"\\{special}")
    return Condition(f"{column} {'NOT ' if negated else ''}LIKE ? ESCAPE '\\'", (f"%{plain}%",))


def _symbol(column: str, text: str, *, negated: bool) -> Condition:
    # The column names the first few of many symbols ("SPY, TLT, GLD +2"); words are searched in all.
    named, hidden = _contains(column, text), _contains("search_text", text)
    sql = f"({named.sql} OR (instr({column}, ' +') > 0 AND {hidden.sql}))"
    return Condition(f"NOT {sql}" if negated else sql, (*named.values, *hidden.values))


def _date(column: str, operator: str, value: str) -> Condition:
    # Stamps are ISO 8601; "2024-05" means the whole month, so only its length is compared.
    operator = "=" if operator == ":" else operator
    return Condition(f"substr({column}, 1, {len(value)}) {operator} ?", (value.upper(),))


def _comparison(key: str, operator: str, value: str) -> Condition:
    number = _number(value)
    operator = "=" if operator == ":" else operator
    if key in _NUMBERS:
        return Condition(f"{_NUMBERS[key]} {operator} ?", (number,))
    # A metric comes before a parameter of the same name. `key` matched \w+, so the path is safe.
    field = f"coalesce(json_extract(metrics, '$.\"{key}\"'), json_extract(params, '$.\"{key}\"'))"
    if number is None:
        found = Condition(f"lower({field}) {operator} ?", (value.lower(),))
    else:
        found = Condition(f"{field} {operator} ?", (number,))
    if operator != "=":
        return found
    # Symbols such as ES=F look like a filter.
    symbol = _contains("symbol", f"{key}={value}")
    return Condition(f"({found.sql} OR {symbol.sql})", (*found.values, *symbol.values))


def _number(text: str) -> float | None:
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    scale = 0.01 if text.endswith("%") else 1.0
    try:
        return float(text.removesuffix("%")) * scale
    except ValueError:
        return None
