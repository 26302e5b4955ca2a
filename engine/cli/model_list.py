"""Lists of models that are chosen by name: gates and allocations, as `ivybt strategies` lists strategies."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from engine.fields import FieldInfo, describe

# The keys that docs/method.md fixes for parameters.
_FIELD_KEYS = ("name", "type", "default", "low", "high", "step", "choices", "unit", "help")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the search word and ``--json``."""
    text = "part of a name or title"
    parser.add_argument("search", nargs="?", default="", metavar="SEARCH", help=text)
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def print_models(arguments: argparse.Namespace, models: Mapping[str, type[BaseModel]], hint: str) -> None:
    """Print the models that match the search word.

    Parameters
    ----------
    arguments : Namespace
        With ``search`` and ``json``.
    models : mapping of str to type
        By name; a class has a ``title``.
    hint : str
        How to use one, below the list for people.
    """
    word = arguments.search.lower()
    found = {name: cls for name, cls in models.items() if word in f"{name} {_title(cls, name)}".lower()}
    if arguments.json:
        from engine.cli.document import print_json  # noqa: PLC0415

        print_json([model_document(name, cls) for name, cls in found.items()])
        return
    from engine.cli.columns import show, table  # noqa: PLC0415

    rows = [[name, _title(cls, name), ", ".join(map(_field, _fields(cls)))] for name, cls in found.items()]
    lines = [*table((), rows, left=3), "", hint] if rows else [f"Nothing matches '{arguments.search}'."]
    show("\n".join(lines))


def model_document(name: str, cls: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON object of one model: name, title, first sentence, fields."""
    fields = [info.to_dict() for info in _fields(cls)]
    summary = (inspect.getdoc(cls) or "").split("\n\n", maxsplit=1)[0]
    return {
        "name": name,
        "title": _title(cls, name),
        "help": " ".join(summary.split()),
        "params": [{key: info[key] for key in _FIELD_KEYS} for info in fields],
    }


def _fields(cls: type[BaseModel]) -> list[FieldInfo]:
    return [info for info in describe(cls) if info.name != "name"]


def _title(cls: type[BaseModel], name: str) -> str:
    return str(getattr(cls, "title", "") or name)


def _field(info: FieldInfo) -> str:
    shown = f"{info.default:g}" if isinstance(info.default, float) else info.default
    if info.choices:
        return f"{info.name} {shown} ({'|'.join(info.choices)})"
    if info.low is None or info.high is None:
        return f"{info.name} {shown}"
    return f"{info.name} {shown} ({info.low:g} to {info.high:g})"
