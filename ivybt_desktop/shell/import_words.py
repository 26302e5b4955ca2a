"""What was sniffed about a price file, in words. Plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivybt_desktop.shell.status_words import stamp_words

if TYPE_CHECKING:
    from engine.core.bars import Bars
    from engine.data.recipe import Recipe

_KINDS = {"csv": "text", "parquet": "Parquet", "feather": "Feather", "frame": "table"}
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
_MARKS = {".": "a point", ",": "a comma", " ": "a blank", "'": "an apostrophe"}
_ORDERS = {
    "ymd": "year, month, day",
    "dmy": "day, month, year",
    "mdy": "month, day, year",
    "epoch": "a number since 1970",
}
_UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
ROLE_WORDS = {"clock": "time of day", "extra": "kept", "ignored": "not used"}


def layout_lines(recipe: Recipe) -> list[tuple[str, str]]:
    """Return the layout of a file as pairs of a label and words."""
    lines = [("Format", f"{recipe.title} ({_KINDS.get(recipe.kind, recipe.kind)})")]
    if recipe.delimiter:
        decimal = _MARKS.get(recipe.decimal, recipe.decimal)
        between = _DELIMITERS.get(recipe.delimiter, repr(recipe.delimiter))
        words = f"separated by {between}, {decimal} before decimals"
        if recipe.thousands:
            words += f", {_MARKS.get(recipe.thousands, recipe.thousands)} between thousands"
        lines.append(("Columns", words))
    lines.append(("Header", _header(recipe)))
    lines.append(("Times", _times(recipe)))
    return lines


def bars_line(bars: Bars) -> str:
    """Return symbol, bar length, count and range of what was read."""
    last = len(bars) - 1
    first_day, last_day = stamp_words(bars.label(0)), stamp_words(bars.label(last))
    return f"{bars.symbol}, {bars.timeframe} bars, {len(bars):,} from {first_day} to {last_day}"


def role_words(role: str) -> str:
    """Return the role of a column as its chip shows it."""
    return ROLE_WORDS.get(role, role)


def _header(recipe: Recipe) -> str:
    rows = {0: "none", 1: "one row of names"}.get(recipe.header_rows, f"{recipe.header_rows} rows of names")
    skipped = recipe.skipped_lines
    above = f", {skipped} line{'s' if skipped > 1 else ''} above it left out" if skipped else ""
    return rows + above


def _times(recipe: Recipe) -> str:
    order = _ORDERS.get(recipe.date_order, "a time type")
    unit = f" in {_UNITS[recipe.epoch_unit]}" if recipe.epoch_unit in _UNITS else ""
    days = recipe.timeframe.endswith(("d", "wk", "mo"))
    stamp = "" if days else f", marking the {recipe.stamp} of a bar"
    return f"{order}{unit}, {recipe.time_zone}{stamp}"
