"""Arrow arrays to numpy by their buffers.

`numpy.asarray(array)`, `pyarrow.scalar` and what uses them import pandas on the way (half a second
of a cold start); these functions do not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_WIDTHS = {8: np.int8, 16: np.int16, 32: np.int32, 64: np.int64}


def is_valid(array: pa.Array) -> npt.NDArray[np.bool_]:
    """Return True where a value stands, bool[n]."""
    bits = array.buffers()[0]
    if bits is None or array.null_count == 0:
        return np.full(len(array), array.type != pa.null())
    return _unpack(bits, array.offset, len(array))


def as_bools(array: pa.BooleanArray) -> npt.NDArray[np.bool_]:
    """Return bool[n]; nulls are False."""
    bits = array.buffers()[1]
    if bits is None:
        return np.zeros(len(array), bool)
    return _unpack(bits, array.offset, len(array)) & is_valid(array)


def as_floats(array: pa.Array) -> npt.NDArray[np.float64]:
    """Return a new float64[n] of a float64 array; nulls are NaN."""
    values = _primitive(array, np.dtype(np.float64)).astype(np.float64)
    values[~is_valid(array)] = np.nan
    return values


def as_ints(array: pa.Array, missing: int = 0) -> npt.NDArray[np.int64]:
    """Return a new int64[n] of an integer or time array of any width; nulls are `missing`."""
    width = np.dtype(_WIDTHS[array.type.bit_width])
    if pa.types.is_unsigned_integer(array.type):
        width = np.dtype(f"u{width.itemsize}")
    values = _primitive(array, width).astype(np.int64)
    values[~is_valid(array)] = missing
    return values


def _primitive(array: pa.Array, dtype: np.dtype[np.generic]) -> npt.NDArray[np.generic]:
    values = np.frombuffer(array.buffers()[1] or b"", dtype)
    return values[array.offset : array.offset + len(array)]


def _unpack(bits: pa.Buffer, offset: int, length: int) -> npt.NDArray[np.bool_]:
    packed = np.frombuffer(bits, np.uint8)
    return np.unpackbits(packed, count=offset + length, bitorder="little")[offset:].astype(bool)
