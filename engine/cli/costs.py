"""List the named cost schedules with their dates: all of them, or those that hold a word."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.execution.presets import CostPreset


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    text = "part of a name, title, symbol or kind of instrument"
    parser.add_argument("search", nargs="?", default="", metavar="SEARCH", help=text)
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def run(arguments: argparse.Namespace) -> int:
    """Print the schedules."""
    from engine.execution.presets import PRESETS  # noqa: PLC0415

    word = arguments.search.lower()
    found = [preset for preset in PRESETS.values() if word in _text(preset)]
    if arguments.json:
        from engine.cli.document import print_json  # noqa: PLC0415

        print_json([preset_document(preset) for preset in found])
        return 0
    from engine.cli.columns import show  # noqa: PLC0415

    show(_listing(found) if found else f"No cost schedule matches '{arguments.search}'.")
    return 0


def preset_document(preset: CostPreset) -> dict[str, Any]:
    """Return the JSON object of one schedule; ``costs`` has every field of the model."""
    from engine.execution.costs import CostModel  # noqa: PLC0415

    costs = CostModel(preset=preset.name).model_dump(mode="json")
    return {
        "name": preset.name,
        "title": preset.title,
        "as_of": preset.as_of,
        "asset_class": preset.asset_class.value if preset.asset_class else None,
        "symbols": list(preset.symbols),
        "costs": {name: value for name, value in costs.items() if name != "preset"},
        "note": preset.note,
    }


def _listing(found: list[CostPreset]) -> str:
    from engine.cli.columns import table  # noqa: PLC0415
    from engine.execution.cost_words import costs_sentence  # noqa: PLC0415
    from engine.execution.costs import CostModel  # noqa: PLC0415

    rows = []
    for preset in found:
        words = costs_sentence(CostModel(preset=preset.name)).removeprefix("costs ")
        rows.append([preset.name, preset.title, preset.as_of, words])
    lines = table(("Name", "Schedule", "As of", "Costs"), rows, left=4)
    return "\n".join([*lines, "", "Use one with --costs NAME; a cost flag beside it overrides its field."])


def _text(preset: CostPreset) -> str:
    kind = preset.asset_class.value if preset.asset_class else ""
    symbols = " ".join(preset.symbols)
    return f"{preset.name} {preset.title} {kind} {symbols}".lower()
