"""Which trades a few typed words keep: symbol, strategy, side, exit reason, won, lost, open, ambiguous."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.core.trade import Reason

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


def kept_rows(result: BacktestResult, query: str) -> IntArray:
    """Return the rows of the trades in which every word is found.

    A word is found at the start of a symbol, a strategy, or one of: long, short, won, lost, open, closed,
    ambiguous, and the reasons of exits (``stop`` finds every kind of stop). A minus sign before it leaves
    those trades out.

    Parameters
    ----------
    result : BacktestResult
    query : str
        Words between spaces; empty keeps every trade.

    Returns
    -------
    int64[k]
        Rows in ``result.trades``, increasing.
    """
    kept = np.ones(result.trades.size, np.bool_)
    for word in query.casefold().split():
        wanted = word.removeprefix("-")
        if wanted:
            found = _found(result, wanted)
            kept &= ~found if word.startswith("-") else found
    return np.flatnonzero(kept)


def _found(result: BacktestResult, word: str) -> BoolArray:
    trades = result.trades
    found = np.zeros(trades.size, np.bool_)
    for values, names in _categories(result):
        codes = [code for code, name in names.items() if _starts(name, word)]
        if codes:
            found |= np.isin(values, codes)
    return found


def _starts(name: str, word: str) -> bool:
    """Return whether a name, or one of its words, begins with what was typed."""
    words = name.casefold().replace("_", " ")
    return words.startswith(word) or any(part.startswith(word) for part in words.split())


def _categories(result: BacktestResult) -> list[tuple[npt.NDArray[np.generic], dict[int, str]]]:
    """Return codes of the trades with the names of the codes, one pair per thing that can be asked for."""
    trades = result.trades
    closed = ~trades["open"]
    signs = np.sign(trades["pnl"]).astype(np.int8) * closed
    reasons = np.where(closed, trades["exit_reason"], -1)
    return [
        (trades["asset"], dict(enumerate(result.symbols))),
        (trades["asset"], dict(enumerate(result.sleeves))),
        (trades["side"], {1: "long", -1: "short"}),
        (signs, {1: "won", -1: "lost"}),
        (trades["open"], {1: "open", 0: "closed"}),
        (trades["ambiguous"], {1: "ambiguous"}),
        (reasons, {reason.value: reason.label for reason in Reason}),
    ]
