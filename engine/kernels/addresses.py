"""Arrays at given addresses, inside compiled code: how one call works on the prices of many instruments.

Taking the arrays of one instrument apart at the border costs numba more time than simulating a few thousand
bars of it. A table of addresses is one array, however many instruments it names. Whoever passes addresses
keeps the arrays alive until the call is over; nothing is copied and nothing is checked.
"""

from __future__ import annotations

import ctypes

import numpy as np
from numba import int64, types
from numba.core import cgutils
from numba.extending import intrinsic, overload
from numba.np.arrayobj import make_array, populate_array

from engine.kernels.compile import kernel
from engine.kernels.types import SERIES, STAMPS, Prices

# numba's disk cache does not see the machine code below: whoever changes it raises this number.
VIEW_VERSION = 2

# Columns of a table of addresses: the fields of `Prices` in order.
OPEN, HIGH, LOW, CLOSE, VOLUME, TIME, SESSION = range(7)

TABLE = types.Array(types.float64, 2, "C", readonly=True)
FLAGS = types.Array(types.uint8, 2, "C", readonly=True)


def series_at(address, n):
    """Return the float64[n] at an address, read-only; the address may be of any contiguous array."""
    return _plain_view(address, n, np.float64)


def stamps_at(address, n):
    """Return the int64[n] at an address, read-only."""
    return _plain_view(address, n, np.int64)


def row_at(address, n):
    """Return the float64[1, n] at an address, read-only."""
    return _plain_view(address, n, np.float64).reshape(1, -1)


def pair_at(address, n):
    """Return the float64[2, n] at an address, read-only."""
    return _plain_view(address, 2 * int(n), np.float64).reshape(2, -1)


def flags_at(address, n):
    """Return the uint8[1, n] at an address, read-only."""
    return _plain_view(address, n, np.uint8).reshape(1, -1)


def _plain_view(address, n, kind):
    # What the five above do when nothing is compiled.
    size = int(n) * np.dtype(kind).itemsize
    view = np.frombuffer((ctypes.c_char * size).from_address(int(address)), kind)
    view.flags.writeable = False
    return view


def _compile_view(plain, result, rows=1):
    """Give a function above its machine code: an array structure without an owner."""

    def codegen(context, builder, _signature, given):
        address, n = given
        array = make_array(result)(context, builder)
        itemsize = context.get_constant(types.intp, result.dtype.bitwidth // 8)
        shape, strides = [n], [itemsize]
        if result.ndim == 2:
            shape = [context.get_constant(types.intp, rows), n]
            strides = [builder.mul(n, itemsize), itemsize]
        populate_array(
            array, data=builder.inttoptr(address, array.data.type), shape=cgutils.pack_array(builder, shape),
            strides=cgutils.pack_array(builder, strides), itemsize=itemsize, meminfo=None, parent=None,
        )  # fmt: skip
        return array._getvalue()  # noqa: SLF001  (numba's word for it)

    @intrinsic
    def view(_context, _address, _n):
        return result(int64, int64), codegen

    @overload(plain)
    def _implementation(_address, _n):
        return lambda _address, _n: view(_address, _n)  # noqa: PLW0108  (numba compiles a function)


_compile_view(series_at, SERIES)
_compile_view(stamps_at, STAMPS)
_compile_view(row_at, TABLE)
_compile_view(pair_at, TABLE, rows=2)
_compile_view(flags_at, FLAGS)


@kernel
def prices_at(row, n):
    """Return the `Prices` of one instrument from their addresses, int64[>= 7]."""
    assert VIEW_VERSION  # noqa: S101  (named here, so that a driver cached with older views is compiled again)
    return Prices(
        series_at(row[OPEN], n), series_at(row[HIGH], n), series_at(row[LOW], n), series_at(row[CLOSE], n),
        series_at(row[VOLUME], n), stamps_at(row[TIME], n), stamps_at(row[SESSION], n),
    )  # fmt: skip
