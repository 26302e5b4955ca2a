"""What candidates that were left out would have earned (rule 17)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.account import Account, Outcome
from engine.core.bars import FloatArray, IntArray
from engine.core.trade import REJECTED_DTYPE
from engine.kernels.terms import POINT, SLIP


def rejected_of(
    table: npt.NDArray[np.float64], account: Account, outcome: Outcome
) -> npt.NDArray[Any]:
    """Return the rejected candidates with what they missed.

    Parameters
    ----------
    table : float64[k, 6]
        As the simulator writes it, prices quoted.
    account : Account
    outcome : Outcome

    Returns
    -------
    structured array of `engine.core.trade.REJECTED_DTYPE`
        The missed trade runs from the price of the order that was not sent to the bar at which the order
        of the next changed target would be filled, or to the last close. Slippage is taken off on the way
        out, commissions are not: a yardstick, and no second simulation.
    """
    found = np.zeros(len(table), REJECTED_DTYPE)
    for column, name in enumerate(("asset", "decision_bar", "bar", "exposure", "filled", "price")):
        found[name] = table[:, column]
    n = outcome.equity.size
    assets = found["asset"]
    found["exit_bar"], raw = _exits(account, assets, found["decision_bar"], n)
    points, slips = (account.market.fees[assets, column] for column in (POINT, SLIP))
    side = np.sign(found["exposure"])
    price = raw / points * (1.0 - side * slips)
    found["missed_return"] = side * (price / found["price"] - 1.0)
    before = outcome.equity[np.maximum(found["bar"] - 1, 0)]
    value = np.abs(found["exposure"]) * before * (1.0 - found["filled"])
    found["missed_pnl"] = found["missed_return"] * value
    return found


def _exits(account: Account, assets: IntArray, decisions: IntArray, n: int) -> tuple[IntArray, FloatArray]:
    """Return the bars at which the next changed targets are filled, and the prices there."""
    targets = account.targets[:, :n]
    # All assets behind one another; each ends with a change, so that no search runs into the next one.
    changes = np.ones(targets.shape, np.bool_)
    changes[:, :-1] = targets[:, 1:] != targets[:, :-1]
    at = np.flatnonzero(changes)
    own = assets.astype(np.int64) * n
    bars = at[np.searchsorted(at, own + decisions)] - own + 2
    ends = bars >= n
    bars = np.where(ends, n - 1, bars)
    prices = np.where(ends, account.market.close[assets, bars], account.market.open[assets, bars])
    return bars, prices
