"""NR7: trade the way the price leaves the narrowest bar."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.narrow_range import narrow_range
from engine.strategies import Strategy, StrategyParams, param, rule


class Nr7(Strategy):
    """After a bar with the narrowest range of the last `window` bars, go with the close that leaves it.

    The narrow bar's high and low are the levels of the following bars, until there is a new narrow bar. A
    close above the upper level goes long, one below the lower level short; the position is held until the
    other side. A bar is judged by the levels of the bars before it, so a narrow bar that itself leaves
    older levels counts.

    Works when quiet days are followed by expansion in one direction, as around turning points and news.
    Fails when volatility stays low: the levels lie close together and each close turns the position.
    Costs weigh heavily for that reason: narrow bars are frequent, and a small window trades every few
    bars.

    References
    ----------
    T. Crabel, Day Trading with Short Term Price Patterns and Opening Range Breakout (1990).
    """

    title, family = "NR7", "breakout"

    class Params(StrategyParams):
        """Bars among which a range is the narrowest."""

        window: int = param(
            7, low=3, high=20, step=1, unit="bars", help="Bars among which the narrow bar is the narrowest"
        )

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return both levels of the last narrow bar."""
        upper, lower = narrow_range(p.window)
        return {"upper": upper, "lower": lower}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Compare with the levels known one bar earlier: a narrow bar cannot close beyond itself."""
        upper, lower = bank[rows[0]], bank[rows[1]]
        side = 0.0
        for t in range(bars.close.shape[0]):
            if t > 0:
                if bars.close[t] > upper[t - 1]:
                    side = 1.0
                elif bars.close[t] < lower[t - 1]:
                    side = -1.0
            target[t] = side
