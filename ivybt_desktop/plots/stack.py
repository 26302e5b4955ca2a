"""`PaneStack`: panes above one another with one time axis, one cursor, and the keys of a chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.plots.gate_strip import GateStrip
from ivybt_desktop.plots.inks import inks_of
from ivybt_desktop.plots.pane import Pane
from ivybt_desktop.plots.time_axis import TimeAxis
from ivybt_desktop.plots.time_range import TimeRange
from ivybt_desktop.theme.tokens import Tokens

_ZOOM = 1.4
# Height of one part before the splitter scales all of them to the room there is.
_SHARE = 100


class PaneStack(QWidget):
    """Panes that share their bars.

    Keys: Left and Right move one bar, Ctrl+Left and Ctrl+Right ask for the previous and next trade,
    Home and End go to the ends, + and - zoom, A fits the values or holds them, L switches the log
    scale, R shows what a fresh chart shows.

    Parameters
    ----------
    theme : Tokens
        Colours.
    name : str
        Name for screen readers.
    parent : QWidget, optional
        Owner.

    Attributes
    ----------
    hovered : Signal(int)
        Bar under the mouse; -1 when it left.
    range_changed : Signal(float, float)
        The user moved or zoomed: first and last visible bar position.
    stepped : Signal(int)
        The user asked for the next (+1) or previous (-1) trade.
    """

    hovered = Signal(int)
    range_changed = Signal(float, float)
    stepped = Signal(int)

    def __init__(self, theme: Tokens, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = TimeRange()
        self.panes: list[Pane] = []
        self.strips: list[GateStrip] = []
        self._inks = inks_of(theme)
        self._quiet = False
        self.axis = TimeAxis(self.shown, self._inks, self)
        self._splitter = QSplitter(Qt.Orientation.Vertical, self)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._splitter, 1)
        layout.addWidget(self.axis)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.shown.changed.connect(self._range_moved)
        self._keys: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Left: lambda: self.shown.pan(-1),
            Qt.Key.Key_Right: lambda: self.shown.pan(1),
            Qt.Key.Key_Home: lambda: self.shown.pan(-self.shown.count),
            Qt.Key.Key_End: lambda: self.shown.pan(self.shown.count),
            Qt.Key.Key_Plus: lambda: self._zoom(1 / _ZOOM),
            Qt.Key.Key_Equal: lambda: self._zoom(1 / _ZOOM),
            Qt.Key.Key_Minus: lambda: self._zoom(_ZOOM),
            Qt.Key.Key_A: self.toggle_auto,
            Qt.Key.Key_L: self.toggle_log,
            Qt.Key.Key_R: self.shown.reset,
        }
        self._trade_keys: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Left: lambda: self.stepped.emit(-1),
            Qt.Key.Key_Right: lambda: self.stepped.emit(1),
        }

    def add_pane(self, name: str, stretch: int) -> Pane:
        """Add a pane below the others."""
        pane = Pane(self.shown, self.axis, self._inks, name, self)
        pane.hovered.connect(self._hover)
        self.panes.append(pane)
        self._splitter.addWidget(pane)
        self._splitter.setStretchFactor(self._splitter.count() - 1, stretch)
        self.axis.set_gutter(pane.gutter)
        return pane

    def add_strip(self) -> GateStrip:
        """Add a strip of gates below the others; it takes no room until it has rows."""
        strip = GateStrip(self.shown, self.axis, self._inks)
        strip.hovered.connect(self._hover)
        self.strips.append(strip)
        self._splitter.addWidget(strip)
        self._splitter.setStretchFactor(self._splitter.count() - 1, 0)
        return strip

    def remove_pane(self, pane: Pane) -> None:
        """Take a pane away."""
        self.panes.remove(pane)
        pane.hide()
        pane.setParent(None)
        pane.deleteLater()

    def share(self, heights: list[int]) -> None:
        """Give the panes their parts of the height."""
        parts = iter(heights)
        sizes = []
        for place in range(self._splitter.count()):
            widget = self._splitter.widget(place)
            if isinstance(widget, GateStrip):
                sizes.append(widget.height())
            elif widget in self.panes:
                sizes.append(next(parts, 1) * _SHARE)
            else:
                sizes.append(0)
        self._splitter.setSizes(sizes)

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        self._inks = inks_of(theme)
        self.axis.set_inks(self._inks)
        for pane in (*self.panes, *self.strips):
            pane.set_inks(self._inks)

    def set_calendar(self, calendar: Calendar, count: int) -> None:
        """Take another series and show a sensible part of it; nothing is emitted."""
        self.axis.set_calendar(calendar)
        with self._quietly():
            self.shown.set_count(count)

    def follow(self, first: float, last: float) -> None:
        """Show what a linked chart shows; nothing is emitted."""
        with self._quietly():
            self.shown.show(first, last)

    def set_cursor_bar(self, bar: int) -> None:
        """Put the time cursor of every pane on a bar; -1 takes it away."""
        self.axis.set_cursor_bar(bar)
        for pane in (*self.panes, *self.strips):
            pane.set_cursor_bar(bar)

    def refresh(self) -> None:
        """Draw all panes anew at the next paint."""
        for pane in (*self.panes, *self.strips):
            pane.refresh()

    def toggle_log(self) -> None:
        """Switch the first pane between a log and a linear value scale."""
        if self.panes:
            self.panes[0].set_log(on=not self.panes[0].scale.wants_log)

    def toggle_auto(self) -> None:
        """Let the value scales follow the visible bars, or hold them."""
        on = not all(pane.scale.auto for pane in self.panes)
        for pane in self.panes:
            pane.set_auto(on=on)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    def _range_moved(self) -> None:
        self.axis.update()
        self.refresh()
        for pane in (*self.panes, *self.strips):
            pane.rehover()
        if not self._quiet:
            self.range_changed.emit(self.shown.first, self.shown.last)

    def _zoom(self, factor: float) -> None:
        self.shown.zoom(factor, (self.shown.first + self.shown.last) / 2)

    def _hover(self, bar: int) -> None:
        self.set_cursor_bar(bar)
        self.hovered.emit(bar)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keys act here."""
        self.axis.set_focused(focused=True)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the keys act elsewhere."""
        self.axis.set_focused(focused=False)
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on the keys of a chart; others go to the window."""
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        act = (self._trade_keys if control else self._keys).get(event.key())
        if act is None:
            super().keyPressEvent(event)
        else:
            act()
