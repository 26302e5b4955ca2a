"""`Presets`: named specs in a folder of the user, one YAML file each."""

from __future__ import annotations

import re
from pathlib import Path

from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError, nearest
from engine.storage.files import storage_error, write_whole

_SUFFIX = ".yaml"
_LONGEST = 80
_NAME = re.compile(r"[^\W_][\w ()+.,&%-]*", re.UNICODE)
# Names that Windows keeps for devices, with any suffix.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class Presets:
    """Named specs.

    Parameters
    ----------
    folder : Path
        Made at the first `save`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Return the names, sorted without regard to case."""
        found = (path.stem for path in self.folder.glob(f"*{_SUFFIX}"))
        return sorted((name for name in found if _is_good(name)), key=str.casefold)

    def save(self, name: str, spec: BacktestSpec) -> Path:
        """Keep ``spec`` under ``name``; an older one of that name is replaced.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        InputError
            The name cannot be a file name.
        StorageError
            The folder is read-only or the disk is full; the older preset is still there.
        """
        path = self.path_of(name)
        write_whole(path, spec.to_yaml())
        return path

    def load(self, name: str) -> BacktestSpec:
        """Return the spec of that name.

        Raises
        ------
        InputError
            No such preset (the nearest name is suggested), or its file is no spec.
        """
        path = self.path_of(name)
        if not path.is_file():
            raise InputError(
                f"no preset '{name}'", field="preset", value=name, hint=nearest(name, self.names())
            )
        return BacktestSpec.read(path)

    def delete(self, name: str) -> None:
        """Remove the preset; no error when there is none.

        Raises
        ------
        StorageError
            The folder is read-only.
        """
        path = self.path_of(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, path, "cannot delete the preset") from error

    def path_of(self, name: str) -> Path:
        """Return the file of a preset.

        Raises
        ------
        InputError
            The name is empty, too long, or holds characters that a file name may not have.
        """
        if not _is_good(name):
            raise InputError(
                f"'{name}' cannot be the name of a preset", field="preset", value=name,
                hint=f"Up to {_LONGEST} letters, digits, blanks, ( ) + . , & % - _; a letter or digit first",
            )  # fmt: skip
        return self.folder / f"{name}{_SUFFIX}"


def _is_good(name: str) -> bool:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or name[-1] in " .":
        return False
    return not _DEVICE.fullmatch(name)
