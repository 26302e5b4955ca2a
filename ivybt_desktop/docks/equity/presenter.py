"""`EquityPresenter`: the account curve of the shown run, what is not known of it, and who earned it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.signal import Links
from ivybt_desktop.widgets.format import exact, money, percent
from ivybt_desktop.widgets.largest_legs import LargestLegs
from ivybt_desktop.widgets.run_words import ambiguity_words, leg_titles, needs_care, run_sentence

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.core.bars import Bars
    from ivybt_desktop.context import Workspace
    from ivybt_desktop.theme.tokens import Tokens

FloatArray = npt.NDArray[np.float64]
SOURCE = "equity"


@dataclass(frozen=True, eq=False)
class Curves:
    """What the dock draws.

    Parameters
    ----------
    equity, benchmark, drawdown : float64[n]
        Net account value, buy and hold without costs, equity against its peak as a fraction.
    capital : float
        Cash at the start.
    currency : str
        Of the account.
    benchmark_name : str
        Name in the legend.
    band : (float64[n], float64[n]) or None
        Pessimistic and optimistic equity where they differ anywhere.
    split : int or None
        First bar of the test part.
    """

    equity: FloatArray
    benchmark: FloatArray
    drawdown: FloatArray
    capital: float
    currency: str
    benchmark_name: str
    band: tuple[FloatArray, FloatArray] | None = None
    split: int | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """The line on the top edge.

    Parameters
    ----------
    text : str
        What the curve is.
    doubt : str
        How much rests on ambiguous trades; empty when nothing does.
    sentence : str
        When orders fill and what they cost.
    warn : bool
        Whether the sentence is a warning.
    """

    text: str
    doubt: str = ""
    sentence: str = ""
    warn: bool = False


class EquityScreen(Protocol):
    """What the presenter needs of the view."""

    hovered: Any
    range_changed: Any
    shares_wanted: Any

    def show_empty(self) -> None:
        """Say what to do to see something."""
        ...

    def show_bars(self, calendar: Calendar, count: int) -> None:
        """Take another time axis and show all of it."""
        ...

    def show_curves(self, curves: Curves) -> None:
        """Show another run on the same axis."""
        ...

    def offer_shares(self, *, offered: bool) -> None:
        """Offer the net profit of each leg, or take the offer away."""
        ...

    def show_shares(self, names: Sequence[str], profit: FloatArray) -> None:
        """Show cumulated net profit of each leg, float64[k, n]; none takes the pane away."""
        ...

    def show_heading(self, heading: Heading) -> None:
        """Show other words on the top edge."""
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


class EquityPresenter:
    """Net equity, benchmark and drawdown of the workspace's result.

    A new series is shown whole; from then on the time axis follows the chart's, and the other way
    round, until the link is switched off in the view.

    Parameters
    ----------
    view : EquityScreen
        The widget, or a fake.
    workspace : Workspace
        What the user is looking at.
    """

    def __init__(self, view: EquityScreen, workspace: Workspace) -> None:
        self._view, self._workspace = view, workspace
        self._bars: Bars | None = None
        self._calendar: Calendar | None = None
        self._curves: Curves | None = None
        self._wants_shares = False
        view.set_tip(self.describe)
        view.hovered.connect(workspace.hover_bar)
        view.range_changed.connect(self._range_moved)
        view.shares_wanted.connect(self.want_shares)
        self._links = Links(
            (workspace.result_changed, self._result_changed),
            (workspace.bar_hovered, view.set_cursor_bar),
            (workspace.range_changed, self._range_elsewhere),
            (workspace.badges_changed, self._show_heading),
            (workspace.theme_changed, view.set_theme),
        )
        self._result_changed(workspace.result)

    def close(self) -> None:
        """Disconnect."""
        self._links.close()

    def want_shares(self, wanted: bool) -> None:  # noqa: FBT001  (listener)
        """Show the net profit of each leg, or stop showing it."""
        self._wants_shares = wanted
        self._show_shares(self._workspace.result)

    def describe(self, bar: int) -> list[tuple[str, str]]:
        """Return the lines of the data tip at a bar: its date, then labels and values."""
        curves = self._curves
        if curves is None or self._calendar is None or not 0 <= bar < curves.equity.size:
            return []
        before = curves.equity[bar - 1] if bar else curves.capital
        equity, benchmark = float(curves.equity[bar]), float(curves.benchmark[bar])
        rows = [
            ("", self._calendar.stamp(bar)),
            ("Equity", money(equity)),
            ("Since start", percent(equity / curves.capital - 1, signed=True)),
            ("This bar", percent(equity / before - 1, signed=True)),
            (curves.benchmark_name, money(benchmark)),
            ("Drawdown", percent(curves.drawdown[bar])),
        ]
        if curves.band is not None:
            low, high = curves.band
            rows.insert(2, ("Pessimistic", money(low[bar])))
            rows.insert(3, ("Optimistic", money(high[bar])))
        return rows

    def _result_changed(self, result: BacktestResult | None) -> None:
        if result is None:
            self._curves = None
            self._view.show_empty()
            return
        bars = result.bars
        if self._bars is None or not np.array_equal(self._bars.time, bars.time):
            self._calendar = Calendar.of(bars)
            self._view.show_bars(self._calendar, len(bars))
        self._bars = bars
        self._curves = curves_of(result)
        self._view.show_curves(self._curves)
        self._view.offer_shares(offered=result.is_portfolio)
        self._show_shares(result)
        self._show_heading()

    def _show_heading(self) -> None:
        result = self._workspace.result
        if result is not None:
            self._view.show_heading(heading_of(result, self._workspace.result_badge.status))

    def _show_shares(self, result: BacktestResult | None) -> None:
        if result is None or not (self._wants_shares and result.is_portfolio):
            self._view.show_shares((), np.empty((0, 0)))
        else:
            self._view.show_shares(*shares_of(result))

    def _range_moved(self, first: float, last: float) -> None:
        self._workspace.show_range(first, last, SOURCE)

    def _range_elsewhere(self, first: float, last: float, source: str) -> None:
        if source != SOURCE:
            self._view.follow(first, last)


def curves_of(result: BacktestResult) -> Curves:
    """Return what is drawn of a run."""
    bars, band = result.bars, result.band
    bounds = None
    if band is not None and not np.array_equal(band.pessimistic, band.optimistic):
        bounds = (band.pessimistic, band.optimistic)
    held = "an equal stake in each" if result.is_portfolio else bars.symbol
    return Curves(
        result.equity, result.benchmark, result.drawdown, result.spec.capital, bars.instrument.currency,
        f"Buy and hold {held}", bounds, result.split,
    )  # fmt: skip


def heading_of(result: BacktestResult, proof: str = "") -> Heading:
    """Return the words over the curve of a run; ``proof`` is the word of its look-ahead badge."""
    spec, currency = result.spec, result.bars.instrument.currency
    text = f"Equity net of all costs, {currency}, from {exact(spec.capital)}"
    if result.is_portfolio:
        text += f", {len(set(result.symbols))} instruments"
    sentence = run_sentence(spec, proof)
    return Heading(text, ambiguity_words(result), sentence, needs_care(spec, proof))


def shares_of(result: BacktestResult) -> tuple[list[str], FloatArray]:
    """Return the cumulated net profit of the legs that moved the account most; the rest is one line.

    Returns
    -------
    names : list of str
    profit : float64[k, n]
        The rows sum to equity less capital.
    """
    from engine.backtest.contribution import contributions  # noqa: PLC0415  (only portfolios need it)

    profit = contributions(result)
    largest = LargestLegs.of(profit.sum(axis=1))
    return largest.names(leg_titles(result)), np.cumsum(largest.rows(profit), axis=1)
