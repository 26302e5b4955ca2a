"""`EquityView`: equity and benchmark above, drawdown below."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from ivybt_desktop.docks.equity.presenter import Curves
from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.plots.inks import Inks
from ivybt_desktop.plots.layers import LevelLayer
from ivybt_desktop.plots.lines import DepthLayer, LineLayer
from ivybt_desktop.plots.scale import percent_text, short_text, value_text
from ivybt_desktop.plots.stack import PaneStack
from ivybt_desktop.theme.tokens import SIZES, Tokens

EMPTY = "Run a backtest with F5 to see its equity and drawdown here"
_EQUITY, _DRAWDOWN = 5, 3
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
    """

    hovered = Signal(int)
    range_changed = Signal(float, float)

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
        self.capital = LevelLayer()
        self.account.add(self.capital)
        self.account.add(self.benchmark)
        self.account.add(self.equity)
        self.account.legend = [self.equity, self.benchmark]
        self.below.add(self.drawdown, legend=True)
        self.account.text, self.below.text = _axis_money, _axis_percent
        self._heading = QLabel(self)
        self._heading.setProperty("role", "label")
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
        bar = QWidget(self)
        bar.setFixedHeight(SIZES.row)
        row = QHBoxLayout(bar)
        row.setContentsMargins(SIZES.padding, 0, SIZES.grid, 0)
        row.addWidget(self._heading, 1)
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
        self.capital.value, self.capital.text = curves.capital, "Capital"
        self.account.unit = curves.currency
        if curves.equity.size:
            final = float(curves.equity[-1])
            self.account.last = (final, final >= curves.capital)
        self.stack.refresh()
        self._pages.setCurrentIndex(1)

    def show_heading(self, text: str) -> None:
        """Show other words on the top edge."""
        self._heading.setText(text)

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
        for pane in self.stack.panes:
            pane.tip = tip

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        self.stack.set_theme(theme)

    def _range_moved(self, first: float, last: float) -> None:
        if self._link.isChecked():
            self.range_changed.emit(first, last)
