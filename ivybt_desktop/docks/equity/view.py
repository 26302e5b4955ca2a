"""`EquityView`: equity and benchmark above, drawdown below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from ivybt_desktop.docks.equity.presenter import Curves, Heading
from ivybt_desktop.plots.areas import AreaStack
from ivybt_desktop.plots.bands import BandLayer, SplitLayer
from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.plots.inks import Inks
from ivybt_desktop.plots.layers import LevelLayer
from ivybt_desktop.plots.lines import DepthLayer, LineLayer
from ivybt_desktop.plots.pane import Pane
from ivybt_desktop.plots.scale import percent_text, short_text, value_text
from ivybt_desktop.plots.stack import PaneStack
from ivybt_desktop.theme.roles import set_role
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.elided_label import ElidedLabel

EMPTY = "Run a backtest with F5 to see its equity and drawdown here"
_EQUITY, _DRAWDOWN, _SHARES = 5, 3, 4
_OFF, _LINES, _STACKED = range(3)
FloatArray = npt.NDArray[np.float64]
DOUBT = "What came first inside a bar is not known for these trades; the band shows the range of equity"
# From here on the axis writes 1.25M instead of 1,250,000.
_LARGE = 10_000_000
_ABOVE_ZERO = 1e-9


def _money(value: float) -> str:
    return value_text(value, 2)


def _axis_money(value: float, decimals: int) -> str:
    return short_text(value) if abs(value) >= _LARGE else value_text(value, decimals)


def _axis_percent(value: float, decimals: int) -> str:
    # The room of the legend lies above zero, where no drawdown can be.
    return percent_text(value, max(decimals - 2, 0)) if value < _ABOVE_ZERO else ""


def _signed_money(value: float) -> str:
    return value_text(value, 0)


def _line_ink(place: int, inks: Inks) -> QColor:
    return inks.series(place)


def _equity_ink(inks: Inks) -> QColor:
    return inks.series(0)


def _benchmark_ink(inks: Inks) -> QColor:
    return inks.quiet


def _drawdown_ink(inks: Inks) -> QColor:
    return inks.down


class EquityView(QWidget):
    """The account curve; passive.

    Attributes
    ----------
    hovered : Signal(int)
        Bar under the mouse; -1 when it left.
    range_changed : Signal(float, float)
        Visible bar positions after the user moved, while the link is on.
    shares_wanted : Signal(bool)
        Whether the net profit of each leg is to be shown.
    """

    hovered = Signal(int)
    range_changed = Signal(float, float)
    shares_wanted = Signal(bool)

    def __init__(self, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.stack = PaneStack(theme, "Equity chart", self)
        self.account = self.stack.add_pane("Equity", _EQUITY)
        self.below = self.stack.add_pane("Drawdown", _DRAWDOWN)
        self.stack.share([_EQUITY, _DRAWDOWN])
        self.equity = LineLayer("Equity", _equity_ink, width=1.6, text=_money)
        self.benchmark = LineLayer("Buy and hold", _benchmark_ink, width=1.2, text=_money, dashed=True)
        self.drawdown = DepthLayer("Drawdown", _drawdown_ink, lambda value: percent_text(value, 2))
        self.capital, self.split = LevelLayer(), SplitLayer()
        self.band = BandLayer("Pessimistic to optimistic", _equity_ink)
        for layer in (self.band, self.split, self.capital, self.benchmark, self.equity):
            self.account.add(layer)
        self.account.legend = [self.equity, self.benchmark]
        self.below.add(self.drawdown, legend=True)
        self.account.text, self.below.text = _axis_money, _axis_percent
        self._profit: Pane | None = None
        self._shown: tuple[Sequence[str], FloatArray] = ((), np.empty((0, 0)))
        self._tip: Callable[[int], list[tuple[str, str]]] | None = None
        self._heading, self._doubt = ElidedLabel("", self), ElidedLabel("", self, fills=False)
        self._shares = QComboBox(self)
        self._link = QCheckBox("Link time", self)
        self._link.setChecked(True)
        self._link.setToolTip("Move and zoom together with the chart")
        self._empty = QLabel(EMPTY, self)
        self._empty.setProperty("role", "empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._build()
        self.stack.hovered.connect(self.hovered)
        self.stack.range_changed.connect(self._range_moved)
        self.setFocusProxy(self.stack)

    def _build(self) -> None:
        self._heading.setProperty("role", "label")
        self._doubt.setProperty("role", "caution")
        self._shares.addItems(["Profit by leg: off", "Profit by leg: lines", "Profit by leg: stacked"])
        self._shares.setAccessibleName("Profit by leg")
        self._shares.setToolTip("Cumulated net profit of each leg; together they are equity less capital")
        self._shares.setFixedHeight(SIZES.row - 2)
        self._shares.currentIndexChanged.connect(self._choose_shares)
        self._shares.hide()
        bar = QWidget(self)
        bar.setFixedHeight(SIZES.row)
        row = QHBoxLayout(bar)
        row.setContentsMargins(SIZES.padding, 0, SIZES.grid, 0)
        row.setSpacing(2 * SIZES.padding)
        row.addWidget(self._heading, 1)
        row.addWidget(self._doubt)
        row.addWidget(self._shares)
        row.addWidget(self._link)
        full = QWidget(self)
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.stack, 1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(full)

    def show_empty(self) -> None:
        """Say what to do to see something."""
        self._pages.setCurrentIndex(0)

    def show_bars(self, calendar: Calendar, count: int) -> None:
        """Take another time axis and show all of it."""
        self.stack.set_calendar(calendar, count)
        self.stack.follow(-0.5, count - 0.5)

    def show_curves(self, curves: Curves) -> None:
        """Show another run on the same axis."""
        self.equity.set_values(curves.equity)
        self.benchmark.set_values(curves.benchmark)
        self.drawdown.set_values(curves.drawdown)
        self.benchmark.title = curves.benchmark_name
        empty: FloatArray = np.empty(0)
        self.band.set_values(*(curves.band or (empty, empty)))
        self.split.bar = curves.split
        self.account.legend = [self.equity, *([self.band] if curves.band else []), self.benchmark]
        self.capital.value, self.capital.text = curves.capital, "Capital"
        self.account.unit = curves.currency
        if curves.equity.size:
            final = float(curves.equity[-1])
            self.account.last = (final, final >= curves.capital)
        self.stack.refresh()
        self._pages.setCurrentIndex(1)

    def show_heading(self, heading: Heading) -> None:
        """Show other words on the top edge."""
        words = f"{heading.text}.  {heading.sentence}"
        self._heading.setText(words)
        self._heading.setToolTip(words)
        set_role(self._heading, "caution" if heading.warn else "label")
        self._doubt.setText(heading.doubt)
        self._doubt.setToolTip(f"{heading.doubt}. {DOUBT}")
        self._doubt.setVisible(bool(heading.doubt))

    def offer_shares(self, *, offered: bool) -> None:
        """Offer the net profit of each leg, or take the offer away."""
        self._shares.setVisible(offered)

    def next_shares(self) -> None:
        """Show the profit by leg in the next way: not at all, as lines, stacked."""
        if not self._shares.isHidden():
            self._shares.setCurrentIndex((self._shares.currentIndex() + 1) % self._shares.count())

    def show_shares(self, names: Sequence[str], profit: FloatArray) -> None:
        """Show cumulated net profit of each leg; none takes the pane away."""
        self._shown = (names, profit)
        if not len(names):
            if self._profit is not None:
                self.stack.remove_pane(self._profit)
                self._profit = None
                self.stack.share([_EQUITY, _DRAWDOWN])
            return
        if self._profit is None:
            self._profit = self.stack.add_pane("Profit by leg", _SHARES)
            self._profit.text, self._profit.tip = _axis_money, self._tip
            self.stack.share([_EQUITY, _DRAWDOWN, _SHARES])
        self._fill_profit(self._profit, names, profit)

    def _fill_profit(self, pane: Pane, names: Sequence[str], profit: FloatArray) -> None:
        pane.layers, pane.legend = [LevelLayer(0.0)], []
        if self._shares.currentIndex() == _STACKED:
            areas = AreaStack(_signed_money)
            areas.set_series(names, profit)
            pane.layers.insert(0, areas)
            pane.legend = list(areas.entries())
        else:
            for place, name in enumerate(names):
                line = LineLayer(name, partial(_line_ink, place), width=1.2, text=_signed_money)
                line.set_values(profit[place])
                pane.layers.append(line)
                pane.legend.append(line)
        pane.unit = self.account.unit
        pane.refresh()

    def _choose_shares(self, choice: int) -> None:
        self.shares_wanted.emit(choice != _OFF)

    def toggle_link(self) -> None:
        """Follow the chart's time axis, or stop following it."""
        self._link.toggle()

    def follow(self, first: float, last: float) -> None:
        """Show what a linked chart shows."""
        if self._link.isChecked():
            self.stack.follow(first, last)

    def set_cursor_bar(self, bar: int) -> None:
        """Put the time cursor on a bar; -1 takes it away."""
        self.stack.set_cursor_bar(bar)

    def set_tip(self, tip: Callable[[int], list[tuple[str, str]]]) -> None:
        """Take what tells the lines of the data tip."""
        self._tip = tip
        for pane in self.stack.panes:
            pane.tip = tip

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        self.stack.set_theme(theme)

    def _range_moved(self, first: float, last: float) -> None:
        if self._link.isChecked():
            self.range_changed.emit(first, last)
