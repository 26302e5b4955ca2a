"""From gross profit to net: what each kind of cost took, in all, per trade and against what was traded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.backtest.contribution import sums_by_leg, turnover_of_legs
from ivybt_desktop.widgets.format import count, exact, money, number, percent
from ivybt_desktop.widgets.run_words import leg_titles

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

FloatArray = npt.NDArray[np.float64]

# Title, word under the column, field of the trades.
_COSTS = (
    ("Commission", "Commission", "commission"),
    ("Slippage and spread", "Slippage", "slippage"),
    ("Borrow and interest", "Financing", "financing"),
)
_CENT = 0.005
# A tip with more lines is not read.
_MOST_LINES = 12


@dataclass(frozen=True, eq=False)
class Part:
    """One step from gross to net.

    Parameters
    ----------
    title, short : str
        Words, and the one under the column.
    value : float
        What it adds in currency: costs are below zero.
    by_leg : float64[n_assets]
        The same by leg.
    total : bool
        Gross and net stand on zero.
    """

    title: str
    short: str
    value: float
    by_leg: FloatArray
    total: bool


@dataclass(frozen=True, eq=False)
class CostState:
    """Everything the Costs dock shows of a run.

    Parameters
    ----------
    parts : tuple of Part
        Gross, each cost, net.
    legs : tuple of str
        Names of the legs.
    trades : int
        Round trips, open ones included.
    turnover : float
        Value traded, in currency.
    change : float
        Equity at the end less capital.
    currency : str
        Of the account.
    is_free : bool
        Whether no order costs anything.
    """

    parts: tuple[Part, ...]
    legs: tuple[str, ...]
    trades: int
    turnover: float
    change: float
    currency: str
    is_free: bool

    @property
    def paid(self) -> float:
        """All costs together, above zero."""
        return -sum(part.value for part in self.parts if not part.total)

    @property
    def agrees(self) -> bool:
        """Whether the net profit of the trades is the change of equity, to the cent."""
        return abs(self.parts[-1].value - self.change) < max(_CENT, 1e-9 * abs(self.change))


def cost_state(result: BacktestResult) -> CostState:
    """Return the costs of a run from its trades, open ones marked at the last close."""
    trades = result.trades
    gross = sums_by_leg(result, trades["gross_pnl"])
    parts = [Part("Gross profit", "Gross", float(gross.sum()), gross, total=True)]
    for title, short, field in _COSTS:
        taken = -sums_by_leg(result, trades[field])
        parts.append(Part(title, short, float(taken.sum()), taken, total=False))
    net = sums_by_leg(result, trades["pnl"])
    parts.append(Part("Net profit", "Net", float(net.sum()), net, total=True))
    spec, equity = result.spec, result.equity
    free = spec.costs.is_free and all(costs.is_free for costs in spec.symbol_costs.values())
    return CostState(
        parts=tuple(parts), legs=tuple(leg_titles(result)), trades=int(trades.size),
        turnover=float(turnover_of_legs(result).sum()),
        change=float(equity[-1]) - spec.capital if equity.size else 0.0,
        currency=result.bars.instrument.currency, is_free=free,
    )  # fmt: skip


def heading_words(state: CostState) -> str:
    """Return the line over the waterfall."""
    words = f"Costs took {money(state.paid)} {state.currency}"
    gross = state.parts[0].value
    if gross > 0:
        words += f", {percent(state.paid / gross, 1)} of gross profit"
    if state.turnover > 0:
        words += f", {number(state.paid / state.turnover * 1e4, 1)} bps of what was traded"
    return words


def foot_words(state: CostState) -> str:
    """Return what the net amount is the sum of, and whether the account agrees."""
    noun = "round trip" if state.trades == 1 else "round trips"
    head = f"Net of {count(state.trades)} {noun}, open ones marked at the last close"
    if state.agrees:
        return f"{head}: equal to the change of equity"
    return f"{head}; equity changed by {money(state.change, signed=True)} {state.currency}"


def tip_words(state: CostState, place: int) -> str:
    """Return a step's amount, and what each leg has of it, largest first."""
    part = state.parts[place]
    lines = [f"{part.title}: {money(part.value, signed=True)} {state.currency}"]
    if len(state.legs) > 1:
        order = np.argsort(-np.abs(part.by_leg), kind="stable")
        shown = [leg for leg in order.tolist() if part.by_leg[leg] != 0.0]
        first = shown[:_MOST_LINES]
        lines += [f"{state.legs[leg]}: {money(float(part.by_leg[leg]), signed=True)}" for leg in first]
        rest = shown[_MOST_LINES:]
        if rest:
            amount = float(part.by_leg[rest].sum())
            lines.append(f"{exact(len(rest))} others: {money(amount, signed=True)}")
    return "\n".join(lines)
