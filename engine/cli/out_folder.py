"""``--out FOLDER``: one run as whole files that other programs read.

Candidates that were left out stand in ``rejected.csv``, which is there only when there are any.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.cli import facts
from engine.cli.document import to_json, trade_documents
from engine.storage.files import storage_error, write_whole

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

FILES = ("spec.yaml", "result.json", "trades.csv", "equity.csv")

_TRADE_COLUMNS = (
    "symbol", "side", "quantity", "entry_time", "entry_price", "exit_time", "exit_price", "gross_pnl",
    "costs", "pnl", "return", "bars", "mae", "mfe", "exit_reason", "open", "ambiguous",
)  # fmt: skip


def prepare(folder: Path) -> None:
    """Make the folder and write a byte there, so that a run is not made in vain.

    Raises
    ------
    StorageError
        The folder cannot be made or written to.
    """
    probe = folder / ".ivybt-probe"
    write_whole(probe, b"\n")
    try:
        probe.unlink()
    except OSError as error:
        raise storage_error(error, probe, "cannot write to the folder") from error


def write_run(folder: Path, result: BacktestResult, document: dict[str, Any]) -> None:
    """Write `FILES` into the folder, each whole; files of an earlier run are replaced or removed.

    Parameters
    ----------
    folder : Path
        Made when missing.
    result : BacktestResult
        The run.
    document : dict
        Its JSON document.

    Raises
    ------
    StorageError
        The disk is full or the folder is read-only; no half-written file is left.
    """
    columns = _equity_columns(result)
    write_whole(folder / "equity.csv", _csv(list(columns), zip(*columns.values(), strict=True)))
    trades = ([trade[name] for name in _TRADE_COLUMNS] for trade in trade_documents(result))
    write_whole(folder / "trades.csv", _csv(_TRADE_COLUMNS, trades))
    _write_rejected(folder / "rejected.csv", result)
    write_whole(folder / "result.json", to_json(document) + "\n")
    write_whole(folder / "spec.yaml", _spec_text(result))


def _write_rejected(path: Path, result: BacktestResult) -> None:
    rows = facts.rejected(result)
    if rows:
        write_whole(path, _csv(list(rows[0]), (list(row.values()) for row in rows)))
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise storage_error(error, path, "cannot remove the file of an earlier run") from error


def _spec_text(result: BacktestResult) -> str:
    # The spec must find its prices from here, wherever it is started.
    data = result.spec.data.model_dump(mode="json")
    data["file"], data["finer"] = _absolute(data["file"]), _absolute(data["finer"])
    data["files"] = [_absolute(file) for file in data["files"]]
    return result.spec.replace(data=data).to_yaml()


def _absolute(file: str | None) -> str | None:
    return file if file is None or file.startswith("sample:") else str(Path(file).resolve())


def _equity_columns(result: BacktestResult) -> dict[str, Sequence[Any]]:
    """Return the columns by name: the account, then price, signal and position of each leg."""
    size = result.equity.size
    columns: dict[str, Sequence[Any]] = {"time": [result.bars.label(bar) for bar in range(size)]}
    account: dict[str, Any] = {
        "equity": result.equity, "drawdown": result.drawdown, "benchmark": result.benchmark,
    }  # fmt: skip
    if result.band is not None:
        account |= {"pessimistic": result.band.pessimistic, "optimistic": result.band.optimistic}
    if result.is_portfolio:
        return columns | _texts(account) | _texts(_leg_columns(result, size))
    single = {
        "close": result.bars.close[:size], "signal": result.signals, "position": result.positions,
    }  # fmt: skip
    return columns | _texts(single) | _texts(account)


def _leg_columns(result: BacktestResult, size: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    signals = np.atleast_2d(result.signals)
    for row, (name, leg) in enumerate(zip(facts.leg_names(result), result.legs, strict=True)):
        close = np.full(size, np.nan)
        own = np.isin(leg.time, result.bars.time[:size])
        close[np.searchsorted(result.bars.time[:size], leg.time[own])] = leg.close[own]
        found[f"close {name}"] = close
        found[f"signal {name}"] = signals[row if signals.shape[0] > 1 else 0]
        found[f"position {name}"] = result.holdings[row]
    return found


def _texts(columns: dict[str, Any]) -> dict[str, Sequence[Any]]:
    """Return plain values; a bar that a leg does not have is an empty cell."""
    return {
        name: ["" if math.isnan(value) else value for value in values.tolist()]
        for name, values in columns.items()
    }


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
