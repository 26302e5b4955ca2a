"""`DockFrame`: a dock's frame on the screen: slim title bar, and a body that is filled later."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QEnterEvent, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ivybt_desktop.contracts import Area
from ivybt_desktop.theme.icons import icon
from ivybt_desktop.theme.roles import set_role
from ivybt_desktop.theme.tokens import SIZES, Tokens


class DockTitle(QWidget):
    """Slim title bar: the title, and buttons that float and hide the dock."""

    def __init__(self, frame: DockFrame, *, fixed: bool) -> None:
        super().__init__(frame)
        self._is_fixed = fixed
        self.setObjectName("dockTitle")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(SIZES.title)
        self._label = QLabel(frame.windowTitle(), self)
        self._float = self._button("Float", "Take this panel out of the window, or put it back")
        self._float.clicked.connect(lambda: frame.setFloating(not frame.isFloating()))
        self._hide = self._button("Hide", "Hide this panel; the View menu shows it again")
        self._hide.clicked.connect(frame.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(SIZES.padding, 0, SIZES.grid, 0)
        row.setSpacing(2)
        row.addWidget(self._label)
        row.addStretch(1)
        row.addWidget(self._float)
        row.addWidget(self._hide)
        self._show_buttons(False)

    def sizeHint(self) -> QSize:
        """Return the height of the tokens: docks ask for the hint, not for the fixed height."""
        return QSize(super().sizeHint().width(), SIZES.title)

    def minimumSizeHint(self) -> QSize:
        """Return the same height at any width."""
        return QSize(0, SIZES.title)

    def show_theme(self, tokens: Tokens) -> None:
        """Draw the buttons in the colours of a theme."""
        self._float.setIcon(icon("mdi6.dock-window", tokens))
        self._hide.setIcon(icon("mdi6.close", tokens))

    def set_current(self, current: bool) -> None:  # noqa: FBT001  (a state, as in Qt)
        """Mark the dock that has the keyboard."""
        set_role(self._label, "current" if current else "")

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the buttons while the mouse is over the bar."""
        super().enterEvent(event)
        self._show_buttons(not self._is_fixed)

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the buttons."""
        super().leaveEvent(event)
        self._show_buttons(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Leave the double click to the dock, which floats."""
        event.ignore()

    def _show_buttons(self, shown: bool) -> None:  # noqa: FBT001  (a state, as in Qt)
        self._float.setVisible(shown)
        self._hide.setVisible(shown)

    def _button(self, name: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setAccessibleName(name)
        button.setToolTip(tip)
        button.setFixedSize(18, 18)
        # The View menu does the same by keyboard; the Tab key stays within the panels.
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button


class DockFrame(QDockWidget):
    """One dock of the window.

    Parameters
    ----------
    name, title : str
        Id in layouts; words in the title bar.
    area : {"left", "centre", "right", "bottom"}
        Where it stands at first; docks in the centre take the space that is left.
    parent : QWidget
        The main window.
    fixed : bool, default False
        Without buttons: it cannot be moved or closed by its title bar.
    """

    def __init__(self, name: str, title: str, area: Area, parent: QWidget, *, fixed: bool = False) -> None:
        super().__init__(title, parent)
        self.name, self.area = name, area
        self.setObjectName(f"dock.{name}")
        self.setAccessibleName(title)
        self.title = DockTitle(self, fixed=fixed)
        self.setTitleBarWidget(self.title)
        if fixed:
            self.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self.show_body(QWidget())

    def show_body(self, body: QWidget) -> None:
        """Put a widget into the frame; the one before is deleted."""
        old = self.widget()
        policy = QSizePolicy.Policy
        body.setSizePolicy(policy.Expanding if self.area == "centre" else policy.Preferred, policy.Expanding)
        body.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        if not body.accessibleName():
            body.setAccessibleName(self.windowTitle())
        self.setWidget(body)
        if old is not None:
            old.deleteLater()

    def reveal(self) -> None:
        """Show the dock, bring its tab to the front and give it the keyboard."""
        self.show()
        self.raise_()
        focus_first(self.widget())


def focus_first(body: QWidget) -> None:
    """Give the keyboard to the body, or to the first control in it that takes it."""
    wanted = body
    while (proxy := wanted.focusProxy()) is not None:
        wanted = proxy
    for widget in (wanted, *body.findChildren(QWidget)):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible() and widget.isEnabled():
            widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return


class FaultPanel(QWidget):
    """Stands in the place of a dock that could not be built.

    Parameters
    ----------
    title : str
        The dock's title.
    reason : str
        One line.
    details : str
        Traceback, for "Copy details".
    """

    def __init__(self, title: str, reason: str, details: str) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        heading = QLabel(f"{title} could not be opened")
        heading.setProperty("role", "heading")
        words = QLabel(f"{reason}\nThe rest of the window works. The log has the details.")
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setProperty("role", "quiet")
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        copy = QPushButton("Copy details")
        copy.clicked.connect(lambda: QApplication.clipboard().setText(details))
        column = QVBoxLayout(self)
        column.setContentsMargins(*(2 * SIZES.padding,) * 4)
        column.addStretch(1)
        column.addWidget(heading)
        column.addWidget(words)
        column.addWidget(copy, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
