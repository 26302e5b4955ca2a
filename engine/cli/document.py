"""JSON documents of the command line: fractions, ISO 8601 UTC times, NaN as null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.cli import facts
from engine.core.trade import Reason

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

# Counts are whole numbers in JSON; all other metrics are floats.
_COUNTS = ("max_drawdown_bars", "orders", "trades")


def result_document(result: BacktestResult) -> dict[str, Any]:
    """Return the JSON object of one run, with the keys that docs/method.md fixes.

    Parameters
    ----------
    result : BacktestResult
        A run; an account that was liquidated ends at its last simulated bar.
    """
    bars = int(result.equity.size)
    return {
        "run_id": result.run_id,
        "receipt": result.receipt,
        "spec": result.spec.to_dict(),
        "bars": bars,
        "start": result.bars.label(0),
        "end": result.bars.label(bars - 1),
        "metrics": metrics_document(result.metrics),
        "trades": trade_documents(result),
        "warnings": list(result.warnings),
        "symbols": list(dict.fromkeys(result.symbols)),
        "contribution": facts.contribution(result),
        "rejected": facts.rejected(result),
        "ambiguity": facts.ambiguity(result),
        "gates": facts.gates(result),
        "allocation": facts.last_weights(result),
        "split": facts.split(result),
    }


def metrics_document(metrics: Mapping[str, float]) -> dict[str, float | int | None]:
    """Return metrics by name: counts as integers, undefined ones as None."""
    return {name: _metric(name, float(value)) for name, value in metrics.items()}


def _metric(name: str, value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    return int(value) if name in _COUNTS else value


def trade_documents(result: BacktestResult) -> list[dict[str, Any]]:
    """Return one mapping per round trip, in the order of their entries.

    A trade that is still open has the last bar as its exit: there it is marked.
    """
    label, symbols = result.bars.label, result.symbols
    return [
        {
            "symbol": symbols[row["asset"]],
            "side": "long" if row["side"] > 0 else "short",
            "quantity": float(row["quantity"]),
            "entry_time": label(int(row["entry_bar"])),
            "entry_price": float(row["entry_price"]),
            "exit_time": label(int(row["exit_bar"])),
            "exit_price": float(row["exit_price"]),
            "gross_pnl": float(row["gross_pnl"]),
            "costs": float(row["commission"] + row["slippage"] + row["financing"]),
            "pnl": float(row["pnl"]),
            "return": float(row["return"]),
            "bars": int(row["exit_bar"] - row["entry_bar"]),
            "mae": float(row["mae"]),
            "mfe": float(row["mfe"]),
            "exit_reason": Reason(int(row["exit_reason"])).label,
            "open": bool(row["open"]),
            "ambiguous": bool(row["ambiguous"]),
        }
        for row in result.trades
    ]


def to_json(value: Any) -> str:
    """Return ``value`` as JSON text: numbers that are not finite become null."""
    return json.dumps(plain(value), allow_nan=False)


def plain(value: Any) -> Any:
    """Return ``value`` with numpy scalars, mappings and sequences as plain Python values."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    print(to_json(value))
