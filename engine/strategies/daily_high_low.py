"""Daily high and low: with or against a close beyond the previous session's extremes."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.session import previous_session
from engine.strategies import Strategy, StrategyParams, param, rule


class DailyHighLow(Strategy):
    """Trade the close that crosses the previous session's high or low; leave after some sessions.

    A close crosses a level when it lies beyond it and the close before did not; both are compared with
    the level of the current session. With the break by default, against it with `reversal`. A position
    ends on the first bar of the session `hold_days` after the entry's, or turns on a break that asks for
    the other side. Further breaks that ask for the same side neither prolong it nor enter again on the
    bar that ends it.

    Works with the break when sessions trend and news arrives overnight; against it in quiet markets,
    where extremes of yesterday are tested and given back. Fails in the other kind of market. Costs
    weigh: breaks happen every few sessions, and the gain of one is of the size of a session's range.

    References
    ----------
    L. Williams, Long-Term Secrets to Short-Term Trading (1999); L. Raschke, L. Connors, Street Smarts (1995).
    """

    title, family = "Daily high and low", "breakout"

    class Params(StrategyParams):
        """Direction and holding time."""

        reversal: bool = param(False, help="Trade against the break instead of with it")
        hold_days: int = param(
            5, low=1, high=60, step=1, unit="sessions", help="Sessions from entry to exit"
        )

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the previous session's high and low."""
        upper, lower = previous_session()
        return {"upper": upper, "lower": lower}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Count sessions since the entry; comparisons with NaN keep the first session flat."""
        upper, lower = bank[rows[0]], bank[rows[1]]
        sign = -1.0 if params[0] > 0.0 else 1.0
        side, held = 0.0, 0.0
        for t in range(bars.close.shape[0]):
            ended = 0.0
            if t > 0 and bars.session[t] != bars.session[t - 1]:
                held += 1.0
                if held >= params[1]:
                    ended, side = side, 0.0
            asked = 0.0
            if t > 0:
                close, before = bars.close[t], bars.close[t - 1]
                if close > upper[t] and before <= upper[t]:
                    asked = sign
                elif close < lower[t] and before >= lower[t]:
                    asked = -sign
            if asked not in (0.0, side, ended):
                side, held = asked, 0.0
            target[t] = side
