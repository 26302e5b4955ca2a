"""What the window has to tell: a short stack of notices, newest first. Plain Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.core.errors import IvyError
from ivybt_desktop.signal import Signal

Level = Literal["info", "warning", "error"]
_KEPT = 20


@dataclass(frozen=True)
class Notice:
    """One thing to tell.

    Parameters
    ----------
    level : {"info", "warning", "error"}
        Colour of its edge.
    what : str
        One sentence without a full stop.
    where, hint : str, default ""
        File or field it concerns; what to do next.
    details : str, default ""
        Text of "Copy details".
    topic : str, default ""
        Notices of one topic are cleared together (``run``).
    actions : tuple of (str, callable), default ()
        Words and work of at most three buttons.
    """

    level: Level
    what: str
    where: str = ""
    hint: str = ""
    details: str = ""
    topic: str = ""
    actions: tuple[tuple[str, Callable[[], object]], ...] = ()

    @classmethod
    def of(cls, error: IvyError, *, topic: str = "") -> Notice:
        """Return an error as a notice."""
        return cls("error", error.what, error.where, error.hint, topic=topic)

    @property
    def text(self) -> str:
        """Everything it says, for the log and the clipboard."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}. {self.hint}" if self.hint else head


class NoticeBoard:
    """Notices that were not dismissed.

    Attributes
    ----------
    changed : Signal
        Emitted when the newest notice or their number changed.
    posted : Signal[Notice]
        Emitted for every new notice.
    """

    def __init__(self) -> None:
        self._notices: list[Notice] = []
        self.changed: Signal[()] = Signal()
        self.posted: Signal[Notice] = Signal()

    def __len__(self) -> int:
        return len(self._notices)

    @property
    def newest(self) -> Notice | None:
        """The one to show."""
        return self._notices[-1] if self._notices else None

    def post(self, notice: Notice) -> None:
        """Tell something; the same words said before are not kept twice."""
        self._notices = [other for other in self._notices if other.text != notice.text][1 - _KEPT :]
        self._notices.append(notice)
        self.posted.emit(notice)
        self.changed.emit()

    def dismiss(self) -> None:
        """Drop the newest notice."""
        if self._notices:
            self._notices.pop()
            self.changed.emit()

    def clear(self, topic: str) -> None:
        """Drop the notices of a topic."""
        kept = [notice for notice in self._notices if notice.topic != topic]
        if len(kept) != len(self._notices):
            self._notices = kept
            self.changed.emit()
