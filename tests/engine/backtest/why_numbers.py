"""The numbers of an explanation worked out a second way: backwards from equity and positions, with plain loops.

Nothing of `engine.backtest.why*` is used here. Each function returns values by the names of the figures.
"""

from __future__ import annotations

import math

import numpy as np

from engine.core.trade import Reason

DECIDED = (Reason.SIGNAL, Reason.REBALANCE)
STOPS = (Reason.STOP_LOSS, Reason.TRAILING_STOP, Reason.BREAK_EVEN, Reason.TAKE_PROFIT)


def point_of(result, asset):
    return result.instruments[asset].instrument.multiplier


def own_at(result, asset, bar, *, before=False):
    """The leg's last bar at or before (or strictly before) a bar of the axis, by looking one by one."""
    time, leg = result.bars.time[bar], result.instruments[asset]
    found = -1
    for at in np.flatnonzero(leg.time < time if before else leg.time <= time)[-1:]:
        found = int(at)
    return found


def price(result, asset, bar, field):
    leg, own = result.instruments[asset], own_at(result, asset, bar)
    if own < 0:
        return 0.0
    return float(getattr(leg, field if leg.time[own] == result.bars.time[bar] else "close")[own])


def cash_after(result, bar):
    held = sum(
        result.holdings[asset, bar] * price(result, asset, bar, "close") * point_of(result, asset)
        for asset in range(len(result.instruments))
    )
    return result.equity[bar] - held


def before_order(result, row):
    """Cash and positions right before an order, from the close of its bar backwards."""
    bar = int(result.orders["fill_bar"][row])
    cash, held = cash_after(result, bar), result.holdings[:, bar].copy()
    for at in reversed(range(len(result.orders))):
        order = result.orders[at]
        if order["fill_bar"] != bar:
            continue
        asset = int(order["asset"])
        cash += order["quantity"] * order["price"] * point_of(result, asset) + order["commission"]
        held[asset] -= order["quantity"]
        if at == row:
            break
    return cash, held


def commission(result, asset, change, at):
    """Rule 8 for a quoted price."""
    costs = result.spec.symbol_costs.get(result.symbols[asset], result.spec.costs)
    size, value = abs(change), abs(change) * at * point_of(result, asset)
    if size == 0.0:
        return 0.0
    fee = costs.commission_fixed + costs.commission_per_unit * size + costs.commission_bps / 1e4 * value
    fee = max(fee, costs.commission_min)
    if costs.commission_max:
        fee = min(fee, costs.commission_max)
    if costs.commission_max_bps:
        fee = min(fee, costs.commission_max_bps / 1e4 * value)
    if change < 0:
        fee += costs.sell_fee_bps / 1e4 * value + costs.sell_fee_per_unit * size
    return fee


def lots(value, lot):
    return value if lot == 0 else math.copysign(math.floor(abs(value) / lot + 1e-9) * lot, value)


def size_numbers(result, row, *, first=None, at=None):
    """Rule 7 for one order; ``first`` is the first order decided on the same equity, ``at`` another price."""
    order, spec = result.orders[row], result.spec
    asset, decision, bar = int(order["asset"]), int(order["decision_bar"]), int(order["fill_bar"])
    point = point_of(result, asset)
    p = float(order["price"] if at is None else at) * point
    held = before_order(result, row)[1]
    cash, start = before_order(result, row if first is None else first)
    field = "open" if spec.execution.fill == "next_open" else "close"
    others = sum(
        start[one] * price(result, one, bar, field) * point_of(result, one)
        for one in range(len(start)) if one != asset
    )
    q = held[asset]
    equity = cash + q * p + others
    signal = np.atleast_2d(result.signals)[asset, decision]
    found = {
        "signal": signal, "cash": cash, "holding": q * p, "others": others, "equity": equity, "price": p / point,
        "multiplier": point, "held": q, "order": order["quantity"], "position": order["position"],
        "value": abs(order["position"]) * p, "share": abs(order["position"]) * p / equity,
        "lot": spec.execution.lot, "leverage": spec.execution.max_leverage,
    }  # fmt: skip
    limit, sizing = spec.execution.max_leverage, spec.sizing
    if sizing.name in ("fixed_cash", "fixed_units", "risk_per_trade"):
        if sizing.name == "fixed_cash":
            want = signal * sizing.amount / p
        elif sizing.name == "fixed_units":
            want = signal * sizing.units
        else:
            away = stop_away(result, asset, decision, p)
            want = signal * min(sizing.risk * equity / away, sizing.cap * equity / p)
            found |= {"risk": sizing.risk, "distance": away / point, "cap": sizing.cap}
        found |= {"amount": getattr(sizing, "amount", 0), "units": getattr(sizing, "units", 0)}
        most = limit * equity / p
        k = commission(result, asset, min(max(want, -most), most) - q, p / point)
        most = max(limit * (equity - k) / p, 0.0)
        found |= {"commission": k, "unrounded": want, "most": most}
        want = min(max(want, -most), most)
    else:
        full = 1.0
        if sizing.name == "fixed_fraction":
            full = found["fraction"] = sizing.fraction
        elif sizing.name == "volatility_target":
            full = found["gear"] = volatility_gear(result, asset, decision)
        elif sizing.name == "kelly":
            full = found["kelly"] = kelly(result, row)
        f = min(max(signal * full, -limit), limit)
        k = commission(result, asset, f * equity / p - q, p / point)
        want = f * (equity - k) / p
        found |= {"exposure": f, "commission": k, "unrounded": want}
    found["asked"] = lots(want, spec.execution.lot)
    return found


