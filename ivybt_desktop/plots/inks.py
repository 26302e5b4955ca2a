"""`Inks`: the pens, brushes and fonts of one theme, made once and shared by all layers."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPen

from ivybt_desktop.theme.tokens import SIZES, Tokens


class Inks:
    """Colours of a theme as Qt values.

    Parameters
    ----------
    tokens : Tokens
        The theme.

    Attributes
    ----------
    panel, raised, line, text, quiet, accent, warning, up, down : QColor
        Colours of the tokens of the same name.
    """

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.panel, self.raised = QColor(tokens.panel), QColor(tokens.raised)
        self.line, self.text, self.quiet = QColor(tokens.line), QColor(tokens.text), QColor(tokens.quiet)
        self.accent, self.warning = QColor(tokens.accent), QColor(tokens.warning)
        self.up, self.down = QColor(tokens.up), QColor(tokens.down)

    def series(self, index: int) -> QColor:
        """Return the colour of the n-th line; the list starts again at its end."""
        return QColor(self.tokens.series[index % len(self.tokens.series)])

    def sign(self, positive: bool) -> QColor:  # noqa: FBT001  (the value, not a switch)
        """Return the colour of a rise or a fall."""
        return self.up if positive else self.down


def inks_of(tokens: Tokens) -> Inks:
    """Return the inks of a theme; the same object for the same theme."""
    return _inks(tokens)


@lru_cache(maxsize=8)
def _inks(tokens: Tokens) -> Inks:
    return Inks(tokens)


def pen(colour: QColor, width: float = 1.0, *, dashed: bool = False) -> QPen:
    """Return a pen that keeps its width at any zoom."""
    made = QPen(colour, width)
    made.setCosmetic(True)
    made.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dashed:
        made.setDashPattern([4.0, 3.0])
    return made


def faded(colour: QColor, share: float) -> QColor:
    """Return the colour with an opacity in [0, 1]."""
    made = QColor(colour)
    made.setAlphaF(share)
    return made


def mixed(colour: QColor, ground: QColor, share: float) -> QColor:
    """Return the opaque colour that ``share`` of a colour over a ground looks like; opaque fills are fast."""
    parts = ((colour.red(), ground.red()), (colour.green(), ground.green()), (colour.blue(), ground.blue()))
    return QColor(*(round(share * over + (1 - share) * under) for over, under in parts))


def label_font(base: QFont) -> QFont:
    """Return the font of axis labels and legends: small, with figures of one width."""
    font = QFont(base)
    font.setPixelSize(SIZES.label)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font
