"""`CostsView`: the waterfall from gross to net, and its numbers in a table."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from ivybt_desktop.docks.costs.columns import cost_columns
from ivybt_desktop.docks.costs.presenter import NO_RUN
from ivybt_desktop.docks.costs.state import CostState, foot_words, heading_words, tip_words
from ivybt_desktop.plots.waterfall import Step, Waterfall
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.elided_label import ElidedLabel
from ivybt_desktop.widgets.empty_state import EmptyState
from ivybt_desktop.widgets.format import money
from ivybt_desktop.widgets.table_view import TableView

if TYPE_CHECKING:
    from collections.abc import Sequence

# From here on cents are noise over a column.
_WHOLE = 1_000


class CostsView(QWidget):
    """From gross to net; passive.

    Attributes
    ----------
    uncovered : Signal()
        The dock came into sight.
    """

    uncovered = Signal()

    def __init__(self, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.waterfall = Waterfall(theme, "From gross to net profit", self)
        self.table = TableView(theme, "Costs", self)
        self._state: CostState | None = None
        self._heading, self._warning = (ElidedLabel("", self, fills=False) for _ in range(2))
        self._foot, self._body = ElidedLabel("", self), QWidget(self)
        self._empty = EmptyState(self._body, NO_RUN, self)
        self.waterfall.tip = self._tip
        self._build()
        self.setFocusProxy(self.table)

    def _build(self) -> None:
        for label, role in (
            (self._heading, "heading"), (self._warning, "warning"), (self._foot, "label")
        ):  # fmt: skip
            label.setProperty("role", role)
        bar = QHBoxLayout()
        bar.setContentsMargins(SIZES.padding, SIZES.grid, SIZES.padding, 0)
        bar.setSpacing(2 * SIZES.padding)
        bar.addWidget(self._heading)
        bar.addWidget(self._warning)
        bar.addWidget(self._foot, 1)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setChildrenCollapsible(False)
        split.addWidget(self.waterfall)
        split.addWidget(self.table)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 1)
        split.setSizes([400, 620])
        column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SIZES.grid)
        column.addLayout(bar)
        column.addWidget(split, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._empty)

    def is_seen(self) -> bool:
        """Return whether anybody can see the dock."""
        return self.isVisible()

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that what was not worked out is wanted now."""
        super().showEvent(event)
        self.uncovered.emit()

    def show_empty(self, words: str) -> None:
        """Show a sentence instead of the numbers."""
        self._empty.show_words(words)

    def show_state(self, state: CostState, costs: str, warning: str) -> None:
        """Show the costs of a run, the sentence of its cost model, and a warning or nothing."""
        self._state = state
        self._heading.setText(heading_words(state))
        self._heading.setToolTip(costs)
        self._warning.setText(warning)
        self._warning.setVisible(bool(warning))
        self._foot.setText(foot_words(state))
        self.waterfall.set_steps(steps_of(state))
        self.table.set_columns(cost_columns(state))
        self._empty.show_body()

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        self.waterfall.set_theme(theme)
        self.table.set_theme(theme)

    def _tip(self, place: int) -> str:
        if self._state is None:
            return ""
        return "<br>".join(html.escape(line) for line in tip_words(self._state, place).split("\n"))


def steps_of(state: CostState) -> Sequence[Step]:
    """Return the columns of the waterfall."""
    return [
        Step(part.short, part.value, _short(part.value), total=part.total) for part in state.parts
    ]


def _short(value: float) -> str:
    """Return an amount over a column: cents only where they matter; the table has them all."""
    return money(value, 0 if abs(value) >= _WHOLE else 2, signed=True)