def stop_away(result, asset, decision, p):
    execution, point = result.spec.execution, point_of(result, asset)
    settings = [one for one in (execution.stop_loss, execution.trailing_stop) if one is not None]
    return min(distance(result, asset, decision, one, p / point) * point for one in settings)


def distance(result, asset, decision, setting, quoted):
    execution = result.spec.execution
    if execution.stop_unit == "amount":
        return setting
    if execution.stop_unit == "atr":
        return setting * wilder_atr(result.instruments[asset], execution.atr_length)[own_at(result, asset, decision)]
    return setting * quoted


def wilder_atr(bars, n):
    """Wilder's average true range: the first true range is left out, the mean of n seeds it."""
    reach = [math.nan]
    for t in range(1, len(bars)):
        before = bars.close[t - 1]
        reach.append(max(bars.high[t], before) - min(bars.low[t], before))
    out = [math.nan] * len(bars)
    out[n] = sum(reach[1 : n + 1]) / n
    for t in range(n + 1, len(bars)):
        out[t] = (out[t - 1] * (n - 1) + reach[t]) / n
    return out


def volatility_gear(result, asset, decision):
    sizing, leg = result.spec.sizing, result.instruments[asset]
    own = own_at(result, asset, decision)
    returns = [leg.close[t] / leg.close[t - 1] - 1.0 for t in range(1, own + 1)]
    fresh = 2.0 / (sizing.length + 1.0)
    variance = sum(one * one for one in returns[: sizing.length]) / sizing.length
    for one in returns[sizing.length :]:
        variance = (1.0 - fresh) * variance + fresh * one * one
    return min(sizing.target / math.sqrt(variance * result.spec.periods_per_year), sizing.cap)


def kelly(result, row):
    sizing, bar = result.spec.sizing, result.orders["fill_bar"][row]
    closed = [one for one in result.trades if not one["open"] and one["exit_bar"] < bar]
    if len(closed) < sizing.min_trades:
        return sizing.start
    gains = np.array([one["return"] for one in closed])
    edge = gains.mean() - sizing.z * gains.std(ddof=1) / math.sqrt(len(gains))
    return min(max(sizing.share * edge / gains.var(ddof=1), 0.0), sizing.cap)


def slip_numbers(result, row):
    """Slippage, half spread and impact per unit of one order."""
    order = result.orders[row]
    asset, raw = int(order["asset"]), float(order["raw_price"])
    costs, leg = result.spec.symbol_costs.get(result.symbols[asset], result.spec.costs), result.instruments[asset]
    if order["price"] == raw:
        return 0.0, 0.0, 0.0
    if order["reason"] in DECIDED:
        known = own_at(result, asset, int(order["decision_bar"]))
    else:
        known = max(own_at(result, asset, int(order["fill_bar"]), before=True), 0)
    slippage = raw * costs.slippage_bps / 1e4 + costs.slippage_ticks * leg.instrument.tick_size
    slippage += costs.slippage_range * (leg.high[known] - leg.low[known])
    volume = leg.volume[own_at(result, asset, int(order["fill_bar"]))]
    spread, units = raw * costs.spread_bps / 2e4 + costs.spread_amount / 2, order["quantity"]
    if costs.impact_bps and order["reason"] in DECIDED and order["position"] != 0.0:
        # Rule 6: the impact is that of the order as sized without it.
        side = 1 if order["quantity"] > 0 else -1
        bare = size_numbers(result, row, at=raw + side * (slippage + spread))
        units = bare["asked"] - bare["held"]
    part = min(abs(units) / volume, 1.0) if volume > 0 else 1.0
    return slippage, spread, raw * costs.impact_bps / 1e4 * math.sqrt(part)


