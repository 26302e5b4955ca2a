"""Lines from sessions: the previous session's high and low."""

from __future__ import annotations

import numpy as np

from engine.indicators import Indicator, indicator


@indicator(outputs=("upper", "lower"), warmup=lambda _args: 1)
def _previous_session(prices, source, args, out):
    upper, lower = np.nan, np.nan
    high, low = np.nan, np.nan
    for t in range(source.shape[0]):
        if t == 0 or prices.session[t] != prices.session[t - 1]:
            upper, lower = high, low
            high, low = prices.high[t], prices.low[t]
        else:
            high, low = max(high, prices.high[t]), min(low, prices.low[t])
        out[0, t], out[1, t] = upper, lower


def previous_session() -> tuple[Indicator, Indicator]:
    """Declare the high and low of the last completed session; on daily bars those of the bar before.

    Returns
    -------
    tuple of Indicator
        Upper and lower line; NaN during the first session of the data.
    """
    return Indicator("previous_session", "close", (), 0), Indicator("previous_session", "close", (), 1)
