"""Price grids: how many levels lie below a price."""

from __future__ import annotations

from engine.kernels.compile import kernel


@kernel
def grid_level(anchor, lower, step, k):
    """Return level ``k`` of a grid: ``lower + step * k`` times the anchor."""
    return anchor * (lower + step * k)


@kernel
def levels_below(price, anchor, lower, step, count, guess):
    """Return how many levels of a grid lie below a price, 0 to ``count`` + 1.

    Parameters
    ----------
    price, anchor : float
        Above 0.
    lower, step : float
        Lowest level and distance of the levels as multiples of the anchor, ``step > 0``.
    count : float
        Steps of the grid; it has one level more.
    guess : float
        A number of levels to start from, such as that of the bar before; 0 finds every answer.
    """
    below = guess
    while below <= count and price > grid_level(anchor, lower, step, below):
        below += 1.0
    while below > 0.0 and price <= grid_level(anchor, lower, step, below - 1.0):
        below -= 1.0
    return below
