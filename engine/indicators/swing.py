"""Triggers of five-bar swings: the price whose break says that a run of lows or highs is over."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, indicator
from engine.kernels.compile import kernel

# Bars on each side of a swing that it must stand out from; a swing is known that many bars later.
WING = 2


@kernel
def is_swing(edge, s, sign, trend):
    """Return whether bar ``s`` is a swing after a trend.

    Parameters
    ----------
    edge : float64[n]
        Lows, or highs.
    s : int
        Bar; the `WING` bars after it must be there.
    sign : float
        1 looks for the lowest of five after falling values, -1 for the highest after rising ones.
    trend : int
        Bars up to ``s`` that must each lie beyond the one before.
    """
    if s < max(trend, WING):
        return False
    for i in range(s - trend, s):
        if not sign * edge[i] > sign * edge[i + 1]:
            return False
    for i in range(1, WING + 1):
        if not (sign * edge[s - i] > sign * edge[s] and sign * edge[s + i] > sign * edge[s]):
            return False
    return True


@kernel
def arm_triggers(edge, trigger, close, sign, trend, out):
    """Write the trigger in force at each close, NaN while there is none.

    Parameters
    ----------
    edge, sign, trend
        As in `is_swing`.
    trigger : float64[n]
        The opposite edges: a swing low is confirmed by a close above that bar's high.
    close, out : float64[n]
    """
    level, end = np.nan, np.nan
    for t in range(close.shape[0]):
        if is_swing(edge, t - WING, sign, trend):
            level, end = trigger[t - WING], edge[t - WING]
        out[t] = level
        # Taken out, or the swing itself was broken: the next bar has no trigger.
        if sign * close[t] > sign * level or sign * close[t] < sign * end:
            level, end = np.nan, np.nan


@indicator(outputs=("upper", "lower"), warmup=lambda args: int(max(args[0], WING)) + WING)
def _swing_triggers(prices, source, args, out):
    arm_triggers(prices.low, prices.high, prices.close, 1.0, int(args[0]), out[0])
    arm_triggers(prices.high, prices.low, prices.close, -1.0, int(args[0]), out[1])


def swing_triggers(trend: Argument) -> tuple[Indicator, Indicator]:
    """Declare the triggers of five-bar swings, each as it is in force at a bar's close.

    A swing low is a bar whose low is below those of the two bars before and the two bars after it, known
    two bars later; its trigger is that bar's high. Swing highs are mirrored. A trigger is in force until a
    close takes it out (that bar still has it), a close beyond the swing ends it, or a newer swing takes
    its place.

    Parameters
    ----------
    trend : int
        Bars up to the swing that must each have a lower low (a higher high) than the bar before.

    Returns
    -------
    tuple of Indicator
        Upper line, triggers of swing lows, and lower line, triggers of swing highs; NaN while none is in
        force, and not before bar max(trend, 2) + 2.

    References
    ----------
    B. Williams, Trading Chaos (1995), for the five-bar fractal.
    """
    lines = (Indicator("swing_triggers", "close", (trend,), output) for output in range(2))
    return next(lines), next(lines)
