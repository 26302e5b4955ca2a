"""Random entry: the null model that a strategy must beat."""

from __future__ import annotations

from typing import Any, Literal

from engine.indicators import Indicator
from engine.indicators.chance import draws
from engine.strategies import Strategy, StrategyParams, param, rule


class RandomEntry(Strategy):
    """Enter and leave by chance, with a given share of time in the market and a given mean holding time.

    A position is left at each bar with the chance 1 / `hold`; it is held for `hold` bars on average. Flat
    bars follow: `hold` x (1 - `exposure`) / `exposure` on average, so that the share of bars with a
    position is `exposure` on average, from the first bar on. Where that mean gap is below one bar, some
    exits are followed by an entry at the same bar instead: with both sides allowed it turns the position,
    with one side allowed it lengthens it. Each side is equally likely when both are allowed. The price is
    not looked at.

    Works as a yardstick: many seeds give the distribution that a result of the same exposure, holding time
    and side has to be compared with. Fails, and never wins, by skill: its mean result is the drift of the
    market times the side, less costs. Costs are its whole mean result when both sides are allowed; trades per
    bar are `exposure` / `hold`.

    Notes
    -----
    The random numbers are a function of seed and bar (`engine.kernels.chance`): the same on every machine,
    and unchanged by later bars. Bars are counted from the first bar of the data.

    References
    ----------
    D. Aronson, Evidence-Based Technical Analysis (2006), on null models of trading rules.
    """

    title, family = "Random entry", "baseline"

    class Params(StrategyParams):
        """Seed, exposure, holding time and side."""

        seed: int = param(1, low=1, high=1000, step=1, help="Another seed is another sequence of entries")
        exposure: float = param(0.5, low=0.1, high=1.0, step=0.1, help="Share of the bars with a position")
        hold: int = param(10, low=1, high=100, step=1, unit="bars", help="Mean holding time")
        side: Literal["both", "long", "short"] = param(
            "both", help="Sides that are entered; both are equally likely"
        )

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the two random numbers of each bar: whether something changes, and to what."""
        event, fate = draws(p.seed)
        return {"event": event, "fate": fate}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Compare the numbers of each bar with the chances."""
        events, fates = bank[rows[0]], bank[rows[1]]
        exposure, hold, sides = params[1], params[2], params[3]
        gap = hold * (1.0 - exposure) / exposure
        enter, pause = (1.0 if gap <= 1.0 else 1.0 / gap), min(1.0, gap)
        side = 0.0
        for t in range(bars.close.shape[0]):
            event, fate = events[t], fates[t]
            chosen = 1.0 if sides == 1.0 or (sides == 0.0 and fate < 0.5) else -1.0
            if side != 0.0:
                if event < 1.0 / hold:
                    # A new entry of the same side would not be seen: with both sides allowed it turns.
                    turned = -side if sides == 0.0 else side
                    side = 0.0 if fate < pause else turned
            # As if it had begun long ago: the first bar has a position with the chance of any bar.
            elif event < (exposure if t == 0 else enter):
                side = chosen
            target[t] = side
