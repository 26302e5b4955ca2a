"""A series passed through as it is: a column of the data file, or a price."""

from __future__ import annotations

from engine.indicators import Indicator, indicator


@indicator(warmup=lambda _args: 0, pane="own")
def _column(prices, source, args, out):
    out[0, :] = source


def column(source: str) -> Indicator:
    """Declare a column of the data file (or a price series) as a line; missing values are NaN.

    Parameters
    ----------
    source : str
        Name of the column, known at the close of its bar.
    """
    return Indicator("column", source, ())
