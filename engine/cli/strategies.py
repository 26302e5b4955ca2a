"""List the strategies and their parameters."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from engine.cli.plugins import add_plugin_flag, load_plugins

if TYPE_CHECKING:
    from engine.fields import FieldInfo
    from engine.strategies import Strategy

# The keys that docs/method.md fixes.
_PARAMETER_KEYS = ("name", "type", "default", "low", "high", "step", "choices", "unit", "help")


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    text = "part of an id, title or family"
    parser.add_argument("search", nargs="?", default="", metavar="SEARCH", help=text)
    parser.add_argument("--json", action="store_true", help="print one JSON array")
    add_plugin_flag(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the strategies."""
    load_plugins(arguments)
    from engine.strategies import registry  # noqa: PLC0415

    found = [registry.get(name) for name in registry.names()]
    word = arguments.search.lower()
    found = [cls for cls in found if word in f"{cls.id} {cls.title} {cls.family}".lower()]
    if arguments.json:
        from engine.cli.document import print_json  # noqa: PLC0415

        print_json([strategy_document(cls) for cls in found])
        return 0
    from engine.cli.columns import show  # noqa: PLC0415

    show(_listing(found) if found else f"No strategy matches '{arguments.search}'.")
    return 0


def strategy_document(cls: type[Strategy]) -> dict[str, Any]:
    """Return the JSON object of one strategy."""
    fields = [info.to_dict() for info in cls.fields()]
    return {
        "name": cls.id,
        "title": cls.title or cls.id,
        "family": cls.family,
        "params": [{key: info[key] for key in _PARAMETER_KEYS} for info in fields],
        "constraint": cls.Params.constraint,
    }


def _listing(found: list[type[Strategy]]) -> str:
    from engine.cli.columns import section, table  # noqa: PLC0415

    blocks = []
    for family in sorted({cls.family for cls in found}):
        rows = [_row(cls) for cls in found if cls.family == family]
        blocks.append("\n".join(section(family.capitalize(), table((), rows, left=3))))
    return "\n\n".join(blocks)


def _row(cls: type[Strategy]) -> list[str]:
    params = ", ".join(_parameter(info) for info in cls.fields())
    constraint = f" [{cls.Params.constraint}]" if cls.Params.constraint else ""
    return [cls.id, cls.title, f"{params}{constraint}" or "no parameters"]


def _parameter(info: FieldInfo) -> str:
    shown = f"{info.default:g}" if isinstance(info.default, float) else info.default
    if info.low is None or info.high is None:
        return f"{info.name} {shown}"
    return f"{info.name} {shown} ({info.low:g} to {info.high:g})"
