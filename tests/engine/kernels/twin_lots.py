"""Units held of one instrument, oldest lot first, and the round trips they become (rule 22)."""

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
    decided: int
    financed: float = 0.0


@dataclass
class Position:
    """One instrument of the account; ``at`` is its own bar at an axis bar, bars in records are axis bars."""

    asset: int
    bars: object
    targets: list
    axis: list  # axis bar of each own bar
    costs: object
    atr: list
    gearing: list
    multiplier: float = 1.0
    tick: float = 0.0
    quantity: float = 0.0
    lots: list = field(default_factory=list)
    acted: float = 0.0
    blocked: bool = False
    lifts: bool = False  # a stop left it blocked for one order only, the one decided before
    entry_bar: int = -1  # own bar
    fill_price: float = math.nan
    stop: float = math.nan
    target: float = math.nan
    trail: float = math.inf
    even: float = math.inf
    best: float = math.nan
    resting: dict | None = None
    goal: dict | None = None  # what the volume cap left over
    taken: dict = field(default_factory=dict)  # units traded per own bar, for the volume cap
    at: int = -1  # last own bar seen
    levels: tuple = ()  # prices to buy and to sell of a bracket, at each own bar

    @property
    def side(self):
        return math.copysign(1, self.quantity)

    @property
    def close(self):
        return self.bars.close[self.at] if self.at >= 0 else 0.0

    def turn(self, want, raw, price, fee, bar, decided, reason):
        """Trade to ``want`` units and return the round trips that ended."""
        change, ended = want - self.quantity, []
        per_unit, opened = fee / abs(change), abs(change)
        if want * self.quantity <= 0:
            ended = [self.settle(lot, lot.quantity, raw, price, per_unit, bar, decided, reason) for lot in self.lots]
            self.lots, opened = [], abs(want)
        elif abs(want) < abs(self.quantity):
            rest, opened, dust = abs(change), 0.0, DUST * abs(self.quantity)
            while rest > dust and self.lots:
                oldest = self.lots[0]
                if oldest.quantity - rest > dust:
                    ended.append(self.settle(oldest, rest, raw, price, per_unit, bar, decided, reason))
                    oldest.quantity -= rest
                    break
                ended.append(self.settle(oldest, oldest.quantity, raw, price, per_unit, bar, decided, reason))
                rest -= oldest.quantity
                self.lots.pop(0)
        if opened:
            self.lots.append(Lot(opened, raw, price, per_unit, bar, decided))
        self.quantity = want
        return ended

    def settle(self, lot, part, raw, price, fee, bar, decided, reason):
        units = part * self.multiplier
        gross = self.side * units * (raw - lot.raw)
        slippage = units * (abs(price - raw) + abs(lot.price - lot.raw))
        commission, financing = part * (fee + lot.fee), part * lot.financed
        pnl = gross - slippage - commission - financing
        return {
            "asset": self.asset, "side": self.side, "quantity": part, "reason": reason,
            "entry_decision": lot.decided, "entry_bar": lot.bar, "exit_decision": decided, "exit_bar": bar,
            "entry_price": lot.price, "exit_price": price, "gross_pnl": gross, "commission": commission,
            "slippage": slippage, "financing": financing, "pnl": pnl, "return": pnl / (units * lot.price),
        }  # fmt: skip

    def open_trades(self, bar):
        """What is still held, marked at the last close (rule 18)."""
        close = self.close
        return [self.settle(lot, lot.quantity, close, close, 0.0, bar, bar, "end") for lot in self.lots]
