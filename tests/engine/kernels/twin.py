"""The rules of docs/method.md once more, slow and plain: one bar at a time, no shared code with the kernel."""

import datetime as dt
import math

from tests.engine.kernels.twin_bracket import enter_bracket
from tests.engine.kernels.twin_costs import commission, share_of, slipped
from tests.engine.kernels.twin_exits import arm, best_after, outcomes
from tests.engine.kernels.twin_lots import DUST, Position
from tests.engine.kernels.twin_sizing import (
    asked,
    average_true_range,
    exposure_of,
    volatility_gearing,
)

DAY = 86_400_000_000_000


class Twin:
    """One account. ``targets`` are signals on each instrument's own bars, after weights and scaling."""

    def __init__(self, bars, targets, spec, resolve="base", ranks=None, levels=()):
        several = not hasattr(bars, "close")
        self.series = list(bars) if several else [bars]
        targets = [list(one) for one in targets] if several else [list(targets)]
        self.spec, self.execution, self.resolve = spec, spec.execution, resolve
        self.axis = sorted({int(t) for one in self.series for t in one.time})
        place = {t: bar for bar, t in enumerate(self.axis)}
        self.positions = [
            self._position(k, one, signals, [place[int(t)] for t in one.time])
            for k, (one, signals) in enumerate(zip(self.series, targets, strict=True))
        ]
        for p, own in zip(self.positions, levels, strict=bool(levels)):
            p.levels = own
        self.ranks = ranks or (lambda own, at: own)
        self.cash, self.equity, self.trades, self.orders = spec.capital, [], [], []
        self.rejected, self.unsent, self.ambiguous, self.closed = [], 0, 0, []
        self.charges = 0.0

    def _position(self, asset, bars, targets, axis):
        instrument, own = self.spec.data.instrument, bars.instrument
        periods = self.spec.periods_per_year or bars.periods_per_year
        volatility = self.spec.sizing.name == "volatility_target"
        return Position(
            asset, bars, targets, axis,
            costs=self.spec.symbol_costs.get(bars.symbol, self.spec.costs),
            atr=average_true_range(bars, self.execution.atr_length),
            gearing=volatility_gearing(bars, self.spec.sizing, periods) if volatility else [1.0] * len(bars),
            multiplier=instrument.multiplier or own.multiplier,
            tick=own.tick_size if instrument.tick_size is None else instrument.tick_size,
        )  # fmt: skip

    # prices and values

    def raw(self, p, kind, bar):
        """Price of an instrument at an instant: its open or close if it has a bar there, else its last close."""
        if p.at < 0:
            return 0.0
        here = p.axis[p.at] == bar
        return (p.bars.open if kind == "open" and here else p.bars.close)[p.at]

    def value(self, kind, bar, skip=None):
        return sum(p.quantity * p.multiplier * self.raw(p, kind, bar) for p in self.positions if p is not skip)

    def gross(self, kind, bar, skip=None):
        return sum(abs(p.quantity) * p.multiplier * self.raw(p, kind, bar) for p in self.positions if p is not skip)

    def whole(self, quantity):
        lot = self.execution.lot
        if not lot:
            return quantity
        return math.copysign(math.floor(abs(quantity) / lot + 1e-9) * lot, quantity)

    # sizes

    def sized(self, p, signal, price, others, decided):
        """Total quantity that a signal asks for at the slipped price (rule 7)."""
        money = self.cash + p.quantity * price * p.multiplier + others
        if money <= 0:
            return 0.0
        how = {
            "price": price, "multiplier": p.multiplier, "gearing": p.gearing[decided],
            "closed": self.closed, "atr": p.atr[decided],
        }  # fmt: skip
        want = asked(self.spec, signal, equity=money, fee=0.0, **how)
        if abs(want - p.quantity) <= DUST * abs(p.quantity):
            return p.quantity
        fee = commission(p.costs, want - p.quantity, price, p.multiplier)
        if fee:
            want = asked(self.spec, signal, equity=money, fee=fee, **how) if money > fee else 0.0
        return self.whole(want)

    def price_of(self, p, raw, side, decided, share=0.0):
        width = p.bars.high[decided] - p.bars.low[decided]
        return slipped(p.costs, raw, side, tick=p.tick, width=width, share=share)

    def ask(self, p, signal, raw, others, decided):
        """Return (wanted quantity, slipped price) of the order that a signal causes, or None."""
        money = self.cash + p.quantity * raw * p.multiplier + others
        plain = asked(
            self.spec, signal, price=raw, equity=money, fee=0.0, multiplier=p.multiplier, gearing=p.gearing[decided],
            closed=self.closed, atr=p.atr[decided],
        )  # fmt: skip
        side = 1 if plain > p.quantity else -1
        price = self.price_of(p, raw, side, decided)
        want = self.sized(p, signal, price, others, decided)
        if p.costs.impact_bps:
            price = self.price_of(p, raw, side, decided, share_of(want - p.quantity, p.bars.volume[p.at]))
            want = self.sized(p, signal, price, others, decided)
        if want == p.quantity or (want > p.quantity) != (side > 0):
            return None
        change = abs(want - p.quantity)
        least = self.execution
        if change < least.min_quantity or change * price * p.multiplier < least.min_notional:
            self.unsent += 1
            return None
        return want, price

    # when

    def is_due(self, p, decided):
        execution, signal = self.execution, p.targets[decided]
        if signal != p.acted:
            p.blocked = False
        if execution.rebalance == "on_change":
            return signal != p.acted
        if p.blocked:
            return False
        if execution.rebalance == "band":
            if signal == 0:
                return p.quantity != 0
            held = p.quantity * p.multiplier * p.bars.close[decided]
            now = execution.fill == "this_close"
            equity = self.cash + self.value("close", p.axis[decided]) if now else self.equity[p.axis[decided]]
            wanted = exposure_of(self.spec, signal, p.gearing[decided], self.closed)
            return abs(held / equity - wanted) > execution.band
        day = [int(s) for s in p.bars.session[max(decided - 1, 0) : decided + 1]]
        if decided == 0:
            return True
        if execution.rebalance == "daily":
            return day[0] != day[1]
        if execution.rebalance == "weekly":
            return (day[0] + 3) // 7 != (day[1] + 3) // 7
        months = [dt.date(1970, 1, 1) + dt.timedelta(d) for d in day]
        return (months[0].year, months[0].month) != (months[1].year, months[1].month)

    # orders

    def request(self, p, kind, bar, decided):
        """The order that the close of own bar ``decided`` causes: (position, wanted, raw, price, decided, reason)."""
        raw, others = self.raw(p, kind, bar), self.value(kind, bar, skip=p)
        if self.is_due(p, decided):
            signal = p.targets[decided]
            reason = "rebalance" if signal == p.acted else "signal"
            p.acted, p.goal, p.resting = signal, None, None
            if self.execution.entry == "bracket" and p.quantity:
                signal = math.copysign(signal, p.quantity)
            if self.execution.entry != "market" and signal != 0 and signal * p.quantity <= 0:
                p.resting = {"signal": signal, "decided": decided, "until": decided + self.execution.entry_bars}
                signal = 0.0
            asks = self.ask(p, signal, raw, others, decided) if signal or p.quantity else None
            return None if asks is None else (p, asks[0], raw, asks[1], decided, reason)
        if p.goal:
            want, decided, reason = p.goal["want"], p.goal["decided"], p.goal["reason"]
            side = 1 if want > p.quantity else -1
            share = share_of(want - p.quantity, p.bars.volume[p.at])
            return p, want, raw, self.price_of(p, raw, side, decided, share), decided, reason
        return None

    def act(self, kind, bar, lag):
        """All orders of one instant: decided on one account, reductions first, then by rank (rule 17)."""
        here = [p for p in self.positions if p.at >= lag and p.axis[p.at] == bar]
        found = [one for one in (self.request(p, kind, bar, p.at - lag) for p in here) if one]
        reduces = [abs(one[1]) <= abs(one[0].quantity) for one in found]
        for one in [one for one, less in zip(found, reduces, strict=True) if less]:
            self.send(*one, bar)
        rank = self.ranks([one[0].asset for one, less in zip(found, reduces, strict=True) if not less], bar - lag)
        for asset in rank:
            one = next(one for one in found if one[0].asset == asset)
            want = self.within_room(one, kind, bar)
            if want is not None:
                self.send(one[0], want, *one[2:], bar)

    def within_room(self, request, kind, bar):
        """Cut an increase to what leverage and places leave; list what is left out (rules 16, 17)."""
        p, want, _, price, decided, _ = request
        most = self.spec.portfolio.max_positions
        held = sum(other.quantity != 0 for other in self.positions)
        value = price * p.multiplier
        money = self.cash + p.quantity * value + self.value(kind, bar, skip=p)
        fee = commission(p.costs, want - p.quantity, price, p.multiplier)
        left = (self.execution.max_leverage * (money - fee) - self.gross(kind, bar, skip=p)) / value
        keep = abs(p.quantity) if want * p.quantity > 0 else 0.0
        cut = want
        if abs(want) > left * (1 + 1e-12):
            cut = math.copysign(max(abs(self.whole(max(left, 0.0))), keep), want)
        if most is not None and p.quantity == 0 and held >= most:
            cut = 0.0
        change = abs(cut - p.quantity)
        if change <= DUST * max(abs(want), abs(p.quantity)):
            change, cut = 0.0, p.quantity  # the room that rounding leaves is no order
        share = change / abs(want - p.quantity)
        if share < 0.99 and len(self.positions) > 1:
            self.rejected.append((p.asset, p.axis[decided], bar, share, price))
        if change == 0:
            return None
        if change < self.execution.min_quantity or change * value < self.execution.min_notional:
            self.unsent += 1
            return None
        return cut

    def send(self, p, want, raw, price, decided, reason, bar, capped=True):
        """Fill an order as far as the volume cap lets it; what is left is carried or dropped (rule 9)."""
        before, p.goal = p.quantity, None
        change = want - before
        cap = self.execution.max_participation
        if cap is not None and capped:
            room = abs(self.whole(max(cap * p.bars.volume[p.at] - p.taken.get(p.at, 0.0), 0.0)))
            if abs(change) > room:
                self.carry(p, want, math.copysign(room, change), decided, reason)
                change = math.copysign(room, change)
        if change == 0:
            return
        p.taken[p.at] = p.taken.get(p.at, 0.0) + abs(change)
        self.book(p, before + change, raw, price, decided, reason, bar)
        if p.quantity != 0 and p.quantity * before <= 0:
            arm(p, self.spec, price, p.at, decided)

    def carry(self, p, want, change, decided, reason):
        after = p.quantity + change
        keeps = self.execution.unfilled == "carry"
        if not keeps and abs(want) > abs(p.quantity) and want * p.quantity >= 0:
            return
        if not keeps and want * p.quantity < 0:
            if after * p.quantity <= 0:
                return
            want = 0.0
        p.goal = {"want": want, "decided": decided, "reason": reason}

    def book(self, p, want, raw, price, decided, reason, bar):
        change = want - p.quantity
        fee = commission(p.costs, change, price, p.multiplier)
        self.cash -= change * price * p.multiplier + fee
        units = abs(change) * p.multiplier
        self.orders.append({
            "asset": p.asset, "reason": reason, "decision_bar": p.axis[decided], "fill_bar": bar,
            "quantity": change, "position": want, "raw_price": raw, "price": price, "commission": fee,
            "slippage": units * abs(price - raw),
        })  # fmt: skip
        ended = p.turn(want, raw, price, fee, bar, p.axis[decided], reason)
        self.trades += ended
        self.closed += [one["return"] for one in ended]

    # exits

    def leave(self, p, raw, slips, reason, bar, capped=True):
        trades_here = p.axis[p.at] == bar
        share = share_of(p.quantity, p.bars.volume[p.at] if trades_here else 0.0)
        # An exit was decided before its bar's range was known.
        known = max(p.at - 1, 0) if trades_here else p.at
        price = self.price_of(p, raw, -p.side, known, share) if slips else raw
        self.send(p, 0.0, raw, price, p.at, reason, bar, capped)
        if not trades_here and self.orders:
            # Closed for want of bars: decided at the axis bar that noticed it.
            self.orders[-1]["decision_bar"] = bar
            for one in self.trades:
                if one["asset"] == p.asset and one["exit_bar"] == bar:
                    one["exit_decision"] = bar

    def watch(self, p, bar, inside=None):
        execution = self.execution
        if execution.time_stop and p.at - p.entry_bar >= execution.time_stop:
            found = [(p.bars.open[p.at], True, "time_stop")]
        else:
            found = outcomes(p, p.at, inside)
        self.ambiguous += len(found) > 1
        one = self.choose(p, found)
        if one is None:
            p.best = best_after(p, p.at, inside)
            return
        p.lifts = execution.reentry == "allowed" and execution.fill == "next_close"
        p.blocked = p.lifts or execution.reentry != "allowed"
        if not p.blocked:
            p.acted = 0.0
        self.leave(p, *one, bar)
        if p.quantity:
            p.best = best_after(p, p.at, inside)

    def choose(self, p, found):
        if self.resolve == "base" or len(found) == 1:
            return found[0]
        worth = [p.side * (p.bars.close[p.at] if one is None else one[0]) for one in found]
        pick = min if self.resolve == "pessimistic" else max
        return found[worth.index(pick(worth))]

    def enter(self, p, bar):
        """Try the limit or stop entry that stands in the market; True when it was filled inside the bar."""
        if self.execution.entry == "bracket":
            return enter_bracket(self, p, bar)
        order, execution, at = p.resting, self.execution, p.at
        decided, side = order["decided"], math.copysign(1, order["signal"])
        if at > order["until"]:
            p.resting = None
            return False
        away = execution.entry_distance
        if execution.stop_unit == "fraction":
            away *= p.bars.close[decided]
        elif execution.stop_unit == "atr":
            away *= p.atr[decided]
        better = execution.entry == "limit"
        level = p.bars.close[decided] - (side if better else -side) * away
        # A limit to buy and a stop to sell wait for a lower price, the others for a higher one.
        down = (side > 0) == better
        open_ = p.bars.open[at]
        opens_beyond = open_ <= level if down else open_ >= level
        touched = p.bars.low[at] <= level if down else p.bars.high[at] >= level
        if not touched and not opens_beyond:
            return False
        raw = open_ if opens_beyond else level
        p.resting = None
        self.enter_at(p, order["signal"], raw, decided, bar, slips=not better)
        return not opens_beyond and p.quantity != 0

    def enter_at(self, p, signal, raw, decided, bar, slips):
        costs = p.costs
        if not slips:
            p.costs = costs.model_copy(update={
                "slippage_bps": 0.0, "spread_bps": 0.0, "slippage_ticks": 0.0, "spread_amount": 0.0,
                "slippage_range": 0.0, "impact_bps": 0.0,
            })  # fmt: skip
        asks = self.ask(p, signal, raw, self.value("open", bar, skip=p), decided)
        if asks:
            want = self.within_room((p, asks[0], raw, asks[1], decided, "signal"), "open", bar)
            if want is not None:
                self.send(p, want, raw, asks[1], decided, "signal", bar)
        p.costs = costs

    # money

    def accrue(self, bar):
        days = (self.axis[bar] - self.axis[bar - 1]) / DAY
        total = sum(abs(p.quantity) * p.multiplier * p.close for p in self.positions)
        debt = max(-self.cash, 0.0)
        for p in self.positions:
            if p.quantity == 0:
                continue
            value = abs(p.quantity) * p.multiplier * p.close
            charge = debt * p.costs.margin_rate / 365 * days * value / total
            if p.quantity < 0:
                charge += value * p.costs.borrow_rate / 365 * days
            self.cash -= charge
            for lot in p.lots:
                lot.financed += charge / abs(p.quantity)

    def end_data(self, bar):
        for p in self.positions:
            if p.quantity and self.axis[bar] - self.axis[p.axis[p.at]] > 10 * DAY:
                self.leave(p, p.close, True, "data_ended", bar, capped=False)

    def close_all(self, bar, reason):
        for p in self.positions:
            if p.quantity:
                self.leave(p, p.close, True, reason, bar, capped=False)

    def step(self, bar):
        fill = self.execution.fill
        if bar:
            self.accrue(bar)
        for p in self.positions:
            if p.at + 1 < len(p.axis) and p.axis[p.at + 1] == bar:
                p.at += 1
        self.end_data(bar)
        if fill == "next_open":
            self.act("open", bar, 1)
        here = [p for p in self.positions if p.at >= 0 and p.axis[p.at] == bar]
        # Entries before exits: nobody knows that an exit inside the bar freed its money in time.
        inside = {p.asset: self.execution.entry for p in here if p.resting and self.enter(p, bar)}
        for p in here:
            leaving = p.goal and p.goal["want"] == 0
            if p.quantity and self.execution.has_stops and not leaving:
                self.watch(p, bar, inside.get(p.asset))
        if fill == "next_close":
            self.act("close", bar, 1)
            for p in self.positions:
                if p.lifts and p.blocked:
                    p.acted, p.blocked = 0.0, False
                p.lifts = False
        if fill == "this_close":
            self.act("close", bar, 0)

    def run(self):
        last = len(self.axis) - 1
        for bar in range(last + 1):
            self.step(bar)
            if bar == last and self.execution.close_at_end:
                self.close_all(bar, "end")
            value = self.value("close", bar)
            self.equity.append(self.cash + value)
            if self.equity[-1] <= self.execution.maintenance * self.gross("close", bar):
                if any(p.quantity for p in self.positions):
                    self.close_all(bar, "liquidation")
                    self.equity[-1] = self.cash
                if self.equity[-1] <= 0 or self.orders[-1]["reason"] == "liquidation":
                    break
        return self

    @property
    def open_trades(self):
        return [one for p in self.positions for one in p.open_trades(len(self.equity) - 1)]

