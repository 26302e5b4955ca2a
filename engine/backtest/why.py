"""Why and why-not: a trade or a bar of a run explained with the numbers that decided it.

Everything is worked out again from the result, when it is asked for: a normal run keeps no trace. The
strategy's conditions come from its own source (`engine.backtest.why_source`), run again in plain Python
around the asked bar (`engine.backtest.why_replay`); the account at an order is rebuilt from the orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.backtest.result import BacktestResult
from engine.backtest.why_account import Account
from engine.backtest.why_context import LegContext, context_of, label_of
from engine.backtest.why_decision import decide
from engine.backtest.why_exit import exit_section, levels_section
from engine.backtest.why_fill import costs_section, delay_section, fill_section
from engine.backtest.why_parts import (
    BarExplanation,
    Condition,
    Decision,
    Figure,
    GateState,
    Miss,
    Section,
    Step,
    TradeExplanation,
    plain_number,
)
from engine.backtest.why_rank import rank_figures
from engine.backtest.why_size import size_section
from engine.backtest.why_verdict import verdict_of
from engine.core.bars import Bars
from engine.core.errors import InputError
from engine.core.trade import Reason

__all__ = [
    "BarExplanation", "Condition", "Decision", "Explainer", "Figure", "GateState", "Miss", "Section", "Step",
    "TradeExplanation", "explain_bar", "explain_trade",
]  # fmt: skip


class Explainer:
    """Explanations of one run; what the strategies saw is worked out once for each leg.

    Parameters
    ----------
    result : BacktestResult
    history : sequence of Bars, optional
        The whole series of the instruments: a run of the test part keeps that part alone, while its strategy
        had seen the training part.
    """

    def __init__(self, result: BacktestResult, history: Sequence[Bars] = ()) -> None:
        self.result = result
        self._history = tuple(history)
        self._account = Account(result)
        self._contexts: dict[int, LegContext] = {}

    def trade(self, row: int) -> TradeExplanation:
        """Explain a round trip.

        Parameters
        ----------
        row : int
            Row of ``result.trades``.

        Raises
        ------
        InputError
            There is no such trade.
        StrategyError
            The strategy is gone or fails today.
        """
        result = self.result
        if not 0 <= row < result.trades.size:
            raise InputError(
                f"there is no trade {row}", field="trade", value=row,
                hint=f"The run has trades 0 to {result.trades.size - 1}",
            )  # fmt: skip
        trade = result.trades[row]
        asset, is_long = int(trade["asset"]), bool(trade["side"] > 0)
        context, account = self._context(asset), self._account
        entry = account.order_of(trade, entry=True)
        leaving = -1 if trade["open"] else account.order_of(trade, entry=False)
        size = size_section(account, context, entry)
        ranked = rank_figures(result, asset, int(trade["entry_bar"]))
        levels = levels_section(account, context, entry)
        signal = trade["exit_reason"] in (Reason.SIGNAL, Reason.REBALANCE) and not trade["open"]
        symbol = result.symbols[asset]
        side = "Long" if is_long else "Short"
        return TradeExplanation(
            row, asset, symbol, result.bars.instrument.currency,
            f"{side} {plain_number(float(trade['quantity']))} {symbol}".strip(),
            decide(context, int(trade["entry_decision"])),
            replace(size, figures=(*size.figures, *ranked)), fill_section(account, entry), levels,
            exit_section(account, trade, leaving, levels),
            decide(context, int(trade["exit_decision"])) if signal else None,
            costs_section(account, trade, entry, leaving), delay_section(account, trade, entry, leaving),
        )  # fmt: skip

    def bar(self, asset: int, bar: int) -> BarExplanation:
        """Explain the close of a bar.

        Parameters
        ----------
        asset : int
            Leg of the run; 0 for a single instrument.
        bar : int
            Bar of the run's axis (``result.bars``).

        Raises
        ------
        InputError
            There is no such leg or bar.
        StrategyError
            The strategy is gone or fails today.
        """
        result = self.result
        if not 0 <= bar < len(result.bars):
            raise InputError(
                f"there is no bar {bar}", field="bar", value=bar,
                hint=f"The run has bars 0 to {len(result.bars) - 1}",
            )  # fmt: skip
        context = self._context(asset)
        head = (asset, result.symbols[asset], result.bars.instrument.currency, bar, label_of(result, bar))
        if bar >= result.equity.size:
            end = result.equity.size - 1
            when = label_of(result, end)
            said = Section("verdict", "Verdict", f"The run ended at {when}: nothing is left", (), end, when)
            return BarExplanation(*head, "ended", said, None)
        own = context.own_bar(bar)
        if own < 0 or context.bars.time[own] != result.bars.time[bar]:
            last = "" if own < 0 else f"; its last one before is {context.bars.label(own)}"
            at = -1 if own < 0 else context.axis_bar(own)
            sentence = f"{result.symbols[asset]} has no bar at this time{last}"
            return BarExplanation(
                *head, "absent", Section("verdict", "Verdict", sentence, (), at, label_of(result, at)), None
            )
        decision = decide(context, bar)
        verdict = verdict_of(self._account, context, bar, decision)
        return BarExplanation(*head, verdict.kind, verdict.section, decision, verdict.trade)

    def _context(self, asset: int) -> LegContext:
        if asset not in self._contexts:
            self._contexts[asset] = context_of(self.result, asset, self._history)
        return self._contexts[asset]


def explain_trade(result: BacktestResult, trade: int, history: Sequence[Bars] = ()) -> TradeExplanation:
    """Explain a round trip; parameters and errors as `Explainer.trade`."""
    return Explainer(result, history).trade(int(np.asarray(trade)))


def explain_bar(result: BacktestResult, asset: int, bar: int, history: Sequence[Bars] = ()) -> BarExplanation:
    """Explain the close of a bar; parameters and errors as `Explainer.bar`."""
    return Explainer(result, history).bar(asset, bar)
