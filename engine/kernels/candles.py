"""Loops that make other candles out of bars: Heikin Ashi's opens, Renko's bricks."""

from __future__ import annotations

import numpy as np

from engine.kernels.compile import kernel

# Rows of the matrix that `lay_bricks` fills.
OPEN, HIGH, LOW, CLOSE, VOLUME = range(5)
BRICK_ROWS = 5

# A move within this share of a brick of an edge has reached it: (100.3 - 100) / 0.1 is 2.9999999999999716.
_DUST = 1e-9


@kernel
def heikin_ashi_opens(open_, close, average, out):
    """Write the opens: half of open and close of the candle before; the first is half of its own bar's.

    Parameters
    ----------
    open_, close : float64[n]
        The bars' own prices.
    average : float64[n]
        Closes of the Heikin Ashi candles.
    out : float64[n]
    """
    for t in range(out.shape[0]):
        if t == 0:
            out[t] = (open_[t] + close[t]) / 2.0
        else:
            out[t] = (out[t - 1] + average[t - 1]) / 2.0


@kernel
def whole_bricks(move, size, beyond):
    """Return how many bricks a move makes: it must reach the edge, or pass it when ``beyond``."""
    if move <= 0.0:
        return 0
    count = np.ceil(move / size - _DUST) - 1.0 if beyond else np.floor(move / size + _DUST)
    # A number beyond the range of integers would come out as any number.
    return int(min(count, 1e15))


@kernel
def next_edge(edge, step, origin, fixed):
    """Return the edge one step further; equal bricks lie on one grid, whatever way led there."""
    if fixed:
        return origin + np.rint((edge + step - origin) / step) * step
    return edge + step


@kernel
def share_volume(bricks, first, last, volume):
    """Give bricks ``first`` to ``last`` - 1 equal parts of the volume."""
    for j in range(first, min(last, bricks.shape[1])):
        bricks[VOLUME, j] = volume / (last - first)


@kernel
def path_price(prices, t, leg):
    """Return the ``leg``-th price of the path that is assumed inside bar ``t``.

    Open, low, high, close in a bar that does not fall; open, high, low, close in one that falls.
    """
    falls = prices.close[t] < prices.open[t]
    if leg == 0:
        return prices.open[t]
    if leg == 3:
        return prices.close[t]
    return prices.high[t] if (leg == 1) == falls else prices.low[t]


@kernel
def lay_brick(bricks, known, m, edges, step, wick, t, origin, fixed):
    """Write brick ``m`` from the upper (or lower) edge on and move the edges.

    Parameters
    ----------
    bricks, known
        As in `lay_bricks`; nothing is written beyond their room.
    m, t : int
        Brick and bar.
    edges : float64[2]
        Lower and upper edge of the brick before.
    step : float
        Size with its sign, in price units.
    wick : float
        Lowest price (highest, for a falling brick) since the brick before.
    origin, fixed
        As in `lay_bricks`.
    """
    start = edges[1] if step > 0.0 else edges[0]
    end = next_edge(start, step, origin, fixed)
    if m < bricks.shape[1]:
        bricks[OPEN, m], bricks[CLOSE, m] = start, end
        bricks[HIGH, m] = end if step > 0.0 else max(start, wick)
        bricks[LOW, m] = min(start, wick) if step > 0.0 else end
        known[m] = t
    edges[0], edges[1] = min(start, end), max(start, end)


def lay_bricks(prices, sizes, start, size, origin, fixed, ranged, beyond, limit, bricks, known):
    """Lay Renko bricks and return how many there are.

    A brick rises from the upper edge of the one before, or falls from its lower edge: a reversal takes
    two bricks' move.

    Parameters
    ----------
    prices : Prices
    sizes : float64[n]
        Brick size known at each close, price units; not read with ``fixed``.
    start : int
        First bar that may make a brick.
    size : float
        Size of the first brick, above 0.
    origin : float
        Price at which the first brick begins.
    fixed : int
        1: edges lie at whole multiples of the size from ``origin``. 0: when a bar has made bricks, the next
        one is as large as ``sizes`` says at that bar; a size that is not above 0 leaves it as it was.
    ranged : int
        1: the path through open, low, high and close of each bar; 0: closes only, and no wicks.
    beyond : int
        1: a falling brick needs a price beyond its edge, not only at it.
    limit : int
        The count stops there.
    bricks : float64[5, room]
        Rows open, high, low, close, volume. Room 0 only counts.
    known : int64[room]
        Bar at whose close the brick is known.
    """
    n, m = prices.close.shape[0], 0
    edges = np.array([origin, origin])
    top, bottom, volume = origin, origin, 0.0
    for t in range(start, n):
        volume += prices.volume[t]
        before = m
        for leg in range(0 if ranged else 3, 4):
            price = path_price(prices, t, leg)
            top, bottom = max(top, price), min(bottom, price)
            rising = whole_bricks(price - edges[1], size, 0)
            falling = whole_bricks(edges[0] - price, size, beyond)
            if m + rising + falling > limit:
                return m + rising + falling
            for _ in range(rising):
                lay_brick(bricks, known, m, edges, size, bottom if ranged else edges[1], t, origin, fixed)
                # What was seen before a brick was complete is the wick of that brick alone.
                bottom = edges[1]
                m += 1
            for _ in range(falling):
                lay_brick(bricks, known, m, edges, -size, top if ranged else edges[0], t, origin, fixed)
                top = edges[0]
                m += 1
        if m > before:
            share_volume(bricks, before, m, volume)
            volume = 0.0
            if not fixed and sizes[t] > 0.0:
                size = sizes[t]
    return m
