"""What candidates that were left out would have earned (rule 17)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.account import Account, Outcome
from engine.core.bars import FloatArray
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
    for row in found:
        asset, side = row["asset"], np.sign(row["exposure"])
        row["exit_bar"], raw = _exit(account, int(asset), int(row["decision_bar"]), n)
        fees = account.market.fees[asset]
        price = raw / fees[POINT] * (1.0 - side * fees[SLIP])
        row["missed_return"] = side * (price / row["price"] - 1.0)
        value = abs(row["exposure"]) * outcome.equity[max(row["bar"] - 1, 0)] * (1.0 - row["filled"])
        row["missed_pnl"] = row["missed_return"] * value
    return found


def _exit(account: Account, asset: int, decision: int, n: int) -> tuple[int, float]:
    targets: FloatArray = account.targets[asset, decision:n]
    changed = np.flatnonzero(targets != targets[0])
    if changed.size and decision + changed[0] + 1 < n:
        bar = decision + int(changed[0]) + 1
        return bar, float(account.market.open[asset, bar])
    return n - 1, float(account.market.close[asset, n - 1])
