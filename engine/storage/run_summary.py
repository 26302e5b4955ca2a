"""`RunSummary`: one line of the list of runs."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime

from engine.storage.run_index import Row


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of the list of runs.

    Parameters
    ----------
    run_id, receipt : str
        Name of the run and the hash of everything that determines it.
    created, last_run : datetime
        First and latest time it was made, UTC.
    count : int
        How often it was made.
    strategy, params : str
        Strategy id, and its parameters as ``fast=10, slow=50``.
    symbol, timeframe, start, end : str
        Instrument, bar length, labels of the first and last bar.
    bars : int
        Number of bars.
    total_return, cagr, sharpe, max_drawdown : float
        Metrics, fractions; NaN where undefined.
    trades : int
        Closed round trips.
    note : str
        Words of the user.
    starred : bool
        Marked by the user.
    proof_key : str
        Key of the look-ahead proof of its source; empty for runs of older versions.
    """

    run_id: str
    receipt: str
    created: datetime
    last_run: datetime
    count: int
    strategy: str
    params: str
    symbol: str
    timeframe: str
    start: str
    end: str
    bars: int
    total_return: float
    cagr: float
    sharpe: float
    max_drawdown: float
    trades: int
    note: str
    starred: bool
    proof_key: str = ""


def summary_of(row: Row) -> RunSummary:
    """Return the line of a row of the index."""
    metrics = json.loads(row["metrics"])

    def number(name: str) -> float:
        value = metrics.get(name)
        return math.nan if value is None else float(value)

    return RunSummary(
        run_id=row["run_id"], receipt=row["receipt"], created=datetime.fromisoformat(row["created"]),
        last_run=datetime.fromisoformat(row["last_run"]), count=row["count"], strategy=row["strategy"],
        params=row["params_text"], symbol=row["symbol"], timeframe=row["timeframe"], start=row["start"],
        end=row["end"], bars=row["bars"], total_return=number("total_return"), cagr=number("cagr"),
        sharpe=number("sharpe"), max_drawdown=number("max_drawdown"), trades=int(metrics.get("trades") or 0),
        note=row["note"], starred=bool(row["starred"]), proof_key=row.get("proof_key", ""),
    )  # fmt: skip
