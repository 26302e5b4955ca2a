"""Random numbers without a state: each is a function of a seed and a position.

The number of a bar does not depend on the bars before it, nor on threads or on the order of cells.
"""

from __future__ import annotations

from engine.kernels.compile import kernel

_BITS = 0xFFFFFFFF
# 30 bits each: the product with 32 bits fits into an int64.
_FIRST, _SECOND = 0x2C1B3C6D, 0x297A2D39
_OTHER = 0x9E3779B9


@kernel
def scatter(x):
    """Return a number of 32 bits (int64) that shows no trace of the order of its arguments.

    Parameters
    ----------
    x : int
        At least 0; its low 32 bits count. Distinct ones give distinct results.
    """
    x &= _BITS
    x = ((x ^ (x >> 15)) * _FIRST) & _BITS
    x = ((x ^ (x >> 12)) * _SECOND) & _BITS
    return x ^ (x >> 15)


@kernel
def uniform(seed, position):
    """Return the random number in [0, 1) of a seed and a position, both whole numbers of at least 0."""
    key = scatter(seed)
    # Two keys: with one alone the sequences of two seeds would be the same numbers in another order.
    return scatter(scatter(key ^ position) ^ scatter(key + _OTHER)) / 4294967296.0
