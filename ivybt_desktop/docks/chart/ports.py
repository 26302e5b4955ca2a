"""What the chart's presenter shows, and what it needs of its view. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from engine.core.errors import IvyError

if TYPE_CHECKING:
    from engine.core.bars import Bars
    from ivybt_desktop.docks.chart.drawn import IndicatorState
    from ivybt_desktop.docks.chart.signal_candles import Blocks
    from ivybt_desktop.plots.calendar_ticks import Calendar
    from ivybt_desktop.plots.gate_row import GateRow
    from ivybt_desktop.plots.level_path import LevelPath
    from ivybt_desktop.theme.tokens import Tokens

FloatArray = npt.NDArray[np.float64]
# Name -> (values, "price", "own", or "own" and a number for lines that share no pane with others).
Lines = Mapping[str, tuple[FloatArray, str]]


@dataclass(frozen=True, slots=True)
class Heading:
    """The quiet line on the chart's top edge.

    Parameters
    ----------
    symbol : str
        Instrument and bar length.
    strategy : str
        Strategy with parameters, or what to do to get one.
    fill : str
        When orders fill and what they cost.
    warn : bool
        Whether the fill sentence is a warning.
    """

    symbol: str
    strategy: str = ""
    fill: str = ""
    warn: bool = False


class ChartScreen(Protocol):
    """What the presenter needs of the view."""

    hovered: Any
    range_changed: Any
    stepped: Any
    trade_clicked: Any
    bar_clicked: Any
    leg_chosen: Any
    indicators_opened: Any

    def show_empty(self) -> None:
        """Say what to do to see something."""
        ...

    def show_bars(self, bars: Bars, calendar: Calendar, decimals: int) -> None:
        """Show another series."""
        ...

    def show_heading(self, heading: Heading) -> None:
        """Show other words on the top edge."""
        ...

    def show_lines(self, lines: Lines) -> None:
        """Show indicator lines."""
        ...

    def show_indicators(self, state: IndicatorState) -> None:
        """Show the catalogue of indicators and what is drawn of it."""
        ...

    def show_trades(self, trades: npt.NDArray[Any], close: FloatArray) -> None:
        """Show the markers of other round trips."""
        ...

    def mark_trade(self, row: int) -> None:
        """Highlight a trade; -1 for none."""
        ...

    def mark_bar(self, bar: int) -> None:
        """Mark the bar that is explained; -1 for none."""
        ...

    def show_levels(self, levels: Sequence[LevelPath]) -> None:
        """Show where the orders of the selected trade stood."""
        ...

    def show_legs(self, names: Sequence[tuple[int, str]], asset: int) -> None:
        """Offer the instruments of a portfolio; none takes the choice away."""
        ...

    def show_gates(self, rows: Sequence[GateRow]) -> None:
        """Show the gates under the prices."""
        ...

    def show_split(self, bar: int | None) -> None:
        """Show where the test part begins."""
        ...

    def show_blocks(self, blocks: Blocks | None) -> None:
        """Show the candles that the strategy decided on; None when they are the bars."""
        ...

    def middle_bar(self) -> int:
        """Return the bar in the middle of what is visible."""
        ...

    def bring(self, first: int, last: int) -> None:
        """Centre some bars and keep the zoom."""
        ...

    def follow(self, first: float, last: float) -> None:
        """Show what a linked chart shows."""
        ...

    def set_cursor_bar(self, bar: int) -> None:
        """Put the time cursor on a bar; -1 takes it away."""
        ...

    def set_tip(self, tip: Callable[[int], list[tuple[str, str]]]) -> None:
        """Take what tells the lines of the data tip."""
        ...

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        ...


class Worker(Protocol):
    """Runs a function off the GUI thread; answers arrive in it."""

    def call(
        self, work: Callable[[], Any], then: Callable[[Any], object], failed: Callable[[IvyError], object]
    ) -> None:
        """Run ``work`` elsewhere, then ``then(value)`` or ``failed(error)``."""
        ...

    def close(self) -> None:
        """Drop what has not started; no answer comes after this."""
        ...
