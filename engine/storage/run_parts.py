"""The arrays of a stored run, and the parts that not every run has: legs, gates, band, rejected candidates.

``series.parquet`` holds what has one row per bar, ``legs.parquet`` the tables of several legs,
``gates.parquet`` what each gate said, ``rejected.parquet`` the candidates left out. A file is there only
when it holds something; ``record.json`` says so and keeps what is no array.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.allocation import WeightSeries
from engine.backtest.result import BacktestResult, Band
from engine.core.trade import REJECTED_DTYPE
from engine.regimes import GateSeries
from engine.storage import arrays

type Array = npt.NDArray[Any]

_PLAIN = ("equity", "signals", "positions", "scaling", "stops", "charges")
_BAND = "band."
_WEIGHTS = "allocation."


def encode_parts(result: BacktestResult) -> tuple[dict[str, Any], dict[str, bytes | str]]:
    """Return what ``record.json`` is to say about the parts of a run, and the files that hold them.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    facts : dict
        JSON-ready.
    files : dict of str to bytes
        By name.
    """
    found = {name: getattr(result, name) for name in _PLAIN if getattr(result, name) is not None}
    facts: dict[str, Any] = {}
    if result.legs:
        facts["legs"] = [
            {
                "bars_key": arrays.bars_key(leg), "instrument": asdict(leg.instrument),
                "timeframe": str(leg.timeframe),
            }
            for leg in result.legs
        ]  # fmt: skip
    if result.sleeves:
        facts["sleeves"] = list(result.sleeves)
    if result.split is not None:
        facts["split"] = result.split
    if result.band is not None:
        band = result.band
        facts["band"] = {"trades": band.trades, "profit": band.profit, "resolved": band.resolved}
        found |= {f"{_BAND}pessimistic": band.pessimistic, f"{_BAND}optimistic": band.optimistic}
    if result.allocation is not None:
        for name in ("weights", "recomputed"):
            found[_WEIGHTS + name] = getattr(result.allocation, name)
    narrow, wide = _by_width(found)
    narrow["time"] = result.bars.time[: result.equity.size]
    files: dict[str, bytes | str] = {"series.parquet": arrays.encode(narrow)}
    if wide:
        facts["tables"] = sorted(wide)
        files["legs.parquet"] = arrays.encode(wide)
    if result.gates:
        facts["gates"] = [_gate_facts(gate) for gate in result.gates]
        files["gates.parquet"] = arrays.encode(_gate_arrays(result.gates))
    if result.rejected.size:
        facts["rejected"] = int(result.rejected.size)
        files["rejected.parquet"] = arrays.encode_records(result.rejected)
    return facts, files


def decode_parts(folder: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a `BacktestResult` that `encode_parts` wrote.

    Raises
    ------
    StorageError
        A file is missing or damaged.
    KeyError
        An array is missing.
    """
    found = arrays.decode(folder / "series.parquet")
    if "tables" in record:
        found |= arrays.decode(folder / "legs.parquet")
    fields: dict[str, Any] = {name: found[name] for name in ("equity", "signals", "positions")}
    fields |= {name: found.get(name) for name in ("scaling", "stops", "charges")}
    fields["sleeves"], fields["split"] = tuple(record.get("sleeves", ())), record.get("split")
    if "band" in record:
        fields["band"] = Band(
            found[f"{_BAND}pessimistic"], found[f"{_BAND}optimistic"], **record["band"]
        )
    if f"{_WEIGHTS}weights" in found:
        fields["allocation"] = WeightSeries(found[f"{_WEIGHTS}weights"], found[f"{_WEIGHTS}recomputed"])
    if "gates" in record:
        fields["gates"] = _gates(arrays.decode(folder / "gates.parquet"), record["gates"])
    if "rejected" in record:
        fields["rejected"] = arrays.decode_records(folder / "rejected.parquet", REJECTED_DTYPE)
    return fields


def _by_width(found: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, Array]]:
    """Part arrays of one row from tables of several, which would pad the others to their size."""
    is_wide = {name: array.ndim > 1 and array.shape[0] > 1 for name, array in found.items()}
    wide = {name: array for name, array in found.items() if is_wide[name]}
    return {name: array for name, array in found.items() if not is_wide[name]}, wide


def _gate_facts(gate: GateSeries) -> dict[str, Any]:
    return {"legend": gate.legend, "failed_fits": gate.failed_fits, "lines": list(gate.lines)}


def _gate_arrays(gates: tuple[GateSeries, ...]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for at, gate in enumerate(gates):
        found |= {f"{at}.open": gate.open, f"{at}.refits": gate.refits}
        found |= {f"{at}.line.{name}": line for name, line in gate.lines.items()}
    return found


def _gates(found: Mapping[str, Array], facts: list[Mapping[str, Any]]) -> tuple[GateSeries, ...]:
    return tuple(
        GateSeries(
            open=found[f"{at}.open"].astype(np.bool_, copy=False),
            lines={name: found[f"{at}.line.{name}"] for name in fact["lines"]},
            refits=found[f"{at}.refits"],
            legend=fact["legend"],
            failed_fits=fact["failed_fits"],
        )
        for at, fact in enumerate(facts)
    )
