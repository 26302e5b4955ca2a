"""Arrays as Parquet bytes and back, bit for bit, and prices as one file per distinct series.

Pages carry checksums, so a damaged file is told and not read as other numbers. Dictionary encoding is off:
prices hardly repeat.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.bars import OHLCV, Bars
from engine.core.errors import StorageError
from engine.core.instrument import Instrument
from engine.core.timeframe import Timeframe

type Arrays = Mapping[str, npt.NDArray[Any]]

_LENGTHS = b"ivybt.lengths"
_EXTRA = "column:"


def encode(arrays: Arrays) -> bytes:
    """Return arrays as a Parquet file.

    Parameters
    ----------
    arrays : mapping of str to array
        Numbers or booleans. Lengths may differ: short ones are padded in the file. Tables are kept row
        after row, with their shape.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    lengths = {name: _shape(array) for name, array in arrays.items()}
    longest = max((array.size for array in arrays.values()), default=0)
    columns = {name: pa.array(_padded(array.reshape(-1), longest)) for name, array in arrays.items()}
    table = pa.table(columns).replace_schema_metadata({_LENGTHS: json.dumps(lengths).encode()})
    sink = io.BytesIO()
    pq.write_table(
        table, sink, compression="zstd", compression_level=1, use_dictionary=False,
        write_statistics=False, write_page_checksum=True,
    )  # fmt: skip
    return sink.getvalue()


def decode(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a Parquet file that `encode` made; they are read-only.

    Raises
    ------
    StorageError
        The file is missing, cannot be read, or is damaged.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path, page_checksum_verification=True, use_threads=False, memory_map=False)
        lengths = json.loads((table.schema.metadata or {})[_LENGTHS])
        return {name: _column(table[name], shape) for name, shape in lengths.items()}
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StorageError(
            f"the stored arrays cannot be read ({words})", where=str(path),
            hint="Delete the run and make it again",
        ) from error  # fmt: skip


def encode_records(records: npt.NDArray[Any]) -> bytes:
    """Return a structured array as a Parquet file, one column per field."""
    return encode({name: records[name] for name in records.dtype.names or ()})


def decode_records(
    path: Path, dtype: np.dtype[Any], added: Collection[str] = ()
) -> npt.NDArray[Any]:
    """Return the structured array of a file that `encode_records` made.

    Parameters
    ----------
    path : Path
    dtype : dtype
        Fields of this version.
    added : collection of str, default ()
        Fields that older files may lack: they are zero or false.

    Raises
    ------
    StorageError
        The file is damaged or has other fields.
    """
    columns = decode(path)
    missing = set(dtype.names or ()) - set(columns)
    if missing - set(added) or set(columns) - set(dtype.names or ()):
        raise StorageError(
            "the stored records have other fields than this version", where=str(path),
            hint="Make the run again",
        )  # fmt: skip
    records = np.zeros(next(iter(columns.values())).size, dtype=dtype)
    for name, values in columns.items():
        records[name] = values
    return records


def bars_key(bars: Bars) -> str:
    """Return the name under which prices are stored: the start of their digest."""
    return bars.digest[:32]


def encode_bars(bars: Bars) -> bytes:
    """Return the arrays of ``bars`` as a Parquet file."""
    arrays = {name: getattr(bars, name) for name in ("time", "session", *OHLCV)}
    return encode(arrays | {f"{_EXTRA}{name}": values for name, values in bars.columns.items()})


def decode_bars(path: Path, instrument: Instrument, timeframe: Timeframe) -> Bars:
    """Return the bars of a file that `encode_bars` made.

    Raises
    ------
    StorageError
        The file is missing or damaged.
    """
    arrays = decode(path)
    columns = {
        name.removeprefix(_EXTRA): arrays.pop(name) for name in list(arrays) if name.startswith(_EXTRA)
    }
    return Bars(instrument=instrument, timeframe=timeframe, columns=columns, **arrays)


def _shape(array: npt.NDArray[Any]) -> int | list[int]:
    return int(array.size) if array.ndim == 1 else list(array.shape)


def _padded(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    if array.size == size:
        return np.ascontiguousarray(array)
    padded = np.zeros(size, dtype=array.dtype)
    padded[: array.size] = array
    return padded


def _column(column: Any, shape: int | list[int]) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = column.to_numpy()
    values = np.ascontiguousarray(values[: math.prod(np.atleast_1d(shape).tolist())]).reshape(shape)
    values.flags.writeable = False
    return values