def fill_numbers(result, row):
    order = result.orders[row]
    slippage, spread, impact = slip_numbers(result, row)
    point = point_of(result, int(order["asset"]))
    way = 1 if order["quantity"] > 0 else -1
    return {
        "raw_price": order["raw_price"], "slippage": slippage, "spread": spread, "impact": impact,
        "price": order["raw_price"] + way * (slippage + spread + impact), "quantity": abs(order["quantity"]),
        "value": abs(order["quantity"]) * order["price"] * point,
        "commission": commission(result, int(order["asset"]), order["quantity"], order["price"]),
    }  # fmt: skip


def find_order(result, trade, which):
    """The order of a trade's entry (the last that fits) or exit (the first)."""
    buys = (trade["side"] > 0) == (which == "entry")
    rows = list(enumerate(result.orders))
    for at, order in reversed(rows) if which == "entry" else rows:
        same = order["asset"] == trade["asset"] and order["fill_bar"] == trade[f"{which}_bar"]
        if same and order["price"] == trade[f"{which}_price"] and (order["quantity"] > 0) == buys:
            return at
    return -1


def cost_numbers(result, trade):
    asset, units, side = int(trade["asset"]), trade["quantity"], trade["side"]
    point = point_of(result, asset)
    rows = [find_order(result, trade, "entry")] + ([] if trade["open"] else [find_order(result, trade, "exit")])
    raws = [result.orders["raw_price"][row] for row in rows]
    out = raws[1] if len(raws) > 1 else trade["exit_price"]
    slips = np.sum([slip_numbers(result, row) for row in rows], axis=0) * units * point
    paid = [
        commission(result, asset, result.orders["quantity"][row], result.orders["price"][row]) * units
        / abs(result.orders["quantity"][row]) for row in rows
    ]  # fmt: skip
    borrow, financing = carried(result, trade)
    gross = side * units * (out - raws[0]) * point
    costs = {
        "slippage": slips[0], "spread": slips[1], "impact": slips[2], "commission_in": paid[0],
        "commission_out": paid[1] if len(paid) > 1 else 0.0, "borrow": borrow, "interest": financing - borrow,
    }  # fmt: skip
    net = gross - sum(costs.values())
    return {name: -value for name, value in costs.items()} | {
        "gross": gross, "net": net, "return": net / (units * trade["entry_price"] * point),
        "mae": worst(result, trade)[0], "mfe": worst(result, trade)[1],
    }  # fmt: skip


def carried(result, trade):
    """Borrow and all financing of a trade, bar by bar, from rates and cash (rule 15)."""
    if result.charges is None:
        return 0.0, 0.0
    asset, borrow, total = int(trade["asset"]), 0.0, 0.0
    costs = result.spec.symbol_costs.get(result.symbols[asset], result.spec.costs)
    for bar in range(int(trade["entry_bar"]) + 1, int(trade["exit_bar"]) + 1):
        days = (result.bars.time[bar] - result.bars.time[bar - 1]) / 86_400e9
        value = trade["quantity"] * price(result, asset, bar - 1, "close") * point_of(result, asset)
        if trade["side"] < 0:
            borrow += value * costs.borrow_rate / 365 * days
        gross = sum(
            abs(result.holdings[one, bar - 1]) * price(result, one, bar - 1, "close") * point_of(result, one)
            for one in range(len(result.instruments))
        )
        debt = max(-cash_after(result, bar - 1), 0.0) * result.spec.costs.margin_rate / 365 * days
        total += debt * value / gross
    return borrow, borrow + total


