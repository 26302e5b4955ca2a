"""The large numbers at the top: a quiet label, the number, sometimes a note; two or three in a line."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHelpEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QToolTip, QVBoxLayout, QWidget

from ivybt_desktop.docks.metrics.state import Headline
from ivybt_desktop.theme.tokens import DARK, SIZES, Tokens
from ivybt_desktop.widgets.number_edit import tabular

# Room that "1,234.56%" needs at headline size, with the padding.
_TILE_WIDTH = SIZES.grid * 33


class HeadlineTile(QWidget):
    """One number.

    Parameters
    ----------
    explain : callable
        Text of the tooltip, asked for only when it is shown.
    """

    def __init__(self, explain: Callable[[str], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._explain, self._name, self._colour = explain, "", ""
        self.title, self.value, self.note = _label("label"), _label("headline"), _label("label")
        self.value.setFont(tabular(self.value.font()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.setAlignment(Qt.AlignmentFlag.AlignTop)
        for part in (self.title, self.value, self.note):
            column.addWidget(part)

    def show_headline(self, headline: Headline, tokens: Tokens) -> None:
        """Show another number."""
        self._name = headline.name
        self.title.setText(headline.title)
        self.value.setText(headline.value)
        self.note.setText(headline.note)
        self.note.setVisible(bool(headline.note))
        self.setAccessibleName(f"{headline.title} {headline.value} {headline.note}".strip())
        colour = {"up": tokens.up, "down": tokens.down}.get(headline.tone, tokens.text)
        if colour != self._colour:
            self._colour = colour
            self.value.setStyleSheet(f"color: {colour}; font-size: {SIZES.headline}px;")

    def event(self, event: QEvent) -> bool:
        """Explain the number on hover."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._name:
            QToolTip.showText(event.globalPos(), self._explain(self._name), self)
            return True
        return super().event(event)


class HeadlineGrid(QWidget):
    """Tiles in as many columns as there is room for.

    Parameters
    ----------
    explain : callable
        Text of a tooltip by metric.
    """

    def __init__(self, explain: Callable[[str], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._explain, self._columns, self._tokens = explain, 0, DARK
        self._shown: tuple[Headline, ...] = ()
        self.tiles: list[HeadlineTile] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SIZES.padding)
        self._grid.setVerticalSpacing(SIZES.grid)

    def show_headlines(self, headlines: tuple[Headline, ...]) -> None:
        """Show other numbers."""
        self._shown = headlines
        while len(self.tiles) < len(headlines):
            self.tiles.append(HeadlineTile(self._explain, self))
            self._columns = 0
        for tile, headline in zip(self.tiles, headlines, strict=False):
            tile.show_headline(headline, self._tokens)
        self._arrange()

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        self._tokens = tokens
        self.show_headlines(self._shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room there is."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        columns = max(2, min(3, self.width() // _TILE_WIDTH))
        if columns == self._columns or not self.tiles:
            return
        self._columns = columns
        for at, tile in enumerate(self.tiles):
            self._grid.addWidget(tile, at // columns, at % columns)
        for column in range(3):
            self._grid.setColumnStretch(column, int(column < columns))


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    return label
