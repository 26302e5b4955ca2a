"""Where IvyBT keeps what the user asked it to keep: runs, presets, plug-ins, proofs."""

from __future__ import annotations

import os
from pathlib import Path


def data_home() -> Path:
    """Return the folder of runs, presets and plug-ins; it need not exist, nothing is created.

    ``IVYBT_HOME`` overrides the platform's folder for user data. The window and the command line use
    the same one.
    """
    named = os.environ.get("IVYBT_HOME")
    if named:
        return Path(named).expanduser()
    import platformdirs  # noqa: PLC0415

    return Path(platformdirs.user_data_dir("ivybt", appauthor=False))


def runs_folder() -> Path:
    """Return the folder of the run store."""
    return data_home() / "runs"


def proofs_folder() -> Path:
    """Return the folder of look-ahead proofs."""
    return data_home() / "proofs"


def plugins_folder() -> Path:
    """Return the user's folder of strategy files."""
    return data_home() / "plugins"
