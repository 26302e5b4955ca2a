"""Check a price file: what was found out about its layout, and what happened to its rows.

  ivybt data check prices.csv
  ivybt data check prices.csv --bad-rows drop --json

A file that cannot be used as it is ends with exit code 2 and says why.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.prices import SAMPLE, add_reader_flags, in_reader_words, reader_options
from engine.core.errors import InputError, nearest

if TYPE_CHECKING:
    from engine.core.bars import Bars
    from engine.data.reader import Import
    from engine.data.recipe import Recipe


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.usage = "ivybt data check FILE [--json] [FLAGS]"
    parser.add_argument("action", metavar="check", help="the only action there is")
    parser.add_argument("file", metavar="FILE", help="price file: CSV, TXT, Parquet or Feather")
    parser.add_argument("--timeframe", metavar="TEXT", help="bar length, such as 1d or 15m")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_reader_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read the file and print what came of it."""
    if arguments.action != "check":
        hint = nearest(arguments.action, ["check"])
        raise InputError(f"unknown action '{arguments.action}'", hint=hint)
    found = _read(arguments)
    if arguments.json:
        from engine.cli.document import print_json  # noqa: PLC0415

        print_json(_document(arguments.file, found))
    else:
        from engine.cli.columns import show  # noqa: PLC0415

        show(_text(arguments.file, found))
    return 0


def _read(arguments: argparse.Namespace) -> Import:
    with in_reader_words():
        if arguments.file.startswith(SAMPLE):
            from engine.data.sample import sample_import  # noqa: PLC0415

            try:
                return sample_import(arguments.file.removeprefix(SAMPLE))
            except InputError as error:
                raise InputError(error.what, where=arguments.file, hint=error.hint) from None
        from engine.data.reader import read_import  # noqa: PLC0415

        path, options = Path(arguments.file).expanduser(), reader_options(arguments)
        return read_import(path, timeframe=arguments.timeframe, **options)


def _document(file: str, found: Import) -> dict[str, Any]:
    bars = found.bars
    return {
        "file": file,
        "symbol": bars.symbol,
        "asset_class": bars.instrument.asset_class.value,
        "timeframe": str(bars.timeframe),
        "periods_per_year": bars.periods_per_year,
        "bars": len(bars),
        "start": bars.label(0),
        "end": bars.label(len(bars) - 1),
        "columns": list(bars.columns),
        "digest": bars.digest,
        "recipe": found.recipe.to_dict(),
        "report": found.report.to_dict(),
    }


def _text(file: str, found: Import) -> str:
    from engine.cli.columns import count, section, short, table  # noqa: PLC0415

    bars = found.bars
    series = [
        ["Symbol", f"{bars.symbol} ({bars.instrument.asset_class.value})"],
        ["Bars", f"{count(len(bars))} of {bars.timeframe}, {bars.label(0)} to {bars.label(len(bars) - 1)}"],
        ["Bars per year", short(bars.periods_per_year)],
    ]
    if bars.columns:
        series.append(["Further columns", ", ".join(bars.columns)])
    blocks = [
        section(file, table((), series, left=2)),
        section("Layout", table((), _layout(found.recipe, bars), left=2)),
        section("Rows", [line if line.endswith(".") else f"{line}." for line in found.report.lines()]),
    ]
    return "\n\n".join("\n".join(block) for block in blocks)


def _layout(recipe: Recipe, bars: Bars) -> list[list[str]]:
    lines = [["Format", recipe.title], ["Columns", ", ".join(f"{c.name} = {c.role}" for c in recipe.columns)]]
    if recipe.kind == "csv":
        delimiter = {"\t": "tab", ";": "semicolon", ",": "comma", " ": "blank", "|": "bar"}
        shown = delimiter.get(recipe.delimiter, repr(recipe.delimiter))
        skipped = f", {recipe.skipped_lines} lines above the table" if recipe.skipped_lines else ""
        text = f"{recipe.encoding}, delimiter {shown}, decimal mark {recipe.decimal}{skipped}"
        lines.append(["Text", text])
    order = {"ymd": "year first", "dmy": "day first", "mdy": "month first"}
    written = order.get(recipe.date_order, f"{recipe.epoch_unit} since 1970" if recipe.epoch_unit else "")
    zone = f"zone {recipe.time_zone}, a time marks the {recipe.stamp} of its bar"
    parts = (written, zone if bars.timeframe.is_intraday else "a date marks its bar")
    lines.append(["Times", ", ".join(part for part in parts if part)])
    return lines
