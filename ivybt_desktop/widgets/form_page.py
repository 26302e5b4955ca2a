"""`FormPage`: a page of stacked forms on which Tab follows what the eye sees.

Rows that appear later (another strategy's parameters) stand last in Qt's own focus chain, wherever
they are on the screen; the page walks its controls from top to bottom instead.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from ivybt_desktop.widgets.field_row import ResetDot

_FAR_RIGHT = 1 << 20


class FormPage(QWidget):
    """Parent of forms and sections, usually inside a scroll area."""

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: FBT001  (Qt's signature)
        """Move the focus to the next control in reading order, or out of the page at its end."""
        stops = self.stops()
        current = QApplication.focusWidget()
        if current not in stops:
            return super().focusNextPrevChild(forward)
        at = stops.index(current) + (1 if forward else -1)
        target = stops[at] if 0 <= at < len(stops) else self._outside(current, forward=forward)
        if target is None:
            target = stops[0 if forward else -1]
        target.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
        self._scroll_to(target)
        return True

    def stops(self) -> list[QWidget]:
        """Return the controls that Tab visits, in reading order; a row's reset dot follows its control."""
        children = self.findChildren(QWidget)
        found = (child for child in children if _takes_tab(child) and child.isVisibleTo(self))
        return sorted(found, key=self._place)

    def _place(self, child: QWidget) -> tuple[int, int]:
        middle = child.mapTo(self, QPoint(0, child.height() // 2))
        return middle.y(), _FAR_RIGHT if isinstance(child, ResetDot) else middle.x()

    def _outside(self, start: QWidget, *, forward: bool) -> QWidget | None:
        step = _neighbour(start, forward=forward)
        while step is not None and step is not start:
            if not self.isAncestorOf(step) and _takes_tab(step) and step.isVisible():
                return step
            step = _neighbour(step, forward=forward)
        return None

    def _scroll_to(self, target: QWidget) -> None:
        area: QWidget | None = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None and self.isAncestorOf(target):
            area.ensureWidgetVisible(target)


def _neighbour(widget: QWidget, *, forward: bool) -> QWidget | None:
    return widget.nextInFocusChain() if forward else widget.previousInFocusChain()


def _takes_tab(widget: QWidget) -> bool:
    return widget.isEnabled() and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
