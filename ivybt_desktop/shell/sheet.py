"""`Sheet`: a panel that lies over some docks and leaves the rest of the window alone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget


class Sheet(QFrame):
    """Holds one body over the window; closing it deletes the body.

    Parameters
    ----------
    parent : QWidget
        Main window.
    room : callable
        Returns the rectangle to cover, in coordinates of the window; asked again when its size changes.
    """

    def __init__(self, parent: QWidget, room: Callable[[], QRect]) -> None:
        super().__init__(parent)
        self.setObjectName("sheet")
        self._room = room
        self._body: QWidget | None = None
        self._before: QWidget | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        parent.installEventFilter(self)
        self.hide()

    @property
    def body(self) -> QWidget | None:
        """What is shown, if anything."""
        return self._body

    def open(self, body: QWidget) -> None:
        """Show a body; the one before is deleted."""
        self.close_body()
        self._before = self.window().focusWidget()
        self._body = body
        column = self.layout()
        if column is not None:
            column.addWidget(body)
        self.setGeometry(self._room())
        self.show()
        self.raise_()

    def close_body(self) -> None:
        """Take the panel away and give the keyboard back."""
        if self._body is None:
            return
        self._body.hide()
        self._body.deleteLater()
        self._body = None
        self.hide()
        if self._before is not None:
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Follow the size of the window."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and self._body is not None:
            self.setGeometry(self._room())
        return False
