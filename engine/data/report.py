"""`Report`: what happened to the rows of a price file while it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

# In the order in which a row is judged; a row counts for the first reason that applies.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "columns": "with the wrong number of columns",
        "time": "with a time that cannot be read",
        "missing": "with a missing price",
        "text": "with text in a price",
        "negative": "with a negative or zero price",
        "inverted": "with the high below the low",
        "outside": "with the open or close outside low to high",
        "volume": "with a volume that is text or negative",
        "unsorted": "out of time order",
        "duplicate": "with a time that is there already",
    }
)


@dataclass(frozen=True, slots=True)
class Refused:
    """Rows with one kind of fault.

    Parameters
    ----------
    reason : str
        Key of `REASONS`.
    count : int
        Rows, at least 1.
    first_line : int
        Line of the first one in the text file, counted from 1; for Parquet and Feather its row.
    example : str
        What stands there.
    place : {"line", "row"}
        Which of the two `first_line` is.
    """

    reason: str
    count: int
    first_line: int
    example: str = ""
    place: str = "line"

    @property
    def words(self) -> str:
        """Count, reason and first line in words."""
        shown = f", {self.example}" if self.example else ""
        where = f"{self.place} {self.first_line}{shown}"
        return f"{self.count:,} {REASONS[self.reason]} ({'first: ' if self.count > 1 else ''}{where})"


@dataclass(frozen=True, slots=True)
class Gaps:
    """Steps longer than one bar that weekends, nights and single holidays do not explain.

    Parameters
    ----------
    count : int
        Number of such steps.
    largest_seconds : float
        Length of the longest, seconds; 0 without gaps.
    largest_after : str
        Label of the bar before the longest gap; empty without gaps.
    """

    count: int = 0
    largest_seconds: float = 0.0
    largest_after: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What happened to the rows.

    Parameters
    ----------
    rows_read : int
        Rows below the header, blank lines not counted.
    rows_used : int
        Bars that came of them.
    refused : tuple of Refused
        Faulty rows by reason. With ``bad_rows="repair"`` some of them are used all the same.
    bad_rows : {"refuse", "drop", "repair"}
        What was done with faulty rows.
    order_reversed : bool
        The file stood newest first and was turned round.
    duplicates : int
        Rows whose time was there already.
    repaired : int
        Rows whose prices or order were changed by ``repair``.
    dust : int
        Rows whose open or close left low to high by no more than 1e-6 of the price (rounding):
        high or low were widened to hold it.
    gaps : Gaps
        Steps longer than one bar.
    notes : tuple of str
        Further things worth knowing, one sentence each.
    """

    rows_read: int
    rows_used: int
    refused: tuple[Refused, ...] = ()
    bad_rows: str = "refuse"
    order_reversed: bool = False
    duplicates: int = 0
    repaired: int = 0
    dust: int = 0
    gaps: Gaps = Gaps()
    notes: tuple[str, ...] = ()

    @property
    def rows_refused(self) -> int:
        """Faulty rows of all reasons."""
        return sum(item.count for item in self.refused)

    def lines(self) -> tuple[str, ...]:
        """Return the report in sentences, the most important first."""
        said = [f"{self.rows_used:,} of {self.rows_read:,} rows used"]
        said += [f"{item.words}: {self._verb(item.reason)}" for item in self.refused]
        if self.order_reversed:
            said.append("The file stands newest first; it was turned round")
        if self.dust:
            rows = "rows have" if self.dust > 1 else "row has"
            outside = "an open or close outside low to high by rounding; high and low were widened"
            said.append(f"{self.dust:,} {rows} {outside}")
        if self.gaps.count:
            longest = f"the longest {duration(self.gaps.largest_seconds)} after {self.gaps.largest_after}"
            said.append(f"{self.gaps.count:,} gap{'s' * (self.gaps.count > 1)}, {longest}")
        return (*said, *self.notes)

    def _verb(self, reason: str) -> str:
        if reason == "unsorted":
            return "sorted"
        repaired = self.bad_rows == "repair" and reason in ("inverted", "outside")
        return "repaired" if repaired else "left out"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: JSON ready."""
        values = asdict(self)
        values["refused"] = [asdict(item) | {"words": item.words} for item in self.refused]
        values["notes"] = list(self.notes)
        return values


def duration(seconds: float) -> str:
    """Return a length of time in words, ``2.95 hours``."""
    for size, word in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= size:
            return f"{seconds / size:.4g} {word}"
    return f"{seconds:.4g} seconds"
