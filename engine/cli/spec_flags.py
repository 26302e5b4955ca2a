"""Flags for every field of `BacktestSpec`, generated from the models, and back to a checked spec.

A field that is added to a model gets its flag here by itself: ``costs.slippage_bps`` is
``--slippage-bps``. Values stay text until the models parse them, so a flag, a spec file and the
window's form accept and refuse the same values with the same words.
"""

from __future__ import annotations

import argparse
import typing
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from engine.backtest.spec import BacktestSpec, StrategySpec, read_mapping
from engine.core.errors import InputError, nearest
from engine.fields import FieldInfo, describe
from engine.strategies import Strategy, registry

_NAMES = {"data.file": "--data"}
_TITLES = {"": "run", "sizing": "position size"}
_OFF = ("none", "off", "null", "")


@dataclass(frozen=True, slots=True)
class SpecFlag:
    """One field of the spec and its flag.

    Parameters
    ----------
    section : str
        Name of the nested model; empty for a field of the spec itself.
    info : FieldInfo
        The declared field.
    """

    section: str
    info: FieldInfo

    @property
    def path(self) -> str:
        """Dotted name of the field, as in error messages."""
        return f"{self.section}.{self.info.name}" if self.section else self.info.name

    @property
    def flag(self) -> str:
        """The long flag."""
        return _NAMES.get(self.path, "--" + self.info.name.replace("_", "-"))

    def value(self, given: Any) -> Any:
        """Return what the model is to parse: None where the user switched an optional field off."""
        if self.info.optional and isinstance(given, str) and given.lower() in _OFF:
            return None
        return given


def spec_flags() -> list[SpecFlag]:
    """Return the flags of all fields that have one, in declared order."""
    found = [SpecFlag("", info) for info in describe(BacktestSpec)]
    for section, declared in BacktestSpec.model_fields.items():
        for model in _models(declared.annotation):
            # A choice of one word, such as the name of the only sizing rule, needs no flag.
            found += [SpecFlag(section, info) for info in describe(model) if len(info.choices) != 1]
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    options = typing.get_args(annotation) or (annotation,)
    models = [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]
    return [model for model in models if model is not StrategySpec]


def add_spec_flags(parser: argparse.ArgumentParser) -> None:
    """Add the spec file, the strategy and one flag per field of the spec."""
    parser.usage = f"{parser.prog} [SPEC] [FLAGS]"
    parser.add_argument("spec", nargs="?", metavar="SPEC", help="spec file (YAML or JSON); flags override it")
    group = parser.add_argument_group("strategy")
    group.add_argument("--strategy", metavar="NAME", help="id of the strategy; see 'ivybt strategies'")
    group.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="a parameter; may be repeated"
    )
    groups: dict[str, Any] = {}
    for item in spec_flags():
        if item.section not in groups:
            groups[item.section] = parser.add_argument_group(_TITLES.get(item.section, item.section))
        options: dict[str, Any] = {"dest": item.path, "default": argparse.SUPPRESS, "help": _help(item.info)}
        if item.info.type == "bool":
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["metavar"] = _metavar(item)
        groups[item.section].add_argument(item.flag, **options)


def spec_from(arguments: argparse.Namespace) -> BacktestSpec:
    """Return the checked spec: the file's values, then the flags over them.

    Raises
    ------
    InputError
        Nothing names a strategy, a name is unknown, or a value is refused; the message names the
        flag or the file and field.
    """
    path = Path(arguments.spec) if arguments.spec else None
    values = read_mapping(path) if path else {}
    for item in _given(arguments).values():
        _put(values, item, item.value(getattr(arguments, item.path)), arguments.spec)
    strategy = _strategy_values(values, arguments)
    with in_flag_words(arguments):
        return BacktestSpec.parse(values | {"strategy": strategy})


@contextmanager
def in_flag_words(arguments: argparse.Namespace) -> Iterator[None]:
    """Let an `InputError` about a field name the flag or the file that the field came from."""
    try:
        yield
    except InputError as error:
        raise _located(error, arguments) from None


def _given(arguments: argparse.Namespace) -> dict[str, SpecFlag]:
    return {item.path: item for item in spec_flags() if hasattr(arguments, item.path)}


