"""One run on disk: ``spec.yaml``, ``metrics.json``, ``record.json``, ``journal.json`` and Parquet arrays.

Format 1 knew single instruments only; such runs can be read. Parts that not every run has (legs, gates,
a band, rejected candidates) are in `engine.storage.run_parts`.

``journal.json`` is what a person or a repeat may change; everything else is written once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np

from engine.backtest.result import BacktestResult
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.errors import InputError, StorageError
from engine.core.instrument import AssetClass, Instrument, symbols_text
from engine.core.timeframe import Timeframe
from engine.core.trade import ORDER_DTYPE, TRADE_DTYPE
from engine.storage import arrays, run_parts
from engine.storage.files import storage_error, write_whole
from engine.storage.run_index import Row
from engine.storage.run_search import searchable

_FORMAT = 2
_OLDEST_FORMAT = 1


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """Prices that a run uses.

    Parameters
    ----------
    key : str
        Name under which they are kept (`engine.storage.arrays.bars_key`).
    instrument : Instrument
    timeframe : Timeframe
    """

    key: str
    instrument: Instrument
    timeframe: Timeframe


@dataclass(frozen=True, slots=True)
class Journal:
    """What may change about a stored run.

    Parameters
    ----------
    created, last_run : str
        First and latest time it was made, ISO 8601 UTC.
    count : int
        How often it was made.
    note : str
        Words of the user.
    starred : bool
        Marked by the user.
    proof_key : str
        Key of the look-ahead proof of the source that made it; empty for runs of older versions.
    """

    created: str
    last_run: str
    count: int = 1
    note: str = ""
    starred: bool = False
    proof_key: str = ""

    @classmethod
    def first(cls, now: datetime, note: str, proof_key: str = "") -> Self:
        """Return the journal of a run that was just made."""
        return cls(created=_stamp(now), last_run=_stamp(now), note=note, proof_key=proof_key)

    def again(self, now: datetime, note: str, proof_key: str = "") -> Journal:
        """Return the journal after the same run was made once more; empty words keep the old ones."""
        last = max(self.last_run, _stamp(now))
        return replace(
            self, last_run=last, count=self.count + 1, note=note or self.note,
            proof_key=proof_key or self.proof_key,
        )  # fmt: skip

    @classmethod
    def of_row(cls, row: Row) -> Self:
        """Return the journal that a row of the index holds."""
        return cls(
            row["created"], row["last_run"], row["count"], row["note"], bool(row["starred"]),
            row.get("proof_key", ""),
        )  # fmt: skip


def write_run(folder: Path, result: BacktestResult) -> None:
    """Write everything but the journal and the prices into an existing folder.

    Raises
    ------
    StorageError
        Disk full or read-only.
    """
    facts, files = run_parts.encode_parts(result)
    files |= {
        "spec.yaml": result.spec.to_yaml(),
        "metrics.json": _json({name: _portable(value) for name, value in result.metrics.items()}),
        "record.json": _json(_record(result) | facts),
        "trades.parquet": arrays.encode_records(result.trades),
        "orders.parquet": arrays.encode_records(result.orders),
    }
    for name, content in files.items():
        write_whole(folder / name, content)


def write_journal(folder: Path, journal: Journal) -> None:
    """Replace the journal of a run.

    Raises
    ------
    StorageError
        Disk full or read-only.
    """
    # By way of the folder above, which is swept at start: a run folder holds whole files only.
    write_whole(folder / "journal.json", _json(asdict(journal)), via=folder.parent)


def read_run(folder: Path, bars: Bars, legs: tuple[Bars, ...] = ()) -> BacktestResult:
    """Return the stored run on its bars.

    Raises
    ------
    StorageError
        A file is missing or damaged.
    """
    record = read_record(folder)
    try:
        parts = run_parts.decode_parts(folder, record)
        if parts["equity"].size > len(bars):
            raise _damaged(folder, "it has more bars than its prices")
        return BacktestResult(
            spec=BacktestSpec.read(folder / "spec.yaml"), bars=bars, metrics=_read_metrics(folder),
            orders=arrays.decode_records(folder / "orders.parquet", ORDER_DTYPE),
            trades=arrays.decode_records(folder / "trades.parquet", TRADE_DTYPE, added=("ambiguous",)),
            receipt=str(record["receipt"]), warnings=tuple(record["warnings"]), legs=legs,
            proof_key=str(_read_json(folder / "journal.json").get("proof_key", "")), **parts,
        )  # fmt: skip
    except (InputError, TypeError, KeyError) as error:
        raise _damaged(folder, str(error)) from error


def read_record(folder: Path) -> dict[str, Any]:
    """Return what identifies the run: receipt, prices, instrument.

    Raises
    ------
    StorageError
        The file is missing or damaged, or was written by a newer version.
    """
    record = _read_json(folder / "record.json")
    known = record.get("format")
    if not isinstance(known, int) or not _OLDEST_FORMAT <= known <= _FORMAT:
        raise StorageError(
            f"the run has format {known}, this IvyBT knows up to {_FORMAT}", where=str(folder),
            hint="Use the IvyBT that wrote it",
        )  # fmt: skip
    return record


def stored_series(record: Mapping[str, Any]) -> tuple[StoredSeries, ...]:
    """Return the prices of a record: those of the time axis, then those of each leg."""
    return tuple(_series(part) for part in (record, *record.get("legs", ())))


def _series(part: Mapping[str, Any]) -> StoredSeries:
    fields = dict(part["instrument"])
    fields["asset_class"] = AssetClass(fields["asset_class"])
    return StoredSeries(str(part["bars_key"]), Instrument(**fields), Timeframe.parse(part["timeframe"]))


def index_row(folder: Path, journal: Journal | None = None) -> Row:
    """Return the row of the index for a run folder; the journal is read when not given.

    Raises
    ------
    StorageError
        A file is missing or damaged.
    """
    record, metrics = read_record(folder), _read_json(folder / "metrics.json")
    try:
        journal = journal or Journal(**_read_json(folder / "journal.json"))
        params = dict(record["params"])
        params_text = ", ".join(f"{name}={value}" for name, value in params.items())
        series = stored_series(record)
        symbols = record.get("symbols") or [record["instrument"]["symbol"]]
        strategy, symbol, timeframe = record["strategy"], symbols_text(symbols), record["timeframe"]
        return {
            "run_id": folder.name, "receipt": record["receipt"], "created": journal.created,
            "last_run": journal.last_run, "count": journal.count, "strategy": strategy,
            "params": json.dumps(params), "params_text": params_text, "symbol": symbol,
            "timeframe": timeframe, "start": record["start"], "end": record["end"],
            "bars": record["bars"], "bars_key": record["bars_key"], "metrics": json.dumps(metrics),
            "bars_keys": [part.key for part in series],
            "note": journal.note, "starred": int(journal.starred), "proof_key": journal.proof_key,
            "search_text": searchable(
                folder.name, strategy, params_text, *symbols, timeframe, journal.note
            ),
        }  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, f"{type(error).__name__}: {error}") from error


def _stamp(now: datetime) -> str:
    if now.tzinfo is None:
        raise InputError("needs a time zone", field="now", value=now, hint="Pass datetime.now(UTC)")
    return now.astimezone(UTC).isoformat(timespec="microseconds")


def _record(result: BacktestResult) -> dict[str, Any]:
    bars, strategy = result.bars, result.spec.to_dict()["strategy"]
    formula = result.spec.data.formula
    return {
        "format": _FORMAT, "receipt": result.receipt, "warnings": list(result.warnings),
        "strategy": strategy["name"], "params": strategy["params"], "instrument": asdict(bars.instrument),
        "timeframe": str(bars.timeframe), "start": bars.label(0), "end": bars.label(len(bars) - 1),
        "bars": len(bars), "bars_key": arrays.bars_key(bars),
        "symbols": [formula] if formula else list(dict.fromkeys(result.symbols)),
    }  # fmt: skip


def _portable(value: float) -> float | str | None:
    # JSON has no NaN and no infinity; integers stay integers.
    plain = value.item() if isinstance(value, np.generic) else value
    if math.isfinite(plain):
        return plain
    return None if math.isnan(plain) else str(plain)


def _read_metrics(folder: Path) -> dict[str, float]:
    stored = _read_json(folder / "metrics.json")
    return {
        name: math.nan if value is None else float(value) if isinstance(value, str) else value
        for name, value in stored.items()
    }


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _damaged(path.parent, f"{path.name} is missing") from None
    except OSError as error:
        raise storage_error(error, path, "cannot read the run") from error
    except ValueError as error:
        raise _damaged(path.parent, f"{path.name} is not JSON") from error
    if not isinstance(values, dict):
        raise _damaged(path.parent, f"{path.name} holds no mapping")
    return values


def _damaged(folder: Path, why: str) -> StorageError:
    return StorageError(
        f"the stored run is damaged: {why}", where=str(folder), hint="Delete the run and make it again"
    )
