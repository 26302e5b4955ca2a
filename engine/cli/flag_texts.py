"""Values of the spec that are more than one word, from the texts of their flags.

``--gate garch:volatility=low,lookback=252``, ``--sleeve ema_cross:fast=5@SPY,TLT*0.5``,
``--symbol-costs BTC:commission_bps=10``, ``--group SPY=equities``, ``--symbols SPY,TLT``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from engine.core.errors import InputError
from engine.execution.costs import CostModel
from engine.execution.presets import PRESETS
from engine.fields import describe, parse
from engine.regimes import load_gate, parse_gate
from engine.strategies import Strategy, registry

_CLEARED = ("none", "off", "null", "")
_WEIGHT = re.compile(r"\*\s*([0-9.eE+-]+)\s*$")


def pairs(texts: Iterable[str], flag: str) -> dict[str, str]:
    """Return ``NAME=VALUE`` texts as a mapping.

    Raises
    ------
    InputError
        A text has no ``=``, or a name comes twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, value = _pair(text, flag)
        if name in found:
            raise InputError(f"'{name}' is given twice", where=flag, hint="Give each name once")
        found[name] = value
    return found


def _pair(text: str, flag: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError(f"'{text}' is not NAME=VALUE", where=flag, hint=f"Write {flag} fast=10")
    return name.strip(), value.strip()


def words(text: str) -> list[str]:
    """Return ``A,B`` as a list; a word that clears gives none."""
    if text.strip().lower() in _CLEARED:
        return []
    return [word.strip() for word in text.split(",") if word.strip()]


def read_files(names: Sequence[str]) -> dict[str, Any]:
    """Return the first price file and the further ones as the two fields of the spec."""
    kept = [name for name in names if name.lower() not in _CLEARED]
    return {"file": kept[0] if kept else None, "files": kept[1:]}


def read_gates(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the gates of ``NAME:field=value,...`` texts.

    Raises
    ------
    InputError
        Unknown gate or field, or a value that is refused.
    """
    return [_gate(text) for text in _given(texts, "--gate")]


def _gate(text: str) -> dict[str, Any]:
    name, fields = _named(text, "--gate")
    try:
        model = load_gate(name)
        return parse_gate({"name": name, **_switched_off(model, fields)}).model_dump(mode="json")
    except InputError as error:
        raise _at(error, f"--gate {name}") from None


def read_symbol_costs(texts: Sequence[str]) -> dict[str, Any]:
    """Return costs by symbol of ``SYMBOL:field=value,...`` texts.

    Raises
    ------
    InputError
        Unknown field, a value that is refused, or a symbol that comes twice.
    """
    found: dict[str, Any] = {}
    for text in _given(texts, "--symbol-costs"):
        symbol, fields = _named(text, "--symbol-costs")
        if symbol in found:
            raise _twice(symbol, "--symbol-costs")
        try:
            model = parse(CostModel, _switched_off(CostModel, fields), where="costs")
        except InputError as error:
            raise _at(error, f"--symbol-costs {symbol}") from None
        found[symbol] = model.model_dump(mode="json")
    return found


def read_groups(texts: Sequence[str]) -> dict[str, str]:
    """Return groups by symbol of ``SYMBOL=GROUP`` texts.

    Raises
    ------
    InputError
        A text has no ``=``, or a symbol comes twice.
    """
    found: dict[str, str] = {}
    for text in _given(texts, "--group"):
        # A symbol may hold "=" itself, as ES=F does; a group does not.
        symbol, equals, group = text.rpartition("=")
        if not equals or not symbol.strip() or not group.strip():
            hint = "Write --group SPY=equities"
            raise InputError(f"'{text}' is not SYMBOL=GROUP", where="--group", hint=hint)
        if symbol.strip() in found:
            raise _twice(symbol.strip(), "--group")
        found[symbol.strip()] = group.strip()
    return found


def read_sleeves(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the strategies of ``NAME:param=value,...@A,B*WEIGHT`` texts.

    Raises
    ------
    InputError
        Unknown strategy or parameter, or a value that is refused.
    """
    return [_sleeve(text) for text in _given(texts, "--sleeve")]


def _sleeve(text: str) -> dict[str, Any]:
    weight = _WEIGHT.search(text)
    rest = text[: weight.start()] if weight else text
    head, _, symbols = rest.partition("@")
    name, fields = _named(head, "--sleeve")
    try:
        cls = registry.get(name)
    except InputError as error:
        raise _at(error, "--sleeve") from None
    params = checked_params(cls, fields, lambda param: f"--sleeve {name} {param}".strip())
    found: dict[str, Any] = {"name": name, "params": params, "symbols": words(symbols)}
    return found | ({"weight": weight[1]} if weight else {})


def checked_params(cls: type[Strategy], params: Mapping[str, Any], where: Any) -> dict[str, Any]:
    """Return a strategy's parameters as the declared types.

    Parameters
    ----------
    cls : type
        The strategy.
    params : mapping
        Values as typed or read.
    where : callable
        Given the name of a parameter, or an empty one for the constraint, returns where it came from.

    Raises
    ------
    InputError
        Unknown parameter, value out of range, or a constraint that does not hold.
    """
    try:
        parsed = cls.parse(_switched_off(cls.Params, params))
    except InputError as error:
        name = error.field.rpartition(".")[2]
        place = cls.id if name == "params" else where(name)  # the constraint is about several of them
        unknown = error.what.startswith("unknown field") and name in params
        what = f"unknown parameter '{name}'" if unknown else error.what
        raise InputError(what, field=error.field, where=place, hint=error.hint) from None
    kept = parsed.model_dump(mode="json")
    return {name: kept[name] for name in params}


def _given(texts: Sequence[str], flag: str) -> list[str]:
    kept = [text for text in texts if text.strip().lower() not in _CLEARED]
    if kept and len(kept) < len(texts):
        raise InputError("'none' stands beside others", where=flag, hint="Give 'none' alone, or leave it out")
    return kept


def _named(text: str, flag: str) -> tuple[str, dict[str, str]]:
    name, _, rest = text.partition(":")
    if not name.strip():
        raise InputError(f"'{text}' has no name", where=flag, hint=f"Write {flag} NAME:field=value")
    return name.strip(), pairs([part for part in rest.split(",") if part.strip()], flag)


def _switched_off(model: type[BaseModel], fields: Mapping[str, Any]) -> dict[str, Any]:
    optional = {info.name for info in describe(model) if info.optional}

    def is_off(name: str, value: Any) -> bool:
        clears = isinstance(value, str) and value.lower() in _CLEARED
        return name in optional and clears and not (name == "preset" and value in PRESETS)

    return {name: None if is_off(name, value) else value for name, value in fields.items()}


def _twice(symbol: str, flag: str) -> InputError:
    return InputError(f"'{symbol}' is given twice", where=flag, hint="Give each symbol once")


def _at(error: InputError, where: str) -> InputError:
    name = error.field.rpartition(".")[2]
    known = where.rpartition(" ")[2]
    place = f"{where} {name}" if error.field.count(".") and name not in (known, "name") else where
    return InputError(error.what, field=error.field, value=error.value, where=place, hint=error.hint)
