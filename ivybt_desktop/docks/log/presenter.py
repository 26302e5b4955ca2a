"""`LogPresenter`: lines of the session, filtered by level and words. Plain Python."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivybt_desktop.context import Workspace
from ivybt_desktop.theme.tokens import Tokens

LEVELS = ("info", "warning", "error")
_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line."""

    time: str
    level: str
    message: str


class LogView(Protocol):
    """What the presenter needs of the view."""

    def show_lines(self, lines: list[LogLine], total: int) -> None:
        """Show these lines of ``total``."""
        ...

    def add_line(self, line: LogLine, total: int) -> None:
        """Show one line more."""
        ...

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        ...


def _now() -> str:
    return datetime.now().astimezone().strftime("%H:%M:%S")


class LogPresenter:
    """Collects lines and shows the ones that pass the filter.

    Parameters
    ----------
    view : LogView
        Where they are shown.
    workspace : Workspace
        Where they come from.
    clock : callable, optional
        Returns the time of day in words.
    """

    def __init__(self, view: LogView, workspace: Workspace, clock: Callable[[], str] = _now) -> None:
        self._view, self._workspace, self._clock = view, workspace, clock
        self._lines: deque[LogLine] = deque(maxlen=_KEPT)
        self._least, self._words = 0, ""
        workspace.logged.connect(self._take)
        workspace.theme_changed.connect(view.set_theme)
        self._show()

    def filter(self, least: str, words: str) -> None:
        """Show lines of at least this level that hold all the words."""
        self._least, self._words = LEVELS.index(least), words.casefold()
        self._show()

    def clear(self) -> None:
        """Forget all lines; the log file keeps them."""
        self._lines.clear()
        self._show()

    def close(self) -> None:
        """Disconnect."""
        self._workspace.logged.disconnect(self._take)
        self._workspace.theme_changed.disconnect(self._view.set_theme)

    def _take(self, level: str, message: str) -> None:
        line = LogLine(self._clock(), level if level in LEVELS else "info", message)
        is_full = len(self._lines) == _KEPT
        self._lines.append(line)
        if is_full:
            self._show()
        elif self._passes(line):
            self._view.add_line(line, len(self._lines))

    def _show(self) -> None:
        self._view.show_lines([line for line in self._lines if self._passes(line)], len(self._lines))

    def _passes(self, line: LogLine) -> bool:
        if LEVELS.index(line.level) < self._least:
            return False
        text = line.message.casefold()
        return all(word in text for word in self._words.split())