def worst(result, trade):
    """Largest moves against and in favour, up to the fill prices where the path inside a bar is not known."""
    asset, at_close = int(trade["asset"]), result.spec.execution.fill != "next_open"
    reason = Reason(int(trade["exit_reason"]))
    ends_at_close = reason in (Reason.LIQUIDATION, Reason.END) or (at_close and reason in DECIDED)
    prices = [trade["entry_price"], trade["exit_price"]]
    last = int(trade["exit_bar"]) + (1 if ends_at_close else 0)
    for bar in range(int(trade["entry_bar"]) + (1 if at_close else 0), last):
        prices += [price(result, asset, bar, "low"), price(result, asset, bar, "high")]
    moves = [one / trade["entry_price"] - 1 for one in (min(prices), max(prices))]
    return (moves[0], moves[1]) if trade["side"] > 0 else (-moves[1], -moves[0])


def level_numbers(result, row):
    """Levels of a position from the fill of the order that opened it."""
    order, execution = result.orders[row], result.spec.execution
    asset, side = int(order["asset"]), 1.0 if order["position"] > 0 else -1.0
    away = {
        name: distance(result, asset, int(order["decision_bar"]), getattr(execution, name), order["price"])
        for name in ("stop_loss", "take_profit", "trailing_stop", "break_even")
        if getattr(execution, name) is not None
    }
    return {
        "opened_at": order["price"], "stop": order["price"] - side * away.get("stop_loss", 0),
        "target": order["price"] + side * away.get("take_profit", 0), "trail": away.get("trailing_stop"),
        "even": order["price"] + side * away.get("break_even", 0), "time": execution.time_stop,
    }  # fmt: skip


def exit_numbers(result, trade):
    asset, bar = int(trade["asset"]), int(trade["exit_bar"])
    if trade["open"]:
        return {"mark": price(result, asset, bar, "close")}
    order, reason = result.orders[find_order(result, trade, "exit")], Reason(int(trade["exit_reason"]))
    line = np.atleast_2d(result.signals)[asset]
    decision = int(order["decision_bar"])
    found = {
        "exit_raw": order["raw_price"], "exit_price": order["price"],
        "exit_slip": sum(slip_numbers(result, find_order(result, trade, "exit"))),
        "target_before": line[decision - 1] if decision else 0.0, "target_after": line[decision],
        "held": own_at(result, asset, bar) - own_at(result, asset, int(trade["entry_bar"])),
    } | {name: price(result, asset, bar, name) for name in ("open", "high", "low")}
    if reason in STOPS:
        stop = math.nan if result.stops is None else result.stops[asset, bar]
        target = level_numbers(result, find_order(result, trade, "entry"))["target"]
        found["level"] = target if reason is Reason.TAKE_PROFIT else stop
    return found


def delay_numbers(result, trade):
    """The same units one own bar later, at the same kind of price."""
    asset, units, side = int(trade["asset"]), trade["quantity"], trade["side"]
    leg, point = result.instruments[asset], point_of(result, asset)
    entry = result.orders[find_order(result, trade, "entry")]
    own = own_at(result, asset, int(trade["entry_bar"])) + 1
    raw = (leg.open if result.spec.execution.fill == "next_open" else leg.close)[own]
    costs = result.spec.symbol_costs.get(result.symbols[asset], result.spec.costs)
    known = own_at(result, asset, int(entry["decision_bar"])) + 1
    worse = raw * (costs.slippage_bps + costs.spread_bps / 2) / 1e4 + costs.spread_amount / 2
    worse += costs.slippage_ticks * leg.instrument.tick_size
    worse += costs.slippage_range * (leg.high[known] - leg.low[known])
    if costs.impact_bps:
        part = min(abs(entry["quantity"]) / leg.volume[own], 1.0) if leg.volume[own] > 0 else 1.0
        worse += raw * costs.impact_bps / 1e4 * math.sqrt(part)
    late = raw + side * worse
    paid = commission(result, asset, side * abs(entry["quantity"]), late) * units / abs(entry["quantity"])
    slipped, out = units * worse * point, trade["exit_price"]
    if not trade["open"]:
        row = find_order(result, trade, "exit")
        order = result.orders[row]
        out = order["raw_price"]
        paid += commission(result, asset, order["quantity"], order["price"]) * units / abs(order["quantity"])
        slipped += units * sum(slip_numbers(result, row)) * point
    held = trade.copy()
    held["entry_bar"] = np.searchsorted(result.bars.time, leg.time[own])
    financing = carried(result, held)[1]
    gross = side * units * (out - raw) * point
    net = gross - paid - slipped - financing
    return {
        "delayed_raw": raw, "delayed_price": late, "delayed_gross": gross,
        "delayed_costs": -(paid + slipped + financing), "delayed_net": net, "difference": net - trade["pnl"],
    }  # fmt: skip
