"""Strategies of the user's folders, kept up to date in the process that runs them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

type _State = frozenset[tuple[str, int, int]]


class PluginFolders:
    """Folders whose ``*.py`` files are strategies.

    Parameters
    ----------
    folders : sequence of Path
        They need not exist.
    """

    def __init__(self, folders: tuple[Path, ...] = ()) -> None:
        self._folders = folders
        self._seen: dict[Path, _State] = {}

    def refresh(self) -> None:
        """Load what is new or changed since the last call; broken files are listed by the registry."""
        for folder in self._folders:
            state = _state_of(folder)
            if self._seen.get(folder, frozenset()) != state:
                from engine.strategies import registry  # noqa: PLC0415  (only where there are plug-ins)

                registry.scan(folder)
                self._seen[folder] = state


def _state_of(folder: Path) -> _State:
    found = set()
    for path in folder.glob("*.py"):
        with suppress(OSError):  # deleted a moment ago
            info = path.stat()
            found.add((path.name, info.st_mtime_ns, info.st_size))
    return frozenset(found)
