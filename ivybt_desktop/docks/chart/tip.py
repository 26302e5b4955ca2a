"""What the chart says about one bar: prices, lines, the trade that began or ended there, the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.errors import IvyError
from ivybt_desktop.docks.chart.ports import Heading, Lines
from ivybt_desktop.plots.scale import percent_text, short_text, value_text
from ivybt_desktop.widgets.format import exact, money, percent
from ivybt_desktop.widgets.run_words import needs_care, run_sentence

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.backtest.spec import BacktestSpec
    from engine.core.bars import Bars
    from ivybt_desktop.docks.chart.leg import Leg

Rows = list[tuple[str, str]]


def price_rows(bars: Bars, bar: int, lines: Lines, decimals: int) -> Rows:
    """Return prices, change, volume and the strategy's lines at a bar."""
    before = bars.close[bar - 1] if bar else np.nan
    prices = ((name, getattr(bars, name)) for name in ("open", "high", "low", "close"))
    rows = [(name.capitalize(), value_text(float(values[bar]), decimals)) for name, values in prices]
    rows.append(("Change", percent(bars.close[bar] / before - 1.0 if before else np.nan, signed=True)))
    if bars.volume[bar] > 0:
        rows.append(("Volume", short_text(float(bars.volume[bar]))))
    for name, (values, _) in lines.items():
        rows.append((name.replace("_", " "), value_text(float(values[bar]), decimals)))
    return rows


def account_rows(run: BacktestResult, bar: int, *, shared: bool) -> Rows:
    """Return position, stop and account at a bar; ``shared`` says that others trade on the account too."""
    if not 0 <= bar < run.equity.size:
        return []
    rows = []
    if run.holdings.shape[0] == 1:
        rows.append(("Position", exact(round(float(run.holdings[0, bar]), 4))))
    if run.stops is not None and bar < run.stops.shape[1] and np.isfinite(run.stops[0, bar]):
        rows.append(("Stop", value_text(float(run.stops[0, bar]), 2)))
    rows.append(("Account equity" if shared else "Equity", money(run.equity[bar])))
    rows.append(("Drawdown", percent_text(float(run.drawdown[bar]), 2)))
    return rows


def ambiguous_rows(leg: Leg, bar: int) -> Rows:
    """Return a line for each ambiguous trade that was entered or left at a bar."""
    bars, rows = leg.doubts
    low, high = np.searchsorted(bars, (bar, bar + 1))
    numbers = leg.rows[rows[low:high]] + 1
    return [("Ambiguous", f"trade {number}: order inside the bar not known") for number in numbers.tolist()]


def heading_of(
    bars: Bars, run: BacktestResult | None, *, chosen: bool = False, proof: str = ""
) -> Heading:
    """Return the line on the top edge.

    Parameters
    ----------
    bars : Bars
    run : BacktestResult or None
    chosen : bool, default False
        A choice of instruments names the symbol.
    proof : str, default ""
        Word of the run's look-ahead badge.
    """
    symbol = str(bars.timeframe) if chosen else f"{bars.symbol}  {bars.timeframe}"
    if run is None:
        return Heading(symbol, "No run shown: choose a strategy in Setup and press F5")
    spec = run.spec
    return Heading(symbol, strategy_words(spec), run_sentence(spec, proof), needs_care(spec, proof))


def strategy_words(spec: BacktestSpec) -> str:
    """Return the strategy's title and its parameters: ``EMA cross  fast 10, slow 50``."""
    from engine.strategies import load  # noqa: PLC0415  (compiled strategies, only when a run is shown)

    try:
        title = load(spec.strategy.name).title or spec.strategy.name
    except IvyError:
        # A stored run of a plug-in that is gone still has its name.
        title = spec.strategy.name
    given = spec.strategy.params.items()
    params = ", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in given)
    return f"{title}  {params}" if params else title


def _short(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "on" if value else "off"
    if not isinstance(value, int | float):
        return str(value)
    return exact(value)
