"""`StrategyFolder`: keeps the strategies of the window in step with the user's files. Plain Python.

The files are read off the GUI thread; `Workspace.strategies_changed` is emitted once for each time that
something has changed, and never when nothing has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.core.errors import IvyError
from engine.registry import BrokenPlugin
from ivybt_desktop.context import Background, Workspace
from ivybt_desktop.shell.notices import Notice, NoticeBoard

_HINT = "Mend the file: it loads again by itself. The other strategies work"
_NAMED = 5


@dataclass(frozen=True)
class Found:
    """What a folder held when it was read.

    Parameters
    ----------
    loaded : mapping of str to type
        Class of each of the user's strategies, by id.
    files : mapping of str to str
        Path of each of them.
    broken : mapping of str to BrokenPlugin
        By path.
    """

    loaded: Mapping[str, type[Any]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    broken: Mapping[str, BrokenPlugin] = field(default_factory=dict)


class StrategyFolder:
    """Reads the user's strategy folder and tells what is new.

    Parameters
    ----------
    folder : Path
    workspace : Workspace
        Emits ``strategies_changed`` and takes log lines.
    board : NoticeBoard
        Where broken files are told, each error once; the notice goes when the file is mended.
    background : callable
        ``background(work, then, failed)``.
    edit : callable
        ``edit(path, line)`` opens a file in the user's editor.
    """

    def __init__(
        self, folder: Path, workspace: Workspace, board: NoticeBoard, background: Background,
        edit: Callable[[Path, int], object],
    ) -> None:  # fmt: skip
        self.folder = folder
        self._workspace, self._board, self._background, self._edit = workspace, board, background, edit
        self._known: Found | None = None
        self._is_busy, self._is_asked = False, False
        self._then: list[Callable[[], object]] = []

    def read(self, then: Callable[[], object] | None = None) -> None:
        """Read the folder; while it is being read, remember to do so once more."""
        if then is not None:
            self._then.append(then)
        self._is_asked = True
        self._begin()

    def _begin(self) -> None:
        if self._is_busy or not self._is_asked:
            return
        self._is_busy, self._is_asked = True, False
        waiting, self._then = self._then, []
        self._background(
            lambda: read_folder(self.folder), lambda found: self._take(found, waiting), self._fail
        )

    def _take(self, found: Found, waiting: list[Callable[[], object]]) -> None:
        self._is_busy = False
        before, self._known = self._known, found
        if before != found:
            self._tell_broken(before or Found(), found)
            if before is not None:
                self._tell_loaded(before, found)
            self._workspace.strategies_changed.emit()
        for call in waiting:
            call()
        self._begin()

    def _fail(self, error: IvyError) -> None:
        self._is_busy = False
        self._board.post(Notice.of(error))
        self._begin()

    def _tell_broken(self, before: Found, now: Found) -> None:
        for path in before.broken.keys() - now.broken.keys():
            self._board.clear(topic_of(path))
            how = "is gone" if not Path(path).exists() else "is mended"
            self._workspace.log("info", f"{Path(path).name} {how}")
        for path, broken in now.broken.items():
            if before.broken.get(path) != broken:
                self._board.clear(topic_of(path))
                self._board.post(self._notice(broken))

    def _notice(self, broken: BrokenPlugin) -> Notice:
        where = f"{broken.path}:{broken.line}" if broken.line else broken.path
        words = f"Open at line {broken.line}" if broken.line else "Open in my editor"
        act = (words, lambda: self._edit(Path(broken.path), broken.line))
        return Notice(
            "warning", broken.message, where, _HINT, broken.details, topic_of(broken.path), (act,)
        )

    def _tell_loaded(self, before: Found, now: Found) -> None:
        old, new = before.loaded, now.loaded
        told = {
            "New strategies": [n for n in new if n not in old and now.files[n] not in before.broken],
            "Reloaded strategies": [name for name in new if name in old and new[name] is not old[name]],
            "Strategies gone": [n for n in old if n not in new and before.files[n] not in now.broken],
        }
        for words, names in told.items():
            if names:
                more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                self._workspace.log("info", f"{words}: {', '.join(names[:_NAMED])}{more}")


def topic_of(path: str) -> str:
    """Return the topic of a file's notices."""
    return f"strategy:{path}"


def read_folder(folder: Path) -> Found:
    """Load what is new or changed, forget what is gone, and return what there is."""
    from engine.strategies import registry  # noqa: PLC0415  (user code: off the GUI thread)

    registry.scan(folder)
    with registry.steady():
        names = [name for name in registry.names() if registry.is_user_plugin(name)]
        return Found(
            {name: registry.get(name) for name in names},
            {name: str(registry.path_of(name)) for name in names},
            {broken.path: broken for broken in registry.broken},
        )
