"""Close and average of completed longer bars, days or weeks, on the bars they are made of."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, indicator

_WEEK_DAYS = 7.0


@indicator(outputs=("close", "mean"), warmup=lambda args: int(args[1]) if args[0] > 0.0 else 0)
def _higher_trend(prices, source, args, out):
    closes, means, length = out[0], out[1], int(args[1])
    close, mean, complete, alpha = np.nan, np.nan, 0, 2.0 / (args[1] + 1.0)
    period = np.int64(0)
    for t in range(source.shape[0]):
        before = period
        # Weeks begin on Monday; 1970-01-01 was a Thursday.
        period = (prices.session[t] + 3) // 7 if args[0] == _WEEK_DAYS else prices.session[t]
        if t > 0 and period != before and args[0] > 0.0:
            close = source[t - 1]
            mean = close if complete == 0 else mean + alpha * (close - mean)
            complete += 1
        is_known = complete >= length
        closes[t], means[t] = (close, mean) if is_known else (np.nan, np.nan)


def higher_trend(days: Argument, length: Argument) -> tuple[Indicator, Indicator]:
    """Declare close and exponential average of completed days or weeks, as known at each bar.

    A longer bar is completed when a bar of the next session, or week, has appeared: its close is that of
    the last bar before. Nothing of the longer bar that is under way is read.

    Parameters
    ----------
    days : {0, 1, 7}
        Sessions, or calendar weeks that begin on Monday. 0 gives no value: NaN throughout.
    length : int
        Span of the average in longer bars, seeded with the first; both are known when so many are complete.

    Returns
    -------
    tuple of Indicator
        Last completed close, and the average of such closes.
    """
    args = (days, length)
    return Indicator("higher_trend", "close", args, 0), Indicator("higher_trend", "close", args, 1)
