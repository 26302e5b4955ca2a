"""`ProofPill`: the small badge that says whether something was proven to read past bars only."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from engine.backtest.proof_words import CHECKING, LOOKS_AHEAD, PAST_ONLY, UNPROVEN
from ivybt_desktop.context import Badge
from ivybt_desktop.theme.roles import set_role

# A sign beside the word: the colour alone says nothing to many.
_SIGNS = {
    PAST_ONLY: "\N{CHECK MARK}", LOOKS_AHEAD: "\N{WARNING SIGN}", UNPROVEN: "\N{WHITE CIRCLE}",
    CHECKING: "\N{HORIZONTAL ELLIPSIS}",
}  # fmt: skip
_ROLES = {PAST_ONLY: "pill-good", LOOKS_AHEAD: "pill-bad"}
_OPENS = "Click opens the Leak Lab"


def badge_text(status: str) -> str:
    """Return the word of a badge with its sign; empty for none."""
    return f"{_SIGNS[status]} {status}" if status in _SIGNS else ""


class ProofPill(QToolButton):
    """A badge; a click asks for the whole proof.

    Parameters
    ----------
    of : str
        What the proof is about, for screen readers (``strategy``).
    opens : bool, default True
        Whether a click leads somewhere; the keyboard passes over one that does not.
    parent : QWidget, optional
        Owner.
    """

    def __init__(self, of: str, parent: QWidget | None = None, *, opens: bool = True) -> None:
        super().__init__(parent)
        self._of, self._opens = of, opens
        if not opens:
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setProperty("role", "pill")
        self.hide()

    def show_badge(self, badge: Badge) -> None:
        """Show another badge; one without a status hides it."""
        self.setVisible(bool(badge.status))
        self.setText(badge_text(badge.status))
        set_role(self, _ROLES.get(badge.status, "pill"))
        self.setAccessibleName(f"Look-ahead proof of the {self._of}: {badge.status}")
        lines = [line for line in badge.detail.split("\n") if line]
        self.setAccessibleDescription(". ".join(lines))
        # Rich text wraps; plain text would make a tooltip as wide as its longest line.
        self.setToolTip("".join(f"<p>{html.escape(line)}.</p>" for line in [*lines, *[_OPENS] * self._opens]))
