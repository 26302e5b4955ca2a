"""The bytes of a price file: found, unpacked, and turned into UTF-8 with plain line ends."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

from engine.core.errors import DataError, InputError, nearest

_GZIP, _ZIP, _OLD_EXCEL = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_CONTAINERS = {b"PAR1": "parquet", b"ARROW1": "feather", b"FEA1": "feather"}


@dataclass(frozen=True, slots=True)
class Text:
    """Text of a price file.

    Parameters
    ----------
    data : bytes
        UTF-8 without byte order mark, lines ended by a line feed.
    encoding : str
        Encoding that the file had.
    """

    data: bytes
    encoding: str


def existing_file(path: str | Path) -> Path:
    """Return the path when a file with content stands there.

    Raises
    ------
    InputError
        Nothing stands there, or a folder; the message suggests the nearest name in its folder.
    DataError
        The file is empty.
    """
    file = Path(path).expanduser()
    if file.is_dir():
        raise InputError(
            "this is a folder", field="data.file", value=str(path), where=str(path),
            hint="Give one price file",
        )  # fmt: skip
    if not file.is_file():
        raise InputError(
            "there is no such file", field="data.file", value=str(path), where=str(path), hint=_similar(file)
        )
    if file.stat().st_size == 0:
        raise DataError("the file is empty", where=file.name, hint="Export it again")
    return file


def _similar(file: Path) -> str:
    if not file.parent.is_dir():
        return f"There is no folder {file.parent}"
    hint = nearest(file.name, [entry.name for entry in file.parent.iterdir()])
    return hint if hint.startswith("Did") else f"Nothing of that name is in {file.parent.resolve()}"


def container(path: Path) -> str:
    """Return ``parquet``, ``feather`` or ``csv`` by the file's first bytes.

    Raises
    ------
    DataError
        The file is an archive or a spreadsheet, or cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        raise _unreadable(path, error) from error
    for magic, kind in _CONTAINERS.items():
        if start.startswith(magic):
            return kind
    if start.startswith((_ZIP, _OLD_EXCEL)):
        raise DataError(
            "this is a zip archive or a spreadsheet", where=path.name,
            hint="Unpack it, or save the sheet as CSV",
        )  # fmt: skip
    return "csv"


def read_text(path: Path) -> Text:
    """Read a text file, gzipped or not, in UTF-8, UTF-16 or Latin-1.

    Raises
    ------
    DataError
        The file cannot be read, is a damaged gzip, is binary, or holds only blank lines.
    """
    try:
        data = path.read_bytes()
        if data.startswith(_GZIP):
            data = gzip.decompress(data)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        what = f"the gzip file is damaged ({error})"
        raise DataError(what, where=path.name, hint="Fetch it again") from error
    except OSError as error:
        raise _unreadable(path, error) from error
    data, encoding = _to_utf8(data, path.name)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not data.strip():
        raise DataError("the file is empty", where=path.name, hint="Export it again")
    return Text(data, encoding)


def _unreadable(path: Path, error: OSError) -> DataError:
    what = f"the file cannot be read ({error.strerror})"
    return DataError(what, where=path.name, hint="Check its permissions")


def _to_utf8(data: bytes, where: str) -> tuple[bytes, str]:
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:], "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace").encode(), "utf-16"
    if b"\x00" in data[:4096]:
        raise DataError("this is not a text file", where=where, hint="Give CSV, TXT, Parquet or Feather")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1").encode(), "latin-1"
    return data, "utf-8"
