"""`Layouts`: where docks stand at first, and how an arrangement is remembered per perspective."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QMainWindow, QTabBar

from ivybt_desktop.shell.dock_frame import DockFrame
from ivybt_desktop.shell.perspectives import FIRST, PERSPECTIVES, first_sizes

# Raise it when docks are renamed or the default arrangement changes: older layouts are then dropped.
LAYOUT_VERSION = 3

_HORIZONTAL, _VERTICAL = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
_AREA = Qt.DockWidgetArea.LeftDockWidgetArea


class Layouts:
    """Arranges the docks of a window.

    Parameters
    ----------
    window : QMainWindow
        Its central widget is hidden: the docks share the whole window.
    frames : dict of str to DockFrame
        Docks by id.
    saved : dict of str to str
        Arrangements by perspective, base64, as `states` returned them.
    """

    def __init__(self, window: QMainWindow, frames: dict[str, DockFrame], saved: dict[str, str]) -> None:
        self._window, self._frames = window, frames
        self._saved = dict(saved)
        self.current = FIRST

    def states(self) -> dict[str, str]:
        """Return the arrangement of every perspective that was shown, base64."""
        self._saved[self.current.id] = self._state()
        return dict(self._saved)

    def start(self, name: str) -> bool:
        """Show a perspective; return False when its saved arrangement could not be used."""
        self.current = next((p for p in PERSPECTIVES if p.id == name), self.current)
        return self._show()

    @property
    def is_first(self) -> bool:
        """Whether the perspective that is shown has no saved arrangement."""
        return self.current.id not in self._saved

    def switch(self, name: str) -> None:
        """Remember the arrangement and show another perspective."""
        self._saved[self.current.id] = self._state()
        self.start(name)

    def reset(self) -> None:
        """Go back to the first arrangement of the perspective that is shown."""
        self._saved.pop(self.current.id, None)
        self.arrange()

    def arrange(self) -> None:
        """Put every dock where its declaration says."""
        for frame in self._frames.values():
            frame.setFloating(False)
            self._window.removeDockWidget(frame)
        columns = self._columns()
        self._place(columns)
        for frame in self._frames.values():
            frame.setVisible(frame.name not in self.current.hidden)
        self._raise([*columns["bottom"][:1], *columns["right"][:1]])
        self.share_space()
        self.name_tabs()

    def share_space(self) -> None:
        """Give the docks their first sizes; works once the window has its size."""
        shown = {area: [f for f in frames if not f.isHidden()] for area, frames in self._columns().items()}
        sizes = first_sizes(self._window.width(), self._window.height())
        row = [(area, shown[area][0]) for area in ("left", "centre", "right") if shown[area]]
        rest = self._window.width() - sum(sizes[area] for area, _ in row if area != "centre")
        widths = [sizes.get(area, rest) for area, _ in row]
        self._window.resizeDocks([frame for _, frame in row], widths, _HORIZONTAL)
        heights = [sizes["chart"], *[sizes["equity"]] * (len(shown["centre"]) - 1)][: len(shown["centre"])]
        stack = shown["centre"] + shown["bottom"][:1]
        heights += [sizes["bottom"]] * len(shown["bottom"][:1])
        self._window.resizeDocks(stack, heights, _VERTICAL)

    def name_tabs(self) -> None:
        """Give the tab bars that Qt makes between docks a name for screen readers."""
        for bar in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setAccessibleName("Panels")
            bar.setDrawBase(False)
            bar.setExpanding(False)
            bar.setElideMode(Qt.TextElideMode.ElideNone)

    def _columns(self) -> dict[str, list[DockFrame]]:
        columns: dict[str, list[DockFrame]] = {"left": [], "centre": [], "right": [], "bottom": []}
        for frame in self._frames.values():
            columns[frame.area].append(frame)
        return columns

    def _place(self, columns: dict[str, list[DockFrame]]) -> None:
        middle = columns["centre"] + columns["bottom"][:1]
        heads = [part[0] for part in (columns["left"], middle, columns["right"]) if part]
        if not heads:
            return
        self._window.addDockWidget(_AREA, heads[0])
        for before, after in itertools.pairwise(heads):
            self._window.splitDockWidget(before, after, _HORIZONTAL)
        for stack in (columns["left"], middle):
            for before, after in itertools.pairwise(stack):
                self._window.splitDockWidget(before, after, _VERTICAL)
        for area in ("bottom", "right"):
            for tab in columns[area][1:]:
                self._window.tabifyDockWidget(columns[area][0], tab)

    def _raise(self, tabs: list[DockFrame]) -> None:
        front = [self._frames[name] for name in self.current.raised if name in self._frames]
        for frame in front or tabs:
            frame.raise_()

    def _show(self) -> bool:
        saved = self._saved.get(self.current.id)
        if saved is None:
            self.arrange()
            return True
        state = QByteArray.fromBase64(saved.encode())
        fits = self._window.restoreState(state, LAYOUT_VERSION)
        if not fits:
            self.reset()
        self.name_tabs()
        return fits

    def _state(self) -> str:
        return bytes(self._window.saveState(LAYOUT_VERSION).toBase64().data()).decode()
