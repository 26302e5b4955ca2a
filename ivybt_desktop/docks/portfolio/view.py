"""`PortfolioView`: four tabs: weights, contribution, correlation, rejected candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from ivybt_desktop.docks.portfolio.columns import rejected_columns
from ivybt_desktop.docks.portfolio.presenter import NO_RUN, NONE_REJECTED, TABS
from ivybt_desktop.docks.portfolio.state import HEADS, Matrix, Share, Weights
from ivybt_desktop.plots.areas import AreaStack
from ivybt_desktop.plots.bar_list import BarList, BarRow
from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.plots.heat_matrix import HeatMatrix
from ivybt_desktop.plots.inks import Inks
from ivybt_desktop.plots.layers import LevelLayer
from ivybt_desktop.plots.lines import LineLayer
from ivybt_desktop.plots.pane import Pane
from ivybt_desktop.plots.scale import percent_text
from ivybt_desktop.plots.stack import PaneStack
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.elided_label import ElidedLabel
from ivybt_desktop.widgets.empty_state import EmptyState
from ivybt_desktop.widgets.table_view import TableView

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.core.bars import Bars

_WEIGHTS, _SCALING = 4, 1


def _scaling_ink(inks: Inks) -> QColor:
    return inks.warning


def _share_text(value: float) -> str:
    return percent_text(value, 1)


def _axis_text(value: float, decimals: int) -> str:
    return percent_text(value, max(decimals - 2, 0))


class PortfolioView(QWidget):
    """The legs of a portfolio; passive.

    Attributes
    ----------
    hovered : Signal(int)
        Bar under the mouse; -1 when it left.
    range_changed : Signal(float, float)
        Visible bar positions after the user moved.
    tab_changed : Signal(str)
        Id of the tab.
    leg_opened, rejected_opened : Signal(int)
        Row of the list or table.
    profit_wanted : Signal(bool)
        Correlations of P&L rather than of returns.
    uncovered : Signal()
        The dock came into sight.
    """

    hovered = Signal(int)
    range_changed = Signal(float, float)
    tab_changed = Signal(str)
    leg_opened = Signal(int)
    rejected_opened = Signal(int)
    profit_wanted = Signal(bool)
    uncovered = Signal()

    def __init__(self, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.tabs, self._pages, self._options = QTabBar(self), QStackedWidget(self), QStackedWidget(self)
        self.stack = PaneStack(theme, "Weights chart", self)
        self.areas = AreaStack(_share_text)
        self.pane = self.stack.add_pane("Weights", _WEIGHTS)
        self._scaling: Pane | None = None
        self.scaling = LineLayer("Targets scaled to", _scaling_ink, text=_share_text)
        self.shares = BarList(theme, "Net profit by leg", self)
        self.matrix = HeatMatrix(theme, "Correlations", self)
        self.table = TableView(theme, "Rejected candidates", self)
        self._rejected = EmptyState(self.table, NONE_REJECTED)
        self._note, self._missed = ElidedLabel("", self), ElidedLabel("", self)
        self._kind, self._pairs = QComboBox(self), QComboBox(self)
        self._weights: Weights | None = None
        self._times: Bars | None = None
        self._body = QWidget(self)
        self._empty = EmptyState(self._body, NO_RUN, self)
        self._build()
        self._connect()
        self.setFocusProxy(self.tabs)

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        self._dress()
        scroll = QScrollArea(self)
        scroll.setWidget(self.shares)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for page, option in (
            (self.stack, self._kind), (scroll, QWidget(self)), (self.matrix, self._matrix_bar()),
            (self._rejected, self._missed),
        ):  # fmt: skip
            self._pages.addWidget(page)
            self._options.addWidget(option)
        bar = QHBoxLayout()
        bar.setContentsMargins(SIZES.padding, 0, SIZES.padding, 0)
        bar.setSpacing(2 * SIZES.padding)
        bar.addWidget(self.tabs)
        bar.addWidget(self._options, 1)
        column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._pages, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._empty)

    def _dress(self) -> None:
        for name in TABS:
            self.tabs.addTab(name.capitalize())
        self.tabs.setAccessibleName("Views of the portfolio")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self._kind.addItems(["Held at the close", "Weights of the allocation"])
        self._kind.setAccessibleName("Weights shown")
        self._pairs.addItems(["Returns of the instruments", "Net P&L of the legs"])
        self._pairs.setAccessibleName("Correlation of")
        for combo in (self._kind, self._pairs):
            combo.setFixedHeight(SIZES.row - 2)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._kind.setMaximumWidth(60 * SIZES.grid)
        self._note.setProperty("role", "label")
        self._missed.setProperty("role", "label")
        self._options.setFixedHeight(SIZES.row)
        self.pane.text = _axis_text
        self.pane.layers += [self.areas, LevelLayer(0.0)]

    def _matrix_bar(self) -> QWidget:
        bar = QWidget(self)
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * SIZES.padding)
        row.addWidget(self._pairs)
        row.addWidget(self._note, 1)
        return bar

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self._choose)
        self._kind.currentIndexChanged.connect(lambda _place: self._fill_weights())
        self._pairs.currentIndexChanged.connect(lambda place: self.profit_wanted.emit(place == 1))
        self.stack.hovered.connect(self.hovered)
        self.stack.range_changed.connect(self.range_changed)
        self.shares.opened.connect(self.leg_opened)
        self.table.current_changed.connect(self.rejected_opened)

    # -- showing --------------------------------------------------------------------------------

    def is_seen(self) -> bool:
        """Return whether anybody can see the dock."""
        return self.isVisible()

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that what was not worked out is wanted now."""
        super().showEvent(event)
        self.uncovered.emit()

    def show_empty(self, words: str) -> None:
        """Show a sentence instead of the tabs."""
        self._empty.show_words(words)

    def show_tabs(self) -> None:
        """Show the tabs."""
        self._empty.show_body()

    def open_tab(self, name: str) -> None:
        """Show a tab."""
        self.tabs.setCurrentIndex(TABS.index(name))

    def show_weights(self, calendar: Calendar, bars: Bars, weights: Weights) -> None:
        """Show weights over time."""
        self._weights = weights
        if self._times is None or not np.array_equal(self._times.time, bars.time):
            self.stack.set_calendar(calendar, len(bars))
            self.stack.follow(-0.5, len(bars) - 0.5)
        self._times = bars
        self._kind.setEnabled(weights.target is not None)
        self._show_scaling(weights)
        self._fill_weights()

    def _fill_weights(self) -> None:
        weights = self._weights
        if weights is None:
            return
        target = weights.target if self._kind.currentIndex() == 1 else None
        self.areas.set_series(weights.names, weights.held if target is None else target)
        self.pane.legend = list(self.areas.entries())
        self.stack.refresh()

    def _show_scaling(self, weights: Weights) -> None:
        if weights.scaling is None:
            if self._scaling is not None:
                self.stack.remove_pane(self._scaling)
                self._scaling = None
            return
        if self._scaling is None:
            self._scaling = self.stack.add_pane("Scaling", _SCALING)
            self._scaling.text, self._scaling.tip = _axis_text, self.pane.tip
            self._scaling.add(self.scaling, legend=True)
            self.stack.share([_WEIGHTS, _SCALING])
        self.scaling.set_values(weights.scaling)

    def show_shares(self, rows: Sequence[Share]) -> None:
        """Show net profit by leg."""
        self.shares.set_rows(HEADS, [BarRow(x.name, x.value, x.figures, strong=x.asset < 0) for x in rows])

    def show_matrix(self, matrix: Matrix) -> None:
        """Show correlations."""
        self.matrix.set_values(matrix.names, matrix.values)
        self._note.setText(matrix.note)

    def show_rejected(self, result: BacktestResult, words: str) -> None:
        """Show the candidates that were left out."""
        if result.rejected.size == 0:
            self._rejected.show_words(words)
            self._missed.setText("")
            return
        self._missed.setText(words)
        self._missed.setToolTip(words)
        self.table.set_columns(rejected_columns(result))
        self._rejected.show_body()

    def follow(self, first: float, last: float) -> None:
        """Show what a linked chart shows."""
        self.stack.follow(first, last)

    def set_cursor_bar(self, bar: int) -> None:
        """Put the time cursor on a bar; -1 takes it away."""
        self.stack.set_cursor_bar(bar)

    def set_tip(self, tip: Callable[[int], list[tuple[str, str]]]) -> None:
        """Take what tells the lines of the data tip."""
        for pane in self.stack.panes:
            pane.tip = tip

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        self.stack.set_theme(theme)
        self.shares.set_theme(theme)
        self.matrix.set_theme(theme)
        self.table.set_theme(theme)

    def _choose(self, place: int) -> None:
        self._pages.setCurrentIndex(place)
        self._options.setCurrentIndex(place)
        self.tab_changed.emit(TABS[place])
