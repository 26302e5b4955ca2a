"""Columns of text to numbers: decimal marks, missing values, and the cells that are not numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.data.arrow_numpy import as_bools, as_floats

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MISSING = (
    "", "null", "NULL", "Null", "nan", "NaN", "NAN", "NA", "N/A", "n/a", "#N/A", "None", "none", "-",
    "--", ".",
)  # fmt: skip
NUMBER = re.compile(r"[$€£]?\s*[+-]?(?:\d[\d.,]*|[.,]\d+)(?:[eE][+-]?\d+)?\s*[KMB%]?")
_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_SCALES = {"K": 1e3, "M": 1e6, "B": 1e9}


class Marks(NamedTuple):
    """Decimal mark and the mark between thousands (empty for none)."""

    decimal: str = "."
    thousands: str = ""


class Numbers(NamedTuple):
    """A column as numbers.

    Parameters
    ----------
    values : float64[n]
        NaN where missing or not a number.
    missing : bool[n]
        Nothing stands there.
    text : bool[n]
        Something stands there that is not a finite number.
    """

    values: FloatArray
    missing: BoolArray
    text: BoolArray


def looks_like_number(text: str) -> bool:
    """Return whether the text is a number in any of the known spellings."""
    return bool(NUMBER.fullmatch(text.strip()))


def find_marks(columns: Sequence[pa.Array], delimiter: str) -> Marks:
    """Find the decimal mark of price columns from all their cells.

    A comma is a decimal mark unless dots are there too, or groups of three digits show that it
    separates thousands in a file whose delimiter is a comma.
    """
    texts = [column for column in columns if pa.types.is_string(column.type)]
    with_comma = [pc.drop_null(column.filter(pc.match_substring(column, ","))) for column in texts]
    commas = sum(len(column) for column in with_comma)
    if commas == 0:
        return Marks()
    with_dot = [pc.drop_null(column.filter(pc.match_substring(column, "."))) for column in texts]
    both = next((str(cell) for column in with_comma for cell in column[:1000].to_pylist() if "." in cell), "")
    if both:
        return Marks(".", ",") if both.rfind(".") > both.rfind(",") else Marks(",", ".")
    if sum(len(column) for column in with_dot) > commas:
        return Marks()
    cells = [str(cell) for column in with_comma for cell in column[:1000].to_pylist()]
    grouped = all(re.fullmatch(r"[$€£]?[+-]?\d{1,3}(,\d{3})+", cell.strip()) for cell in cells)
    return Marks(".", ",") if delimiter == "," and grouped else Marks(",", "")


def read_numbers(column: pa.Array, marks: Marks) -> Numbers:
    """Read a column; cells that are not numbers are marked, never guessed."""
    missing = as_bools(pc.is_null(column, nan_is_null=True))
    if not pa.types.is_string(column.type):
        return _from_typed(column, missing)
    texts = column
    if marks.thousands:
        texts = pc.replace_substring(texts, marks.thousands, "")
    if marks.decimal == ",":
        texts = pc.replace_substring(texts, ",", ".")
    try:
        values = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        values = _read_odd_cells(texts)
    numbers = as_floats(values)
    text = ~missing & ~np.isfinite(numbers)
    numbers[text] = np.nan
    return Numbers(numbers, missing, text)


def is_numeric(kind: pa.DataType) -> bool:
    """Return whether an Arrow type holds numbers or truth values."""
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean)
    return any(test(kind) for test in tests)


def _from_typed(column: pa.Array, missing: BoolArray) -> Numbers:
    if not is_numeric(column.type):
        return Numbers(np.full(len(column), np.nan), missing, ~missing)
    if pa.types.is_boolean(column.type):
        column = pc.cast(column, pa.int8())
    values = as_floats(pc.cast(column, pa.float64(), safe=False))
    text = ~missing & ~np.isfinite(values)
    values[text] = np.nan
    return Numbers(values, missing, text)


def _read_odd_cells(texts: pa.Array) -> pa.Array:
    """Read cells with blanks, plus signs, currency signs and K, M, B; leave others empty."""
    trimmed = pc.replace_substring_regex(pc.utf8_trim_whitespace(texts), r"^[$€£]\s*", "")
    trimmed = pc.replace_substring_regex(trimmed, r"^\+", "")
    empty = pa.nulls(len(texts), pa.string())
    plain = pc.if_else(pc.match_substring_regex(trimmed, _PLAIN), trimmed, empty)
    values = pc.cast(plain, pa.float64())
    for letter, scale in _SCALES.items():
        scaled = pc.match_substring_regex(trimmed, rf"^\d+\.?\d*\s*{letter}$")
        if not pc.any(scaled).as_py():
            continue
        bare = pc.replace_substring_regex(trimmed, rf"\s*{letter}$", "")
        number = pc.cast(pc.if_else(scaled, bare, empty), pa.float64())
        values = pc.coalesce(values, pc.multiply(number, scale))
    return values
