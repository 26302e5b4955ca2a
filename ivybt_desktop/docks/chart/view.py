"""`ChartView`: price pane with candles, volume, lines and markers; panes below for other lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from engine.core.bars import Bars
from ivybt_desktop.docks.chart.drawn import IndicatorState
from ivybt_desktop.docks.chart.gates import gate_tip
from ivybt_desktop.docks.chart.heading import HeadingBar
from ivybt_desktop.docks.chart.indicator_panel import IndicatorPanel
from ivybt_desktop.docks.chart.line_panes import group_lines
from ivybt_desktop.docks.chart.ports import Heading, Lines
from ivybt_desktop.docks.chart.signal_candles import Blocks
from ivybt_desktop.plots.asked_bar import AskedBarLayer
from ivybt_desktop.plots.bands import SplitLayer
from ivybt_desktop.plots.blocks import BlockLayer
from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.plots.candles import VOLUME_SHARE, CandleLayer, VolumeLayer
from ivybt_desktop.plots.gate_row import GateRow
from ivybt_desktop.plots.inks import Inks
from ivybt_desktop.plots.level_path import LevelPath
from ivybt_desktop.plots.lines import LineLayer
from ivybt_desktop.plots.markers import MarkerLayer
from ivybt_desktop.plots.pane import Pane
from ivybt_desktop.plots.scale import value_text
from ivybt_desktop.plots.stack import PaneStack
from ivybt_desktop.plots.stop_lines import StopLayer
from ivybt_desktop.theme.tokens import Tokens

FloatArray = npt.NDArray[np.float64]
EMPTY = "Drop a price file here, or open the sample project from the File menu"
# Heights: the price pane against each pane below.
_PRICE, _BELOW = 5, 1


def _series(index: int, inks: Inks) -> QColor:
    return inks.series(index)


class ChartView(QWidget):
    """The chart; passive.

    Attributes
    ----------
    hovered : Signal(int)
        Bar under the mouse; -1 when it left.
    range_changed : Signal(float, float)
        Visible bar positions after the user moved.
    stepped : Signal(int)
        Next (+1) or previous (-1) trade.
    trade_clicked : Signal(int)
        Row of the trade whose marker was clicked.
    bar_clicked : Signal(int)
        Bar that was clicked beside the markers; -1 when Esc let go of it.
    leg_chosen : Signal(int)
        Another instrument of the portfolio was chosen.
    indicators_opened : Signal()
        The list of indicators came into sight.
    """

    hovered = Signal(int)
    range_changed = Signal(float, float)
    stepped = Signal(int)
    trade_clicked = Signal(int)
    bar_clicked = Signal(int)
    leg_chosen = Signal(int)
    indicators_opened = Signal()

    def __init__(self, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.stack = PaneStack(theme, "Price chart", self)
        self.price: Pane = self.stack.add_pane("Prices", _PRICE)
        self.candles, self.markers, self.stops = CandleLayer(), MarkerLayer(), StopLayer()
        self.volume = VolumeLayer(self.candles)
        self.blocks, self.split, self.asked = BlockLayer(), SplitLayer(), AskedBarLayer()
        layers = (self.asked, self.volume, self.candles, self.blocks, self.split, self.stops, self.markers)
        for layer in layers:
            self.price.add(layer)
        self.gates = self.stack.add_strip()
        self.gates.tip = self._gate_tip
        self._below: list[Pane] = []
        self._lines: dict[str, LineLayer] = {}
        self._layout_key: tuple[tuple[str, str], ...] = ()
        self._decimals = 2
        self._tip: Callable[[int], list[tuple[str, str]]] | None = None
        self._heading, self.panel = HeadingBar(self), IndicatorPanel(self)
        self._empty = QLabel(EMPTY, self)
        self._empty.setProperty("role", "empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._build()
        self.stack.hovered.connect(self.hovered)
        self.stack.range_changed.connect(self.range_changed)
        self.stack.stepped.connect(self.stepped)
        self.price.clicked.connect(self._clicked)
        self.stack.installEventFilter(self)
        self._heading.leg_chosen.connect(self.leg_chosen)
        self._heading.blocks_toggled.connect(self._show_blocks)
        self._heading.indicators_toggled.connect(self._show_panel)
        self.panel.left.connect(self.toggle_indicators)
        self.setFocusProxy(self.stack)

    def _build(self) -> None:
        full = QWidget(self)
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._heading)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.stack, 1)
        row.addWidget(self.panel)
        column.addLayout(row, 1)
        self.panel.hide()
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(full)

    def show_empty(self) -> None:
        """Say what to do to see something."""
        self._pages.setCurrentIndex(0)

    def show_bars(self, bars: Bars, calendar: Calendar, decimals: int) -> None:
        """Show another series."""
        self.candles.set_bars(bars)
        self.volume.set_bars(bars)
        self._decimals = decimals
        self.price.foot = VOLUME_SHARE if self.volume.present else 0.0
        self.price.unit, self.price.decimals = bars.instrument.currency, decimals
        rise = len(bars) < 2 or bool(bars.close[-1] >= bars.close[-2])
        self.price.last = (float(bars.close[-1]), rise) if len(bars) else None
        self.show_lines({})
        self.stack.set_calendar(calendar, len(bars))
        self._pages.setCurrentIndex(1)

    def show_heading(self, heading: Heading) -> None:
        """Show other words on the top edge."""
        self._heading.show_heading(heading)

    def show_lines(self, lines: Lines) -> None:
        """Show indicator lines; panes are rebuilt only when other lines are shown."""
        # Grouped once for a set of names: panes must not jump while a slider is dragged.
        key = tuple((name, where) for name, (_, where) in lines.items())
        if key != self._layout_key:
            self._layout_key = key
            self._arrange(lines, group_lines(lines))
        for name, (values, _) in lines.items():
            self._lines[name].set_values(values)
        self.stack.refresh()

    def _arrange(self, lines: Lines, groups: list[list[str]]) -> None:
        for layer in self._lines.values():
            if layer in self.price.layers:
                self.price.layers.remove(layer)
        for pane in self._below:
            self.stack.remove_pane(pane)
        self._below, self._lines, self.price.legend = [], {}, []
        for place, (name, (_, where)) in enumerate(lines.items()):
            text = partial(value_text, decimals=self._decimals)
            self._lines[name] = LineLayer(name.replace("_", " "), partial(_series, place), text=text)
            if where == "price":
                # Below the stops and the markers, which come last.
                self.price.layers.insert(self.price.layers.index(self.stops), self._lines[name])
                self.price.legend.append(self._lines[name])
        for group in groups:
            pane = self.stack.add_pane(", ".join(group), _BELOW)
            pane.tip = self._tip
            for name in group:
                pane.add(self._lines[name], legend=True)
            self._below.append(pane)
        self.stack.share([_PRICE, *([_BELOW] * len(groups))])

    def show_trades(self, trades: npt.NDArray[Any], close: FloatArray) -> None:
        """Show the markers of other round trips."""
        self.markers.set_trades(trades, close)
        self.price.refresh()

    def mark_trade(self, row: int) -> None:
        """Highlight a trade; -1 for none."""
        if self.markers.selected != row:
            self.markers.selected = row
            self.price.refresh()

    def mark_bar(self, bar: int) -> None:
        """Mark the bar that is explained; -1 for none."""
        if self.asked.bar != bar:
            self.asked.bar = bar
            self.price.refresh()

    def show_levels(self, levels: Sequence[LevelPath]) -> None:
        """Show where the orders of the selected trade stood."""
        self.stops.set_levels(levels)
        self.price.refresh()

    def show_legs(self, names: Sequence[tuple[int, str]], asset: int) -> None:
        """Offer the instruments of a portfolio; none takes the choice away."""
        self._heading.show_legs(names, asset)

    def show_gates(self, rows: Sequence[GateRow]) -> None:
        """Show the gates under the prices."""
        self.gates.set_rows(rows)

    def show_split(self, bar: int | None) -> None:
        """Show where the test part begins."""
        self.split.bar = bar
        self.price.refresh()

    def show_blocks(self, blocks: Blocks | None) -> None:
        """Show the candles that the strategy decided on; None when they are the bars."""
        empty: FloatArray = np.empty(0)
        self.blocks.set_blocks(*(blocks or (empty, empty, empty, empty)))
        self._heading.offer_blocks(offered=blocks is not None)
        self.price.refresh()

    def toggle_blocks(self) -> None:
        """Show or hide the candles that the strategy decided on."""
        self._heading.blocks.toggle()

    def show_indicators(self, state: IndicatorState) -> None:
        """Show the catalogue and what is drawn of it."""
        self.panel.show_state(state)

    def toggle_indicators(self) -> None:
        """Show or hide the list of indicators."""
        self._heading.indicators.toggle()

    def _show_panel(self, shown: bool) -> None:  # noqa: FBT001  (listener)
        self.panel.setVisible(shown)
        if shown:
            self.indicators_opened.emit()
            self.panel.begin()
        else:
            self.stack.setFocus()

    def _show_blocks(self, shown: bool) -> None:  # noqa: FBT001  (listener)
        self.blocks.shown = shown
        self.price.refresh()

    def _gate_tip(self, bar: int) -> list[tuple[str, str]]:
        head = self._tip(bar)[:1] if self._tip is not None else []
        return [*head, *gate_tip(list(self.gates.gates.rows), bar)] if head else []

    def middle_bar(self) -> int:
        """Return the bar in the middle of what is visible."""
        return round((self.stack.shown.first + self.stack.shown.last) / 2)

    def bring(self, first: int, last: int) -> None:
        """Centre some bars and keep the zoom."""
        self.stack.shown.bring(first, last)

    def follow(self, first: float, last: float) -> None:
        """Show what a linked chart shows."""
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

    def _clicked(self, x: float, y: float) -> None:
        self.stack.setFocus()
        row = self.markers.hit(self.price.view(), x, y)
        if row >= 0:
            self.trade_clicked.emit(row)
            return
        bar = round(self.price.view().bar(x))
        if 0 <= bar < self.stack.shown.count:
            self.bar_clicked.emit(bar)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Esc let go of the marked bar; without one it stops a run, as everywhere."""
        kinds = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if event.type() in kinds and is_escape and self.asked.bar >= 0:
            if event.type() == QEvent.Type.KeyPress:
                self.bar_clicked.emit(-1)
            event.accept()
            return True
        return super().eventFilter(watched, event)
