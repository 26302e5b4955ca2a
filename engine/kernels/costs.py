"""What an order costs: slipped price, impact, commission; and what holding costs: borrow and interest."""

from __future__ import annotations

import numpy as np

from engine.kernels.compile import account_kernel, loop_kernel
from engine.kernels.positions import CASH, FINANCED, FINANCING, QUANTITY
from engine.kernels.terms import (
    BORROW_PER_DAY,
    FEE_FIXED,
    FEE_MAX,
    FEE_MAX_RATE,
    FEE_MIN,
    FEE_PER_UNIT,
    FEE_RATE,
    IMPACT,
    SELL_PER_UNIT,
    SELL_RATE,
    SLIP,
    SLIP_AMOUNT,
    SLIP_RANGE,
)


@account_kernel
def slipped(raw, side, asset, known, market):
    """Return ``raw`` worsened for a buy (``side`` 1) or a sale (-1), before impact (rule 6).

    ``known`` is the bar whose range a slippage by range takes: one that was complete before the fill.
    """
    fees = market.fees
    price = raw * (1.0 + side * fees[asset, SLIP])
    if fees[asset, SLIP_AMOUNT] != 0.0 or fees[asset, SLIP_RANGE] != 0.0:
        reach = market.high[asset, known] - market.low[asset, known]
        price = max(price + side * (fees[asset, SLIP_AMOUNT] + fees[asset, SLIP_RANGE] * reach), 0.0)
    return price


@account_kernel
def impacted(price, raw, change, asset, bar, market, extra):
    """Return ``price`` after the square-root impact of an order of ``change`` signed units (rule 6)."""
    impact = market.fees[asset, IMPACT]
    if impact == 0.0 or change == 0.0:
        return price
    volume = extra.volume[asset, bar]
    part = min(abs(change) / volume, 1.0) if volume > 0.0 else 1.0
    side = 1.0 if change > 0.0 else -1.0
    return max(price + side * raw * impact * np.sqrt(part), 0.0)


@account_kernel
def commission_of(change, price, asset, market):
    """Return commission and fees of an order of ``change`` signed units at ``price`` (rule 8)."""
    if change == 0.0:
        return 0.0
    fees = market.fees
    size = abs(change)
    fee = fees[asset, FEE_FIXED] + fees[asset, FEE_PER_UNIT] * size + fees[asset, FEE_RATE] * size * price
    fee = max(fee, fees[asset, FEE_MIN])
    if fees[asset, FEE_MAX] > 0.0:
        fee = min(fee, fees[asset, FEE_MAX])
    if fees[asset, FEE_MAX_RATE] > 0.0:
        fee = min(fee, fees[asset, FEE_MAX_RATE] * size * price)
    if change < 0.0:
        fee += fees[asset, SELL_RATE] * size * price + fees[asset, SELL_PER_UNIT] * size
    return fee


@loop_kernel
def accrue(book, state, market, bar, terms, traces):
    """Charge borrow on shorts and interest on negative cash for the days up to this bar (rule 15).

    Interest on negative cash is shared among the held positions by their value.
    """
    days = market.days[bar]
    debt = max(-book[CASH], 0.0) * terms.margin_per_day * days
    gross = 0.0
    for asset in range(state.shape[0]):
        if state[asset, QUANTITY] != 0.0:
            gross += abs(state[asset, QUANTITY]) * market.close[asset, bar - 1]
    for asset in range(state.shape[0]):
        quantity = state[asset, QUANTITY]
        if quantity == 0.0:
            continue
        value = abs(quantity) * market.close[asset, bar - 1]
        charge = debt * value / gross
        if quantity < 0.0:
            charge += value * market.fees[asset, BORROW_PER_DAY] * days
        book[CASH] -= charge
        book[FINANCING] += charge
        state[asset, FINANCED] += charge / abs(quantity)
        if traces.charges.shape[1] > 1:
            traces.charges[asset, bar] = charge