def _put(values: dict[str, Any], item: SpecFlag, value: Any, source: str | None) -> None:
    if not item.section:
        values[item.info.name] = value
        return
    held = values.get(item.section) or {}
    if not isinstance(held, Mapping):
        raise InputError("must hold names and values", field=item.section, where=f"{source}: {item.section}")
    values[item.section] = {**held, item.info.name: value}


def _strategy_values(values: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    held = values.pop("strategy", None)
    if isinstance(held, str):
        held = {"name": held, "params": values.pop("params", {})}
    if held is not None and not isinstance(held, Mapping):
        raise InputError("must be a name or {name: ..., params: ...}", where=f"{arguments.spec}: strategy")
    held = dict(held or {})
    if arguments.strategy and arguments.strategy != held.get("name"):
        # Parameters of the file belong to the file's strategy.
        held = {"name": arguments.strategy, "params": {}}
    if not held.get("name"):
        raise InputError(
            "no strategy is given", where=arguments.spec or "",
            hint="Add --strategy NAME; 'ivybt strategies' lists the names",
        )  # fmt: skip
    where = "--strategy" if arguments.strategy else f"{arguments.spec}: strategy"
    cls = _strategy(str(held["name"]), where)
    typed = pairs(arguments.param, "--param")
    kept = held.get("params") or {}
    if not isinstance(kept, Mapping):
        raise InputError("must hold names and values", where=f"{arguments.spec}: strategy.params")
    params = {str(name): value for name, value in kept.items()} | typed
    return held | {"params": _checked(cls, params, typed, arguments.spec)}


def _strategy(name: str, where: str) -> type[Strategy]:
    try:
        return registry.get(name)
    except InputError as error:
        raise InputError(error.what, where=where, value=name, hint=error.hint) from None


def _checked(
    cls: type[Strategy], params: dict[str, Any], typed: Mapping[str, str], source: str | None
) -> dict[str, Any]:
    try:
        parsed = cls.parse(params)
    except InputError as error:
        name = error.field.rpartition(".")[2]
        if name == "params":  # the constraint, which is about several of them
            where = f"{cls.id}"
        else:
            where = f"--param {name}" if name in typed else f"{source}: {error.field}"
        raise InputError(_plain(error, params), field=error.field, where=where, hint=error.hint) from None
    kept = parsed.model_dump(mode="json")
    return {name: kept[name] for name in params}


def _plain(error: InputError, params: Mapping[str, Any]) -> str:
    name = error.field.rpartition(".")[2]
    unknown = error.what.startswith("unknown field") and name in params
    return f"unknown parameter '{name}'" if unknown else error.what


def _located(error: InputError, arguments: argparse.Namespace) -> InputError:
    where, given, source = error.where, _given(arguments), arguments.spec
    if where == error.field:  # the engine knows the field; the person knows the flag or the file
        if error.field in given:
            where = given[error.field].flag
        elif error.field in pairs(arguments.param, "--param"):
            where = f"--param {error.field}"
        elif error.field.startswith("grid"):
            where = "--grid"
        elif source and error.field:
            where = f"{source}: {error.field}"
    return InputError(error.what, field=error.field, value=error.value, where=where, hint=error.hint)


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


def known_parameter(cls: type[Strategy], name: str, flag: str) -> FieldInfo:
    """Return the declared parameter of that name.

    Raises
    ------
    InputError
        There is none; the nearest name is suggested.
    """
    fields = {info.name: info for info in cls.fields()}
    if name not in fields:
        raise InputError(
            f"{cls.id} has no parameter '{name}'", where=flag, value=name, hint=nearest(name, fields)
        )
    return fields[name]


def _metavar(item: SpecFlag) -> str:
    words = {"int": "N", "float": "X", "date": "DATE", "str": "TEXT"}
    if item.path == "data.file":
        return "FILE"
    return "|".join(item.info.choices) if item.info.choices else words[item.info.type]


def _help(info: FieldInfo) -> str:
    notes = [info.unit] if info.unit else []
    if info.default is not None and info.type != "bool":
        shown = f"{info.default:g}" if isinstance(info.default, float) else info.default
        notes.append(f"default {shown}")
    elif info.optional and info.type in ("int", "float"):
        notes.append("'none' clears it")
    text = info.help[:1].lower() + info.help[1:] if info.help[1:2].islower() else info.help
    return (f"{text} ({', '.join(notes)})" if notes else text).replace("%", "%%")
