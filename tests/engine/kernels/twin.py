"""The rules of docs/method.md once more, slow and plain: one bar at a time, no shared code with the kernel."""

import datetime as dt
import math
from dataclasses import dataclass, field

DUST = 1e-12  # share of a position that is rounding and not a quantity


@dataclass
class Lot:
    quantity: float
    raw: float
    price: float
    fee: float
    bar: int
    financed: float = 0.0


@dataclass
class Twin:
    """One account trading one instrument."""

    bars: object
    targets: list
    spec: object
    cash: float = 0.0
    quantity: float = 0.0
    lots: list = field(default_factory=list)
    trades: list = field(default_factory=list)
    orders: list = field(default_factory=list)
    equity: list = field(default_factory=list)
    unsent: int = 0
    acted: float = 0.0
    blocked: bool = False
    lifts: bool = False  # a stop left it blocked for one order only, the one decided before
    entry_bar: int = -1
    stop: float = math.nan
    target: float = math.nan
    trail: float = math.nan
    best: float = math.nan

    def fee_of(self, change, price):
        costs = self.spec.costs
        if change == 0:
            return 0.0
        fee = costs.commission_fixed + costs.commission_per_unit * abs(change)
        fee += costs.commission_bps / 10_000 * abs(change) * price
        fee = max(fee, costs.commission_min)
        return min(fee, costs.commission_max) if costs.commission_max else fee

    def whole(self, quantity):
        lot = self.spec.execution.lot
        if not lot:
            return quantity
        return math.copysign(math.floor(abs(quantity) / lot + 1e-9) * lot, quantity)

    def bring_to(self, signal, raw, bar, decided, reason):
        limit = self.spec.execution.max_leverage
        exposure = max(-limit, min(limit, signal * self.spec.sizing.fraction))
        slip = (self.spec.costs.slippage_bps + self.spec.costs.spread_bps / 2) / 10_000
        side = 1 if exposure * (self.cash + self.quantity * raw) > self.quantity * raw else -1
        price = raw * (1 + side * slip)
        equity = self.cash + self.quantity * price
        want = 0.0
        if equity > 0:
            want = exposure * equity / price
            if abs(want - self.quantity) <= DUST * abs(self.quantity):
                return
            fee = self.fee_of(want - self.quantity, price)
            want = exposure * (equity - fee) / price if equity > fee else 0.0
        want = self.whole(want)
        change = want - self.quantity
        if change == 0 or (change > 0) != (side > 0):
            return
        execution = self.spec.execution
        if abs(change) < execution.min_quantity or abs(change) * price < execution.min_notional:
            self.unsent += 1
            return
        before = self.quantity
        self.fill(want, raw, price, bar, decided, reason)
        if want != 0 and want * before <= 0:
            self.arm(price, bar)

    def arm(self, price, bar):
        execution, side = self.spec.execution, math.copysign(1, self.quantity)
        unit = price if execution.stop_unit == "fraction" else 1.0
        off = math.inf
        self.entry_bar, self.best = bar, price
        self.stop = price - side * (off if execution.stop_loss is None else execution.stop_loss * unit)
        self.target = price + side * (off if execution.take_profit is None else execution.take_profit * unit)
        self.trail = off if execution.trailing_stop is None else execution.trailing_stop * unit

    def fill(self, want, raw, price, bar, decided, reason):
        change = want - self.quantity
        fee = self.fee_of(change, price)
        self.cash -= change * price + fee
        self.orders.append((reason, decided, bar, change, price, fee, abs(change) * abs(price - raw)))
        per_unit = fee / abs(change)
        opened = abs(change)
        if want * self.quantity <= 0:
            while self.lots:
                self.settle(self.lots[0], self.lots[0].quantity, raw, price, per_unit, bar, reason)
                self.lots.pop(0)
            opened = abs(want)
        elif abs(want) < abs(self.quantity):
            rest, opened, dust = abs(change), 0.0, DUST * abs(self.quantity)
            while rest > dust and self.lots:
                oldest = self.lots[0]
                if oldest.quantity - rest > dust:
                    self.settle(oldest, rest, raw, price, per_unit, bar, reason)
                    oldest.quantity -= rest
                    break
                self.settle(oldest, oldest.quantity, raw, price, per_unit, bar, reason)
                rest -= oldest.quantity
                self.lots.pop(0)
        if opened:
            self.lots.append(Lot(opened, raw, price, per_unit, bar))
        self.quantity = want

    def settle(self, lot, part, raw, price, fee, bar, reason):
        side = math.copysign(1, self.quantity)
        gross = side * part * (raw - lot.raw)
        slippage = part * (abs(price - raw) + abs(lot.price - lot.raw))
        commission = part * (fee + lot.fee)
        financing = part * lot.financed
        self.trades.append(
            {"side": side, "quantity": part, "entry_bar": lot.bar, "exit_bar": bar, "reason": reason,
             "entry_price": lot.price, "exit_price": price, "gross": gross, "commission": commission,
             "slippage": slippage, "financing": financing,
             "pnl": gross - slippage - commission - financing}
        )  # fmt: skip

    def accrue(self, bar):
        costs = self.spec.costs
        days = (int(self.bars.time[bar]) - int(self.bars.time[bar - 1])) / 86_400e9
        value = abs(self.quantity) * self.bars.close[bar - 1]
        charge = max(-self.cash, 0.0) * costs.margin_rate / 365 * days
        if self.quantity < 0:
            charge += value * costs.borrow_rate / 365 * days
        if self.quantity != 0:
            self.cash -= charge
            for lot in self.lots:
                lot.financed += charge / abs(self.quantity)

    def leave(self, raw, slip, bar, reason):
        price = raw * (1 - math.copysign(1, self.quantity) * slip)
        self.fill(0.0, raw, price, bar, bar, reason)
        execution = self.spec.execution
        self.lifts = execution.reentry == "allowed" and execution.fill == "next_close"
        self.blocked = self.lifts or execution.reentry != "allowed"
        if not self.blocked:
            self.acted = 0.0

    def watch(self, bar):
        execution, bars = self.spec.execution, self.bars
        slip = (self.spec.costs.slippage_bps + self.spec.costs.spread_bps / 2) / 10_000
        if execution.time_stop and bar - self.entry_bar >= execution.time_stop:
            self.leave(bars.open[bar], slip, bar, "time_stop")
            return
        open_, high, low = bars.open[bar], bars.high[bar], bars.low[bar]
        if self.quantity > 0:
            self.best = max(self.best, open_)
            stop, reason = self.stop, "stop_loss"
            if self.best - self.trail > stop:
                stop, reason = self.best - self.trail, "trailing_stop"
            if open_ <= stop:
                self.leave(open_, slip, bar, reason)
            elif open_ >= self.target:
                self.leave(open_, 0.0, bar, "take_profit")
            elif low <= stop:
                self.leave(stop, slip, bar, reason)
            elif high >= self.target:
                self.leave(self.target, 0.0, bar, "take_profit")
            else:
                self.best = max(self.best, high)
        else:
            self.best = min(self.best, open_)
            stop, reason = self.stop, "stop_loss"
            if self.best + self.trail < stop:
                stop, reason = self.best + self.trail, "trailing_stop"
            if open_ >= stop:
                self.leave(open_, slip, bar, reason)
            elif open_ <= self.target:
                self.leave(open_, 0.0, bar, "take_profit")
            elif high >= stop:
                self.leave(stop, slip, bar, reason)
            elif low <= self.target:
                self.leave(self.target, 0.0, bar, "take_profit")
            else:
                self.best = min(self.best, low)

    def is_due(self, decided):
        execution, signal = self.spec.execution, self.targets[decided]
        if signal != self.acted:
            self.blocked = False
        if execution.rebalance == "on_change":
            return signal != self.acted
        if self.blocked:
            return False
        if execution.rebalance == "band":
            if signal == 0:
                return self.quantity != 0
            held = self.quantity * self.bars.close[decided]
            equity = self.cash + held if self.spec.execution.fill == "this_close" else self.equity[decided]
            limit = execution.max_leverage
            return abs(held / equity - max(-limit, min(limit, signal * self.spec.sizing.fraction))) > execution.band
        day = [int(s) for s in self.bars.session[max(decided - 1, 0) : decided + 1]]
        if decided == 0:
            return True
        if execution.rebalance == "daily":
            return day[0] != day[1]
        if execution.rebalance == "weekly":
            return (day[0] + 3) // 7 != (day[1] + 3) // 7
        months = [dt.date(1970, 1, 1) + dt.timedelta(d) for d in day]
        return (months[0].year, months[0].month) != (months[1].year, months[1].month)

    def act(self, prices, bar, decided):
        if self.is_due(decided):
            reason = "rebalance" if self.targets[decided] == self.acted else "signal"
            self.acted = self.targets[decided]
            self.bring_to(self.acted, prices[bar], bar, decided, reason)

    def run(self):
        execution, bars = self.spec.execution, self.bars
        slip = (self.spec.costs.slippage_bps + self.spec.costs.spread_bps / 2) / 10_000
        self.cash = self.spec.capital
        for bar in range(len(self.targets)):
            if bar:
                self.accrue(bar)
            if execution.fill == "next_open" and bar:
                self.act(bars.open, bar, bar - 1)
            if execution.has_stops and self.quantity:
                self.watch(bar)
            if execution.fill == "next_close" and bar:
                self.act(bars.close, bar, bar - 1)
                if self.lifts and self.blocked:
                    self.acted, self.blocked = 0.0, False
                self.lifts = False
            if execution.fill == "this_close":
                self.act(bars.close, bar, bar)
            if bar == len(self.targets) - 1 and execution.close_at_end and self.quantity:
                price = bars.close[bar] * (1 - math.copysign(1, self.quantity) * slip)
                self.fill(0.0, bars.close[bar], price, bar, bar, "end")
            self.equity.append(self.cash + self.quantity * bars.close[bar])
            if self.equity[-1] <= 0:
                if self.quantity:
                    price = bars.close[bar] * (1 - math.copysign(1, self.quantity) * slip)
                    self.fill(0.0, bars.close[bar], price, bar, bar, "liquidation")
                    self.equity[-1] = self.cash
                break
        return self
