"""MACD reversal: on the side of the MACD towards its signal, out when it crosses zero."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.oscillator import macd
from engine.strategies import Strategy, StrategyParams, param, rule


class MacdReversal(Strategy):
    """Take the first turn of momentum, and be out once the turn is done.

    Long while the MACD is above its signal, short while it is below. When the MACD crosses zero the
    position is closed and stays closed until MACD and signal cross the next time. A signal cross at the bar
    of the zero cross is such a cross: it opens the other side.

    Works when prices swing from one side of their average to the other. Fails in a strong trend: it leaves
    at the zero line, early, and then trades against the trend at every pause. Costs: the signal is crossed
    often, several times as often as zero; with short spans costs eat most of the gain.

    References
    ----------
    G. Appel, The Moving Average Convergence-Divergence Trading Method (1979).
    """

    title, family = "MACD reversal", "reversal"

    class Params(StrategyParams):
        """Spans of the averages."""

        fast: int = param(12, low=5, high=30, step=1, unit="bars", help="Span of the fast average")
        slow: int = param(26, low=20, high=100, step=2, unit="bars", help="Span of the slow average")
        signal: int = param(9, low=5, high=20, step=1, unit="bars", help="Span of the MACD's own average")
        constraint = "fast < slow"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the MACD and its signal."""
        line, signal, _ = macd("close", p.fast, p.slow, p.signal)
        return {"macd": line, "signal": signal}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Turn at every cross of the signal, leave at a cross of zero."""
        line, signal = bank[rows[0]], bank[rows[1]]
        held, lead_before, side_before = 0.0, 0.0, 0.0
        for t in range(bars.close.shape[0]):
            lead = 1.0 if line[t] > signal[t] else (-1.0 if line[t] < signal[t] else 0.0)
            side = 1.0 if line[t] > 0.0 else (-1.0 if line[t] < 0.0 else 0.0)
            # At the first bar with a MACD nothing is crossed, but that bar enters below.
            crosses_zero = (side != 0.0) & (side != side_before)
            held = lead if lead != lead_before else (0.0 if crosses_zero else held)
            lead_before, side_before = lead, side
            target[t] = held
