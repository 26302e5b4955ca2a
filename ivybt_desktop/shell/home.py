"""`DataHome`: the one folder of the user, or a temporary one when that cannot be written."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from engine.cli.home import data_home


@dataclass(frozen=True, slots=True)
class DataHome:
    """Where the window keeps things.

    Parameters
    ----------
    folder : Path
        The command line uses the same one.
    complaint : str, default ""
        Why this is a temporary folder; empty when it is the user's own.
    """

    folder: Path
    complaint: str = ""

    @property
    def settings(self) -> Path:
        """Settings file."""
        return self.folder / "settings.json"

    @property
    def runs(self) -> Path:
        """Folder of the run store."""
        return self.folder / "runs"

    @property
    def presets(self) -> Path:
        """Folder of saved specs."""
        return self.folder / "presets"

    @property
    def plugins(self) -> Path:
        """Folder of the user's strategies."""
        return self.folder / "plugins"

    @property
    def proofs(self) -> Path:
        """Folder of look-ahead proofs."""
        return self.folder / "proofs"

    @property
    def logs(self) -> Path:
        """Folder of log files."""
        return self.folder / "logs"

    @property
    def cache(self) -> Path:
        """Folder of what can be made again."""
        return self.folder / "cache"


def open_home(folder: Path | None = None) -> DataHome:
    """Return the data home with its folders made.

    Parameters
    ----------
    folder : Path, optional
        The default (`None`) is ``IVYBT_HOME`` or the platform's folder for user data.
    """
    wanted = folder or data_home()
    try:
        _make(wanted)
    except OSError as error:
        spare = Path(tempfile.mkdtemp(prefix="ivybt-"))
        _make(spare)
        reason = error.strerror or str(error)
        return DataHome(
            spare,
            f"{wanted} cannot be written ({reason}). Runs and settings of this session are in {spare}. "
            "Set IVYBT_HOME to a folder that can be written to keep them",
        )
    return DataHome(wanted)


def _make(folder: Path) -> None:
    home = DataHome(folder)
    for part in (home.folder, home.runs, home.presets, home.plugins, home.logs, home.cache):
        part.mkdir(parents=True, exist_ok=True)
    # A folder may exist and still refuse files.
    with tempfile.TemporaryFile(dir=folder):
        pass
