"""TDI with time exit: averages of the RSI when volatility picks up, for a fixed number of bars."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.indicators import Indicator
from engine.indicators.channel import bollinger
from engine.indicators.spread import variance_step
from engine.indicators.traders_index import rsi_mean
from engine.indicators.volatility import atr
from engine.strategies import Strategy, StrategyParams, param, rule


class TdiTimeExit(Strategy):
    """Follow the faster average of the RSI when volatility picks up, and leave after a fixed time.

    The lines are the simple averages of Wilder's RSI over `fast` and `slow` bars. There is a long signal at
    a bar whose fast line is above the slow one when the ATR rises and the Bollinger bands of the close
    widen, each against the bar before; either of them is enough at a bar where the fast line crosses above
    the slow one and is not flat: it moved by more than `flat` points. Short signals are mirrored: fast line
    below, cross downward; ATR and bands as for a long.

    An entry is a signal that the bar before did not give. It is held until `hold` bars after its bar and
    then closed; an entry on the other side turns it. Signals in its own direction neither prolong it nor
    reopen it at the bar that closes it; a signal that has gone on since before needs a pause before it
    is an entry again. There is no signal before all lines are known at two bars. `bb_std` scales the bands
    that are drawn: whether they widen does not depend on it.

    Works when a burst of volatility carries a move on for about `hold` bars. Fails when the burst is the
    end of the move, and in quiet markets, where every flicker of the RSI counts. Costs matter: positions
    are short and turn often, so that spread and slippage are paid for moves of a few bars.

    References
    ----------
    D. Malone's Traders Dynamic Index (2006); J. Welles Wilder, New Concepts in Technical Trading Systems
    (1978).
    """

    title, family = "TDI with time exit", "trend"

    class Params(StrategyParams):
        """Lines of the RSI, volatility and holding time."""

        rsi: int = param(21, low=3, high=51, step=2, unit="bars", help="Wilder's relative strength index")
        fast: int = param(2, low=1, high=10, step=1, unit="bars", help="Fast average of the RSI")
        slow: int = param(7, low=2, high=30, step=1, unit="bars", help="Slow average of the RSI")
        flat: float = param(
            0.9, low=0.0, high=5.0, step=0.1, unit="points", help="Move of the fast line that is not flat"
        )
        bb: int = param(
            10, low=5, high=50, step=5, unit="bars", title="Bollinger length",
            help="Window of the Bollinger bands, which must widen",
        )  # fmt: skip
        bb_std: float = param(
            1.5, low=0.5, high=4.0, step=0.25, unit="deviations", title="Bollinger width",
            help="Distance of the drawn Bollinger bands; without influence on the signals",
        )  # fmt: skip
        atr: int = param(20, low=5, high=100, step=5, unit="bars", help="Average true range, which must rise")
        hold: int = param(10, low=1, high=100, step=1, unit="bars", help="Bars from entry to exit")
        constraint = "fast < slow"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return both lines, the average true range, and whether the bands widen."""
        return {
            "fast": rsi_mean("close", p.rsi, p.fast), "slow": rsi_mean("close", p.rsi, p.slow),
            "atr": atr(p.atr), "widening": variance_step("close", p.bb),
        }  # fmt: skip

    def drawn(self, p: Any) -> dict[str, Indicator]:
        """Return the bands."""
        upper, _, lower = bollinger("close", p.bb, p.bb_std)
        return {"upper": upper, "lower": lower}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Find the signals first, each from two bars alone; then hold. An unknown line gives no signal."""
        fast, slow, reach, widening = bank[rows[0]], bank[rows[1]], bank[rows[2]], bank[rows[3]]
        flat, hold, size = params[3], int(params[7]), bars.close.shape[0]
        signals = np.zeros(size, np.int8)
        for t in range(1, size):
            lead, lead_before = fast[t] - slow[t], fast[t - 1] - slow[t - 1]
            above, below = lead > 0.0, lead < 0.0
            crossed = (above & (lead_before <= 0.0)) | (below & (lead_before >= 0.0))
            steep = abs(fast[t] - fast[t - 1]) > flat
            rising, wider = reach[t] > reach[t - 1], widening[t] > 0.0
            known = not np.isnan(lead_before + reach[t - 1] + widening[t])
            strong = known & ((rising & wider) | (crossed & steep & (rising | wider)))
            signals[t] = 1 if strong & above else (-1 if strong & below else 0)
        side, was, end = 0, 0, -1
        for t in range(size):
            signal = signals[t]
            # At its last bar, too, a position is turned by the other side only.
            enters = (signal != 0) & (signal != was) & (signal != side)
            side = signal if enters else (0 if t == end else side)
            end = t + hold if enters else end
            was = signal
            target[t] = side
