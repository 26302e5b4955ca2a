"""What candidates that were left out would have earned (rule 17)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.account import Account, Outcome
from engine.core.bars import FloatArray, IntArray
from engine.core.trade import REJECTED_DTYPE
from engine.kernels.terms import ALIVE, NEXT_OPEN, POINT, SLIP, THIS_CLOSE


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
        The missed trade runs from the price of the order that was not sent to the fill of the next changed
        target of that leg, at the price that `fill` says, or to the last close. Slippage is taken off on
        the way out, commissions are not: a yardstick, and no second simulation.
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
    """Return the bars at which the next changed targets are filled, and the prices there.

    All own bars of all assets stand behind one another; the last one of an asset counts as a change, so
    that no search runs into the next asset.
    """
    market, fill = account.market, account.terms.fill
    size, lag = account.targets.shape[1], 0 if fill == THIS_CLOSE else 1
    own: IntArray = np.arange(account.targets.size)
    if account.terms.has_gaps:
        own = np.flatnonzero(account.extra.alive.ravel() == ALIVE)
    own = own[own % size < n]
    targets, rows = account.targets.ravel()[own], own // size
    is_last = np.append(rows[1:] != rows[:-1], True)
    ends = np.flatnonzero(is_last | np.append(targets[1:] != targets[:-1], True))
    at = ends[np.searchsorted(ends, np.searchsorted(own, assets.astype(np.int64) * size + decisions))]
    filled = np.minimum(at + 1 + lag, own.size - 1)
    is_open = is_last[at] | (rows[filled] != assets)
    bars = np.where(is_open, n - 1, own[filled] % size)
    prices = market.open if fill == NEXT_OPEN else market.close
    return bars, np.where(is_open, market.close[assets, n - 1], prices[assets, bars])
