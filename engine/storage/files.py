"""Whole-file writes, and disk errors in words.

A file appears under its name complete or not at all: it is written beside its place and renamed.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from engine.core.errors import StorageError

PARTIAL_PREFIX = ".partial-"

_WORDS = {
    errno.EROFS: ("the folder is read-only", "Choose a folder that you may write to"),
    errno.EACCES: ("no permission to write there", "Choose a folder that you may write to"),
    errno.EPERM: ("no permission to write there", "Choose a folder that you may write to"),
    errno.ENOSPC: ("the disk is full", "Free some space and try again"),
    errno.EDQUOT: ("the disk quota is used up", "Free some space and try again"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "Check the path"),
    errno.EEXIST: ("a part of the path is a file, not a folder", "Check the path"),
    errno.EISDIR: ("there is a folder of that name", "Choose another name"),
    errno.ENOENT: ("no such file or folder", "Check the path"),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name"),
    errno.EMFILE: ("too many files are open", "Close other programs and try again"),
}


def storage_error(error: OSError, path: Path, doing: str) -> StorageError:
    """Turn an operating system error into words.

    Parameters
    ----------
    error : OSError
        What was raised.
    path : Path
        File or folder that was touched.
    doing : str
        What failed, as the start of a sentence (``"cannot save the preset"``).
    """
    words, hint = _WORDS.get(error.errno or 0, (error.strerror or str(error), "Check the disk and the path"))
    return StorageError(f"{doing}: {words}", where=str(path), hint=hint)


def partial_name() -> str:
    """Return a name for something half written; it holds the id of this process."""
    return f"{PARTIAL_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"


def write_whole(
    path: Path, data: bytes | str, *, sync: bool = False, via: Path | None = None
) -> None:
    """Write a file so that readers see the old content or the new one, never a part.

    Parameters
    ----------
    path : Path
        Target; missing folders above it are made.
    data : bytes or str
        Content; text is written as UTF-8 with the line ends it has.
    sync : bool, default False
        Wait until the disk has it: survives a power cut, costs milliseconds.
    via : Path, optional
        Folder on the same disk for the temporary file; the default (`None`) is the file's own.

    Raises
    ------
    StorageError
        The folder is read-only, the disk is full, or the path is no file. Nothing is left behind.
    """
    content = data.encode() if isinstance(data, str) else data

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())

    place_whole(path, fill, via=via)


def place_whole(path: Path, fill: Callable[[Path], None], *, via: Path | None = None) -> None:
    """Let ``fill`` write a file beside ``path``, then move it there.

    Parameters
    ----------
    path : Path
        Target.
    fill : callable
        Given the temporary path; writes the whole file there.
    via : Path, optional
        As in `write_whole`.

    Raises
    ------
    StorageError
        As in `write_whole`.
    """
    temporary = (via or path.parent) / partial_name()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fill(temporary)
        temporary.replace(path)
    except OSError as error:
        raise storage_error(error, path, "cannot write the file") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove_partials(folder: Path) -> None:
    """Remove what killed processes left half written in ``folder``; work of living ones stays."""
    import psutil  # noqa: PLC0415

    for path in folder.glob(f"{PARTIAL_PREFIX}*"):
        owner = path.name.removeprefix(PARTIAL_PREFIX).split("-")[0]
        if owner.isdigit() and psutil.pid_exists(int(owner)):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()
