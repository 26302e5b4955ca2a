"""Intermarket z-score: against a close, or a ratio to another market, that is far from its mean."""

from __future__ import annotations

from typing import Any

from engine.core.bars import Bars
from engine.core.errors import InputError, nearest
from engine.indicators import Indicator
from engine.indicators.bank import SOURCES
from engine.indicators.oscillator import ratio_zscore, zscore
from engine.strategies import Strategy, StrategyParams, param, rule


class IntermarketZscore(Strategy):
    """Buy a market that is cheap beside its own past or beside another market, sell it when it is dear.

    The z-score is that of the close, or of the close divided by the column `reference`, against its mean of
    the last `length` bars (population deviation). Long below -`threshold`, short above `threshold`, flat
    when the z-score crosses zero; the position then stays closed until the score is beyond the threshold
    again. The reference is a column of the data file, known at the close of its bar, or the symbol of another
    loaded instrument: its last close at or before each bar's close, and none when that is over 10 days old.
    Such an instrument is read and not traded, unless the spec's ``strategy.symbols`` name it. Bars of which
    the z-score is not known, because the reference has no value in its window, change nothing.

    Works for two markets that one cause moves, such as a metal and its miners.

    Fails when they part for good, or, without a reference, in every long trend; there is no stop. The
    position is in the traded market only: the reference is not hedged.

    Costs matter little on daily bars, with a trade every few weeks, and a lot intraday, where the distance
    from the mean is small.

    References
    ----------
    J. J. Murphy, Intermarket Analysis (2004), for the relations; STRATEGIES.md of this project for the
    rule.
    """

    title, family = "Intermarket z-score", "reversal"

    class Params(StrategyParams):
        """Window, threshold and the other market."""

        length: int = param(20, low=5, high=200, step=5, unit="bars", help="Window of mean and deviation")
        threshold: float = param(
            2.0, low=0.5, high=3.5, step=0.25, unit="deviations",
            help="Distance from the mean that is traded against",
        )
        reference: str = param(
            "", help="Symbol or column to divide the close by; empty for the close alone"
        )

    checked = ("reference",)

    def check(self, bars: Bars, p: Any) -> None:
        """Refuse a reference that is neither a loaded instrument nor a column.

        Raises
        ------
        InputError
            Names the columns there are.
        """
        if p.reference in ("", *SOURCES, *bars.columns):
            return
        guess = nearest(p.reference, bars.columns)
        hint = f"{guess} " if guess.startswith("Did") else ""
        raise InputError(
            f"no column '{p.reference}' in the data of {bars.symbol or 'this instrument'}, and no other "
            "instrument of that symbol is loaded", field="strategy.params.reference", value=p.reference,
            hint=f"{hint}Load that instrument too. Columns there: {', '.join(bars.columns) or 'none'}",
        )  # fmt: skip

    def references(self, p: Any) -> tuple[str, ...]:
        """Return the other market, unless it is a column."""
        return (p.reference,) if p.reference else ()

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the z-score of the close or of the ratio."""
        if p.reference:  # text, the same in all cells of a sweep that share a bank
            return {"zscore": ratio_zscore(p.reference, p.length)}
        return {"zscore": zscore("close", p.length)}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Enter beyond the threshold, leave on the other side of the mean; a NaN changes nothing."""
        scores, threshold = bank[rows[0]], params[1]
        side = 0.0
        for t in range(bars.close.shape[0]):
            score = scores[t]
            if score < -threshold:
                side = 1.0
            elif score > threshold:
                side = -1.0
            elif side * score > 0.0:
                side = 0.0
            target[t] = side
