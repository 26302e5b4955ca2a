"""What an order costs, from rules 6 and 8, slow and plain."""

import math


def commission(costs, change, price, multiplier):
    """Fees of an order of ``change`` units (signed) at the slipped price."""
    if change == 0:
        return 0.0
    units, value = abs(change), abs(change) * price * multiplier
    fee = costs.commission_fixed + costs.commission_per_unit * units + costs.commission_bps / 10_000 * value
    fee = max(fee, costs.commission_min)
    if costs.commission_max:
        fee = min(fee, costs.commission_max)
    if costs.commission_max_bps:
        fee = min(fee, costs.commission_max_bps / 10_000 * value)
    if change < 0:
        fee += costs.sell_fee_bps / 10_000 * value + costs.sell_fee_per_unit * units
    return fee


def slipped(costs, raw, side, *, tick, width, share=0.0):
    """The fill price of a buy (side 1) or sale (side -1) at ``raw``.

    ``width`` is high - low of the bar that decided, ``share`` the order's part of the fill bar's volume.
    """
    worse = raw * (costs.slippage_bps + costs.spread_bps / 2) / 10_000
    worse += costs.slippage_ticks * tick + costs.spread_amount / 2 + costs.slippage_range * width
    worse += raw * costs.impact_bps / 10_000 * math.sqrt(min(1.0, share))
    return raw + side * worse


def share_of(change, volume):
    """Part of the bar's volume that an order is; a bar without volume counts as taken whole."""
    return abs(change) / volume if volume > 0 else (1.0 if change else 0.0)
