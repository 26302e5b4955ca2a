"""Flags for every field of `BacktestSpec`, and back to a checked spec.

A field that is added to a model gets its flag by itself (`engine.cli.flag_list`). Values stay text until
the models parse them, so a flag, a spec file and the window's form accept and refuse the same values with
the same words.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.backtest.spec import BacktestSpec, read_mapping
from engine.cli.flag_list import FAMILIES, SpecFlag, spec_flags
from engine.cli.flag_texts import checked_params, pairs
from engine.core.errors import InputError, nearest
from engine.fields import FieldInfo
from engine.strategies import Strategy, registry

__all__ = [
    "SpecFlag", "add_spec_flags", "in_flag_words", "known_parameter", "pairs", "spec_flags", "spec_from",
]  # fmt: skip


def add_spec_flags(
    parser: argparse.ArgumentParser, *, metavar: str = "SPEC",
    text: str = "spec file (YAML or JSON); flags override it",
) -> None:  # fmt: skip
    """Add the spec file, the strategy and one flag per field of the spec.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    metavar, text : str
        What the first argument is called, and its help.
    """
    parser.usage = f"{parser.prog} [{metavar}] [FLAGS]"
    parser.add_argument("spec", nargs="?", metavar=metavar, help=text)
    group = parser.add_argument_group("strategy")
    group.add_argument("--strategy", metavar="NAME", help="id of the strategy; see 'ivybt strategies'")
    group.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="a parameter; may be repeated"
    )
    groups: dict[str, Any] = {"strategy": group}
    for item in spec_flags():
        if item.group not in groups:
            groups[item.group] = parser.add_argument_group(item.group)
        options: dict[str, Any] = {"dest": item.path, "default": argparse.SUPPRESS, "help": _help(item.info)}
        if item.info.type == "bool":
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["metavar"] = item.placeholder
            options["action"] = "append" if item.is_repeated else "store"
        groups[item.group].add_argument(item.flag, **options)


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
    strategy = _strategy_values(values, arguments)
    values["strategy"] = strategy
    _check_sleeves(values, arguments.spec)
    for item in _given(arguments).values():
        _put(values, item, item.value(getattr(arguments, item.path)), arguments.spec)
    with in_flag_words(arguments):
        return BacktestSpec.parse(values)


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
    """Set one field; the groups on the way to it are copied, so that a file's values stay as they are."""
    *sections, name = item.path.split(".")
    holder = values
    for depth, section in enumerate(sections, start=1):
        held = holder.get(section)
        if isinstance(held, str) and f"{'.'.join(sections[:depth])}.name" in FAMILIES:
            held = {"name": held}
        if held is not None and not isinstance(held, Mapping):
            path = ".".join(sections[:depth])
            raise InputError("must hold names and values", field=path, where=f"{source or item.flag}: {path}")
        holder[section] = dict(held or {})
        holder = holder[section]
    if item.is_family and value != holder.get(name, FAMILIES[item.path]):
        holder.clear()
    if item.variants:  # a field belongs to the rule in force
        holder.setdefault("name", FAMILIES[f"{'.'.join(sections)}.name"])
    if item.path == "data.file":
        holder.update(value)
    else:
        holder[name] = value


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

    def place(name: str) -> str:
        return f"--param {name}" if name in typed else f"{arguments.spec}: params.{name}"

    return held | {"params": checked_params(cls, params, place)}


def _check_sleeves(values: Mapping[str, Any], source: str | None) -> None:
    """Refuse further strategies of the file by their place; shapes are the model's business."""
    sleeves = values.get("sleeves")
    for at, sleeve in enumerate(sleeves if isinstance(sleeves, list) else ()):
        if not isinstance(sleeve, Mapping) or not isinstance(sleeve.get("name"), str):
            continue
        where = f"{source}: sleeves.{at}"
        cls, params = _strategy(sleeve["name"], where), sleeve.get("params") or {}
        if isinstance(params, Mapping):
            named = {str(name): value for name, value in params.items()}
            checked_params(cls, named, f"{where}.params.{{}}".format)


def _strategy(name: str, where: str) -> type[Strategy]:
    try:
        return registry.get(name)
    except InputError as error:
        raise InputError(error.what, where=where, value=name, hint=error.hint) from None


def _located(error: InputError, arguments: argparse.Namespace) -> InputError:
    where, given, source = error.where, _given(arguments), arguments.spec
    hint = error.hint
    if where == error.field:  # the engine knows the field; the person knows the flag or the file
        found = _flag_of(error.field, given)
        if found is not None:
            where, hint = found.flag, _hint(error, found)
        elif error.field in pairs(arguments.param, "--param"):
            where = f"--param {error.field}"
        elif error.field.startswith("grid"):
            where = "--grid"
        elif source and error.field:
            where = f"{source}: {error.field}"
        elif absent := _flag_of(error.field, {item.path: item for item in spec_flags()}):
            where = absent.flag  # what is missing is named by the flag that would give it
    return InputError(error.what, field=error.field, value=error.value, where=where, hint=hint)


def _flag_of(field: str, given: Mapping[str, SpecFlag]) -> SpecFlag | None:
    """Return the given flag that an error's field came from: itself, or what holds it (``gates.garch``)."""
    # A package below does not know under which name the spec holds it.
    for path in (field, f"data.{field}", f"portfolio.{field}", f"portfolio.{field}.name"):
        if path in given:
            return given[path]
    holder = {"data.files": "data.file"}.get(field, field.partition(".")[0])
    return given.get(holder)


def _hint(error: InputError, item: SpecFlag) -> str:
    if item.variants and error.what.startswith("unknown field"):
        word = "allocation" if "allocation" in item.path else "sizing"
        return f"Add --{word} {' or '.join(item.variants)}"
    return error.hint


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


def _help(info: FieldInfo) -> str:
    notes = [info.unit] if info.unit else []
    if info.default not in (None, "") and info.type != "bool":
        shown = f"{info.default:g}" if isinstance(info.default, float) else info.default
        notes.append(f"default {shown}")
    elif info.optional and info.type in ("int", "float"):
        notes.append("'none' clears it")
    text = info.help[:1].lower() + info.help[1:] if info.help[1:2].islower() else info.help
    return (f"{text} ({', '.join(notes)})" if notes else text).replace("%", "%%")
