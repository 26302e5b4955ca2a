"""The whole band of rule 12 for one instrument: the least and the most any order of events can leave.

Between two changes of the target an account is either still in its position or out of it. What it can have
when out is a range of money; what it can have when in is the position bought with the least and with the
most money there could be. Both are carried; a bar that may end the position widens the range of "out" and
leaves "in" alive unless its end is certain. At the next change both become one range again. Costs are in
proportion (slippage and commission in basis points), lots fractional, exposure at most 1.
"""

import math
from dataclasses import dataclass


@dataclass
class Held:
    side: float
    books: list  # (cash, quantity), bought with the least and the most money
    fill: float
    best: tuple  # least and most that the best price can be, mirrored for a short


class Envelope:
    def __init__(self, bars, targets, spec):
        self.bars, self.targets, self.execution = bars, targets, spec.execution
        self.slip = (spec.costs.slippage_bps + spec.costs.spread_bps / 2) / 10_000
        self.rate = spec.costs.commission_bps / 10_000
        self.out, self.held, self.order = [spec.capital], None, None

    def far(self, name):
        setting = getattr(self.execution, name)
        return math.inf if setting is None else setting * self.held.fill

    def level(self, best):
        """Mirrored stop in force once ``best`` was reached."""
        held = self.held
        fill = held.side * held.fill
        stop = max(fill - self.far("stop_loss"), best - self.far("trailing_stop"))
        return max(stop, fill) if best >= fill + self.far("break_even") else stop

    def sold(self, raw, slips):
        """What each book has after leaving at ``raw``."""
        price = raw * (1 - self.held.side * self.slip) if slips else raw
        return [cash + units * price - abs(units) * price * self.rate for cash, units in self.held.books]

    def buy(self, side, raw, slips):
        price, books = raw * (1 + side * self.slip) if slips else raw, []
        for money in (min(self.out), max(self.out)):
            units = side * (money - money * self.rate) / price
            books.append((money - units * price - abs(units) * price * self.rate, units))
        self.held, self.out = Held(side, books, price, (side * price, side * price)), []

    def leave(self, ends):
        for raw, slips in ends:
            self.out += self.sold(self.held.side * raw, slips)
        self.out = [min(self.out), max(self.out)] if self.out else []

    def bar(self, t, inside=None):
        """Let the position live through a bar: what may end it, and whether it may live on."""
        held, bars = self.held, self.bars
        low, high = (bars.low[t], bars.high[t]) if held.side > 0 else (-bars.high[t], -bars.low[t])
        open_, close = held.side * bars.open[t], held.side * bars.close[t]
        least, most = held.best if inside else [max(one, open_) for one in held.best]
        target = held.side * held.fill + self.far("take_profit")
        sure, raised = self.level(least), self.level(max(most, min(high, target)))
        if not inside and open_ >= target:
            ends, lives = [(open_, False)], False
        elif not inside and open_ <= sure:
            ends, lives = [(open_, True)], False
        else:
            ends, lives = self.inside_range(low, high, close, (sure, raised, target), inside)
            if not inside and open_ <= self.level(most):
                ends.append((open_, True))
        self.leave(ends)
        if not lives:
            self.held = None
        else:
            held.best = (max(least, close if inside == "limit" else high), max(most, high))

    def inside_range(self, low, high, close, levels, inside):
        sure, raised, target = levels
        ends, lives = [], True
        if low <= raised:
            ends += [(max(sure, low), True), (raised, True)]
            # A stop entry comes after its low, perhaps; every other position was there when the low came.
            lives = not (close <= sure if inside == "stop" else low <= sure)
            lives = lives and not (close <= raised and inside != "limit" and self.held.best[0] == self.held.best[1])
        if high >= target:
            ends.append((target, False))
            lives = lives and not (close >= target or inside != "limit")
        return ends, lives

    def turn(self, t):
        """The target of the bar before has changed: all that is held is sold at this open."""
        if self.held:
            self.leave([(self.held.side * self.bars.open[t], True)])
            self.held = None
        target, entry = self.targets[t - 1], self.execution.entry
        self.order = None
        if target and entry == "market":
            self.buy(math.copysign(1, target), self.bars.open[t], slips=True)
        elif target:
            self.order = (math.copysign(1, target), t - 1)

    def enter(self, t):
        """Try the standing order; the kind of entry when it was filled inside the bar."""
        side, decided = self.order
        kind, bars = self.execution.entry, self.bars
        if t > decided + self.execution.entry_bars:
            self.order = None
            return None
        away = self.execution.entry_distance * bars.close[decided]
        level = bars.close[decided] - (side if kind == "limit" else -side) * away
        down = (side > 0) == (kind == "limit")
        at_open = bars.open[t] <= level if down else bars.open[t] >= level
        if not at_open and not (bars.low[t] <= level if down else bars.high[t] >= level):
            return None
        self.order = None
        self.buy(side, bars.open[t] if at_open else level, slips=kind == "stop")
        return None if at_open else kind

    def run(self):
        """Return the lowest and the highest equity at each close."""
        found, acted = [], 0.0
        for t in range(len(self.targets)):
            if t and self.targets[t - 1] != acted:
                acted = self.targets[t - 1]
                self.turn(t)
            inside = self.enter(t) if self.order else None
            if self.held:
                self.bar(t, inside)
            close = self.bars.close[t]
            worth = self.out + [cash + units * close for cash, units in (self.held.books if self.held else [])]
            found.append((min(worth), max(worth)))
        return found
