"""News breakout: stop orders on both sides of the bar in which news is released."""

from __future__ import annotations

from typing import Any

from engine.core.bars import Bars
from engine.core.errors import InputError
from engine.indicators import Indicator
from engine.indicators.release import (
    EXCHANGE,
    known_zone,
    minute_of,
    release_levels,
    release_marks,
    release_source,
)
from engine.strategies import Levels, Strategy, StrategyParams, param, rule

LONGEST_BAR_S = 3_600


class NewsBreakout(Strategy):
    """Put stop orders at the high and low of the news bar, with target and stop in ticks.

    The news bar is the one that opens at `time` or holds it, on every day that has one. From its close on a
    stop to buy stands at its high and a stop to sell at its low, of which one cancels the other; with
    `use_color` only the one on the side to which the bar went. A bar without range places none. What is not
    filled `cancel_after` minutes after the news bar is cancelled. A position that its target or stop has not
    closed is closed at the last open before the next release; where the bars before that are missing, at the
    open after it, and the orders of its bar follow one bar later.

    Works when a scheduled release surprises and the price leaves the first bar's range for good, in liquid
    futures and currencies. Fails when both sides are swept before the move, and on days without a release,
    which the time of day alone does not tell. Costs decide: a target of some dozen ticks pays for two slipped
    fills, and slippage is largest in the minutes after news.

    References
    ----------
    T. Andersen, T. Bollerslev, F. Diebold, C. Vega, Micro Effects of Macro Announcements, American Economic
    Review 93(1), 2003.
    """

    title, family = "News breakout", "breakout"

    class Params(StrategyParams):
        """Time of the release, distances, and how long the orders stand."""

        time: str = param("08:30", help="Time of the release, such as 08:30")
        tz: str = param(
            EXCHANGE, title="Time zone",
            help="Zone of that time, such as America/New_York; exchange: that of the instrument",
        )
        tp_ticks: int = param(
            35, low=1, high=1_000, step=5, unit="ticks", title="Take profit",
            help="Distance of the target from the fill",
        )
        sl_ticks: int = param(
            25, low=1, high=1_000, step=5, unit="ticks", title="Stop loss",
            help="Distance of the stop from the fill",
        )
        use_color: bool = param(
            True, title="Bar's side only", help="Only the side to which the news bar went"
        )
        cancel_after: int = param(
            60, low=1, high=720, step=15, unit="min", help="Time after which unfilled orders are cancelled"
        )

        def model_post_init(self, context: Any) -> None:
            """Refuse what is no time of day or no time zone."""
            super().model_post_init(context)
            minute_of(self.time)
            if self.tz != EXCHANGE:
                known_zone(self.tz)

    def check(self, bars: Bars, p: Any) -> None:
        """Refuse bars longer than an hour, and an instrument without a tick size."""
        if bars.timeframe.seconds > LONGEST_BAR_S:
            raise InputError(
                f"the minutes after news do not show on bars of {bars.timeframe}",
                field="strategy.params.time", value=p.time, hint="Use bars of an hour or less",
            )  # fmt: skip
        if not bars.instrument.tick_size > 0.0:
            raise InputError(
                f"a target in ticks needs the tick size of {bars.symbol or 'the instrument'}",
                field="strategy.params.tp_ticks", value=p.tp_ticks, hint="Set data.instrument.tick_size",
            )  # fmt: skip

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the prices of both orders while they stand, and the marks of the release."""
        source = release_source(p.time, p.tz)
        long, short = release_levels(source, p.cancel_after, p.use_color)
        return {"long": long, "short": short, "release": release_marks(source)}

    def levels(self, bars: Bars, p: Any) -> Levels:
        """Return the orders at both lines, with target and stop in ticks."""
        tick = bars.instrument.tick_size
        return Levels(
            "long", "short", bars_alive=-(-(p.cancel_after * 60) // bars.timeframe.seconds),
            take_profit=p.tp_ticks * tick, stop_loss=p.sl_ticks * tick,
        )

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Ask for the bracket while its orders stand, and for what they filled until the next release."""
        long, short, release = bank[rows[0]], bank[rows[1]], bank[rows[2]]
        waits, held = False, False
        for t in range(bars.close.shape[0]):
            stands = long[t] > 0.0 or short[t] > 0.0  # comparisons with NaN are false
            if waits:
                held = bars.high[t] >= long[t - 1] or bars.low[t] <= short[t - 1]
                waits = stands and not held
            if waits or held:
                waits, held = waits and release[t] == 0.0, held and release[t] == 0.0
            else:
                waits = stands and release[t] != 2.0
            target[t] = 1.0 if waits or held else 0.0
