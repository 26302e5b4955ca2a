"""Where numba keeps compiled kernels: a writable folder, the same one from every launch folder.

numba writes next to the source file. That fails in a read-only install and in the frozen app, and with
an unwritable home even the import of a kernel fails. `use_writable_folder` runs before numba is
imported (``engine.kernels`` calls it) and costs no import of numba. In a checkout whose folders can be
written nothing is changed.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import platformdirs

VARIABLE = "NUMBA_CACHE_DIR"
_NUMBA_CONFIG = "numba.core.config"


def use_writable_folder() -> Path | None:
    """Point numba's disk cache to a folder that can be written.

    Worker processes inherit the choice through the environment.

    Returns
    -------
    Path or None
        The folder; the default (`None`) leaves numba's own choice next to the source files.
    """
    given = os.environ.get(VARIABLE)
    if not (given and is_writable(Path(given))) and _is_checkout() and _can_write_next_to_sources():
        os.environ.pop(VARIABLE, None)
        return None
    folder = next((path for path in candidates() if is_writable(path)), None)
    if folder is None:
        return None
    os.environ[VARIABLE] = str(folder)
    if _NUMBA_CONFIG in sys.modules:  # numba was imported first and has read the environment
        vars(sys.modules[_NUMBA_CONFIG])["CACHE_DIR"] = str(folder)
    return folder


def candidates() -> list[Path]:
    """Return the folders to try, best first: what the user set, the user's cache, the temporary folder."""
    given = os.environ.get(VARIABLE)
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return [
        *([Path(given)] if given else []),
        Path(platformdirs.user_cache_dir("ivybt", appauthor=False)) / "numba",
        Path(tempfile.gettempdir()) / f"ivybt-numba-{user}",
    ]


def is_writable(folder: Path) -> bool:
    """Return whether files can be made in ``folder``, which is made when missing, for its owner only.

    A folder of somebody else, or one that others may write, is refused: a cache holds code that is run.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        info = folder.stat()
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    return info.st_uid == os.getuid() and not info.st_mode & stat.S_IWOTH


def _is_checkout() -> bool:
    return not getattr(sys, "frozen", False)


def _can_write_next_to_sources() -> bool:
    return is_writable(Path(__file__).parent / "__pycache__")
