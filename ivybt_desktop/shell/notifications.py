"""`NoticeBar`: the newest notice in a bar under the toolbar; it never takes the keyboard by itself."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolBar,
    QToolButton,
    QWidget,
)

from ivybt_desktop.shell.notices import Notice, NoticeBoard
from ivybt_desktop.theme.icons import icon
from ivybt_desktop.theme.roles import set_role
from ivybt_desktop.theme.tokens import DARK, SIZES, Tokens

_ICONS = {
    "info": "mdi6.information-outline",
    "warning": "mdi6.alert-outline",
    "error": "mdi6.alert-circle-outline",
}
_MOST_ACTIONS = 3


class NoticeBar(QToolBar):
    """Shows the newest notice of a board.

    Parameters
    ----------
    board : NoticeBoard
        Where notices come from.
    parent : QWidget
        Main window.
    """

    def __init__(self, board: NoticeBoard, parent: QWidget) -> None:
        super().__init__("Notices", parent)
        self.setObjectName("notices")
        self.setMovable(False)
        self.toggleViewAction().setVisible(False)
        self._board, self._tokens = board, DARK
        self._frame = QFrame(self)
        self._frame.setObjectName("notice")
        self._mark, self._words, self._more = QLabel(), QLabel(), QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.RichText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more.setProperty("role", "label")
        self._acts = [QPushButton() for _ in range(_MOST_ACTIONS)]
        self._copy = QPushButton("Copy details")
        self._dismiss = QToolButton()
        self._dismiss.setAccessibleName("Dismiss this notice")
        self._dismiss.setToolTip("Dismiss")
        for button in (self._copy, self._dismiss):
            button.setProperty("role", "quiet")
        for at, button in enumerate(self._acts):
            button.clicked.connect(lambda _checked=False, at=at: self._do(at))
        self._copy.clicked.connect(self._copy_details)
        self._dismiss.clicked.connect(board.dismiss)
        self._arrange()
        self._place: QAction = self.addWidget(self._frame)
        board.changed.connect(self.refresh)
        self.refresh()

    def show_theme(self, tokens: Tokens) -> None:
        """Draw the icons in the colours of a theme."""
        self._tokens = tokens
        self._dismiss.setIcon(icon("mdi6.close", tokens))
        self.refresh()

    def refresh(self) -> None:
        """Show the newest notice, or nothing."""
        notice = self._board.newest
        held = self._has_focus()
        self.setVisible(notice is not None)
        if notice is not None:
            self._show(notice)
        if held and not self._has_focus():
            # Qt would give the keyboard to the next button of the toolbar, which nobody chose.
            self.window().setFocus(Qt.FocusReason.OtherFocusReason)

    def _has_focus(self) -> bool:
        now = QApplication.focusWidget()
        return now is not None and self._frame.isAncestorOf(now)

    def _show(self, notice: Notice) -> None:
        colours = {"error": self._tokens.danger, "warning": self._tokens.warning}
        colour = colours.get(notice.level, self._tokens.accent)
        self._mark.setPixmap(icon(_ICONS[notice.level], self._tokens, colour=colour).pixmap(SIZES.icon))
        self._words.setText(self._markup(notice))
        self.setAccessibleName(f"Notice: {notice.text}")
        count = len(self._board)
        self._more.setText(f"and {count - 1} more" if count > 1 else "")
        for at, button in enumerate(self._acts):
            button.setVisible(at < len(notice.actions))
            button.setText(notice.actions[at][0] if at < len(notice.actions) else "")
        self._copy.setVisible(notice.level != "info")
        set_role(self._frame, notice.level, name="level")
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as many lines as the words need at this width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        # A toolbar asks wrapped words for one height at any width, which is far too much.
        row = self._frame.layout()
        if row is None:
            return
        others = (self._mark, self._more, *self._acts, self._copy, self._dismiss)
        taken = sum(w.sizeHint().width() + SIZES.padding for w in others if not w.isHidden())
        room = max(self.width() - taken - 3 * SIZES.padding, 20 * SIZES.padding)
        height = max(self._words.heightForWidth(room), self._copy.sizeHint().height())
        self._frame.setFixedHeight(height + 2 * SIZES.grid)

    def _markup(self, notice: Notice) -> str:
        def plain(text: str) -> str:
            return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")

        def quiet(text: str) -> str:
            return f"<span style='color:{self._tokens.quiet}'>{plain(text)}</span>"

        where = f"{quiet(notice.where)} " if notice.where else ""
        end = "" if notice.hint.endswith(("?", ".")) else "."
        hint = f" {quiet(notice.hint)}{end}" if notice.hint else ""
        what = plain(notice.what[:1].upper() + notice.what[1:])
        return f"{where}<b>{what}.</b>{hint}"

    def _do(self, at: int) -> None:
        notice = self._board.newest
        if notice is not None and at < len(notice.actions):
            self._board.dismiss()
            notice.actions[at][1]()

    def _copy_details(self) -> None:
        notice = self._board.newest
        if notice is not None:
            text = f"{notice.text}\n\n{notice.details}" if notice.details else notice.text
            QApplication.clipboard().setText(text)

    def _arrange(self) -> None:
        row = QHBoxLayout(self._frame)
        row.setContentsMargins(SIZES.padding, SIZES.grid, SIZES.padding, SIZES.grid)
        row.setSpacing(SIZES.padding)
        row.addWidget(self._mark)
        row.addWidget(self._words, 1)
        for widget in (self._more, *self._acts, self._copy, self._dismiss):
            row.addWidget(widget)
