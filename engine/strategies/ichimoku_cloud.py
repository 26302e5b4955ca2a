"""Ichimoku cloud: on the side of the cloud when price, cloud ahead and momentum agree."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.ichimoku import ichimoku_ahead, middle_of_range
from engine.indicators.ichimoku import ichimoku_cloud as cloud
from engine.strategies import Strategy, StrategyParams, param, rule


class IchimokuCloud(Strategy):
    """Long above the cloud with a bullish cloud ahead and a rising close; short mirrored.

    Long when the close is above both spans of the cloud drawn `displacement` bars ago for now, span A of
    the cloud ahead is above its span B, and the close is above the close `displacement` bars ago (the
    lagging span, read without looking forward). The long ends when the close lies inside the cloud, on
    its edge, or has passed through it; a new one needs all three again. Shorts are mirrored.

    Works in long trends with shallow corrections. Fails in ranges: the cloud is thin there, the price
    passes it often, and lengths of weeks enter late. Costs matter little on daily bars, with a few trades
    a year, and more on intraday bars, where a thin cloud is crossed often.

    References
    ----------
    G. Hosoda (1969); N. Péloille, Trading with Ichimoku (2017).
    """

    title, family = "Ichimoku cloud", "breakout"

    class Params(StrategyParams):
        """Ranges of the lines and the displacement."""

        tenkan: int = param(9, low=5, high=30, step=1, unit="bars", help="Range of the conversion line")
        kijun: int = param(26, low=10, high=100, step=4, unit="bars", help="Range of the base line")
        senkou_b: int = param(52, low=20, high=200, step=4, unit="bars", help="Range of the slow span")
        displacement: int = param(
            26, low=5, high=100, step=1, unit="bars", help="Bars that the cloud is drawn ahead"
        )
        constraint = "tenkan < kijun and kijun < senkou_b"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return Tenkan, Kijun and span B where they are made: the clouds of a sweep share them."""
        return {
            "tenkan": middle_of_range(p.tenkan), "kijun": middle_of_range(p.kijun),
            "span_b": middle_of_range(p.senkou_b),
        }  # fmt: skip

    def drawn(self, p: Any) -> dict[str, Indicator]:
        """Return the cloud for now and the cloud ahead."""
        now_a, now_b = cloud(p.tenkan, p.kijun, p.senkou_b, p.displacement)
        ahead_a, ahead_b = ichimoku_ahead(p.tenkan, p.kijun, p.senkou_b)
        return {"cloud_a": now_a, "cloud_b": now_b, "ahead_a": ahead_a, "ahead_b": ahead_b}

    def warmup(self, p: Any) -> int:
        """Return the bars before the first cloud has come."""
        return super().warmup(p) + int(p.displacement)

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Leave with the cloud, enter with all three conditions."""
        tenkan, kijun, span_b = bank[rows[0]], bank[rows[1]], bank[rows[2]]
        shift, side = int(params[3]), 0.0
        target[:shift] = 0.0
        for t in range(shift, bars.close.shape[0]):
            # Spans are drawn `shift` bars ahead; comparisons with NaN keep the first bars flat.
            close, made = bars.close[t], t - shift
            now_a, now_b = 0.5 * (tenkan[made] + kijun[made]), span_b[made]
            ahead_a = 0.5 * (tenkan[t] + kijun[t])
            above = (close > now_a) & (close > now_b)
            below = (close < now_a) & (close < now_b)
            if (side > 0.0 and not above) or (side < 0.0 and not below):
                side = 0.0
            if above and ahead_a > span_b[t] and close > bars.close[made]:
                side = 1.0
            elif below and ahead_a < span_b[t] and close < bars.close[made]:
                side = -1.0
            target[t] = side
