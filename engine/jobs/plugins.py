"""Strategies of the user's folders, kept up to date in the process that runs them."""

from __future__ import annotations

import ast
import importlib
import warnings
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from engine.registry import Source

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


def load_imports(sources: Iterable[Source]) -> None:
    """Import every module that the files name, also inside functions.

    The first call of a strategy would import them otherwise, seconds that are not its own and that a time
    limit must not count. A module that cannot be imported is left to the strategy, which says so.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in dict.fromkeys(name for source in sources for name in _imported(source)):
            with suppress(Exception):
                importlib.import_module(name)


def _imported(source: Source) -> Iterable[str]:
    for node in ast.walk(ast.parse(source.content)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _state_of(folder: Path) -> _State:
    found = set()
    for path in folder.glob("*.py"):
        with suppress(OSError):  # deleted a moment ago
            info = path.stat()
            found.add((path.name, info.st_mtime_ns, info.st_size))
    return frozenset(found)
