"""What a result says beside its metrics: instruments, candidates left out, ambiguity, gates, contributions.

One place for the JSON document, the summary for people and the files of ``--out``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult


def leg_names(result: BacktestResult) -> list[str]:
    """Return a name for each leg: its symbol, with its strategy where a symbol comes twice."""
    symbols = result.symbols
    if len(set(symbols)) == len(symbols) or not result.sleeves:
        return list(symbols)
    return [f"{symbol}/{sleeve}" for symbol, sleeve in zip(symbols, result.sleeves, strict=True)]


def by_symbol(result: BacktestResult, values: Any) -> dict[str, float]:
    """Return the sum of one value per leg over the legs of each symbol."""
    found: dict[str, float] = {}
    for symbol, value in zip(result.symbols, values, strict=True):
        found[symbol] = found.get(symbol, 0.0) + float(value)
    return found


def contribution(result: BacktestResult) -> dict[str, float]:
    """Return the net P&L by symbol, in currency; the values sum to final less initial equity."""
    from engine.backtest.contribution import contributions  # noqa: PLC0415

    return by_symbol(result, contributions(result).sum(axis=1))


def ambiguity(result: BacktestResult) -> dict[str, Any] | None:
    """Return what the unknown order of events inside bars can do to the result (rule 12).

    Returns
    -------
    dict or None
        ``share`` of the closed trades that are ambiguous, ``profit_share`` of the net profit of closed
        trades that rests on them (None when that is no profit); None when nothing can be ambiguous.
    """
    band = result.band
    if band is None:
        return None
    closed = result.trades[~result.trades["open"]]
    net = float(closed["pnl"].sum())
    return {
        "trades": int(band.trades),
        "share": band.trades / closed.size if closed.size else None,
        "profit": float(band.profit),
        "profit_share": float(band.profit) / net if net > 0 else None,
        "pessimistic_final": float(band.pessimistic[-1]),
        "optimistic_final": float(band.optimistic[-1]),
        "resolved": int(band.resolved),
    }


def gates(result: BacktestResult) -> list[dict[str, Any]]:
    """Return for each gate its name, the share of bars on which it was open, and how often it was fitted."""
    return [
        {
            "name": gate.name,
            "open_share": float(series.open.mean()) if series.open.size else None,
            "refits": int(series.refits.size),
            "failed_fits": int(series.failed_fits),
            "legend": series.legend,
        }
        for gate, series in zip(result.spec.gates, result.gates, strict=False)
    ]


def last_weights(result: BacktestResult) -> dict[str, float] | None:
    """Return the weight of each symbol at the last bar; None without an allocation."""
    series = result.allocation
    if series is None or not series.weights.shape[1]:
        return None
    last = min(result.equity.size, series.weights.shape[1]) - 1
    return by_symbol(result, series.weights[:, last])


def rejected(result: BacktestResult) -> list[dict[str, Any]]:
    """Return the candidates that cash, leverage or the cap on positions left out, in their order."""
    label, symbols = result.bars.label, result.symbols
    return [
        {
            "symbol": symbols[row["asset"]],
            "decision_time": label(int(row["decision_bar"])),
            "time": label(int(row["bar"])),
            "exposure": float(row["exposure"]),
            "filled": float(row["filled"]),
            "price": float(row["price"]),
            "exit_time": label(int(row["exit_bar"])),
            "missed_return": float(row["missed_return"]),
            "missed_pnl": float(row["missed_pnl"]),
        }
        for row in result.rejected
    ]


def split(result: BacktestResult) -> dict[str, Any] | None:
    """Return which part of the history was traded; None when it is not split.

    ``test_start`` is the first bar of the test part; None where only the training part was traded.
    """
    data = result.spec.data
    if data.train_split is None:
        return None
    mode = data.run_mode.value
    first = {"full": result.split, "test": 0}.get(mode)
    start = None if first is None else result.bars.label(first)
    return {"run_mode": mode, "train_split": data.train_split, "test_start": start}


def exposure_of_legs(result: BacktestResult) -> Any:
    """Return the mean absolute exposure of each leg as a share of equity, float64[n_assets]."""
    from engine.backtest.contribution import exposures  # noqa: PLC0415

    return np.abs(exposures(result)).mean(axis=1)
