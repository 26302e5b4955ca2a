"""``--out FOLDER``: one run as four whole files that other programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.document import to_json, trade_documents
from engine.storage.files import storage_error, write_whole

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

FILES = ("spec.yaml", "result.json", "trades.csv", "equity.csv")

_TRADE_COLUMNS = (
    "symbol", "side", "quantity", "entry_time", "entry_price", "exit_time", "exit_price", "gross_pnl",
    "costs", "pnl", "return", "bars", "mae", "mfe", "exit_reason", "open",
)  # fmt: skip
_EQUITY_COLUMNS = ("time", "close", "signal", "position", "equity", "drawdown", "benchmark")


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
    """Write `FILES` into the folder, each whole; files of an earlier run are replaced.

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
    write_whole(folder / "equity.csv", _csv(_EQUITY_COLUMNS, _equity_rows(result)))
    trades = ([trade[name] for name in _TRADE_COLUMNS] for trade in trade_documents(result))
    write_whole(folder / "trades.csv", _csv(_TRADE_COLUMNS, trades))
    write_whole(folder / "result.json", to_json(document) + "\n")
    write_whole(folder / "spec.yaml", _spec_text(result))


def _spec_text(result: BacktestResult) -> str:
    # The spec must find its prices from here, wherever it is started.
    file = result.spec.data.file
    if file is None or file.startswith("sample:"):
        return result.spec.to_yaml()
    data = result.spec.data.model_dump(mode="json") | {"file": str(Path(file).resolve())}
    return result.spec.replace(data=data).to_yaml()


def _equity_rows(result: BacktestResult) -> Iterable[Sequence[Any]]:
    label = result.bars.label
    series = (
        result.bars.close, result.signals, result.positions, result.equity, result.drawdown, result.benchmark,
    )  # fmt: skip
    for bar, values in enumerate(zip(*(item.tolist() for item in series), strict=False)):
        yield [label(bar), *values]


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
