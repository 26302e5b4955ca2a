"""The columns of the rejected candidates. Plain arrays and functions; no widgets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.widgets.format import money, percent_points
from ivybt_desktop.widgets.run_words import leg_titles
from ivybt_desktop.widgets.table_model import Column, sign_tones

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult


def rejected_columns(result: BacktestResult) -> list[Column]:
    """Return one row per candidate that was left out or cut."""
    rejected, bars = result.rejected, result.bars
    calendar, currency = Calendar.of(bars), bars.instrument.currency
    names = np.array(leg_titles(result), object)[rejected["asset"]]
    stamps = partial(_stamps, calendar)
    signed = partial(percent_points, signed=True)
    return [
        Column("time", "Time", calendar.values(rejected["bar"]), calendar.short, stamps, numeric=False,
               help="Bar at which it would have been filled"),
        Column("symbol", "Symbol", names, str, numeric=False),
        Column("wanted", "Wanted % of equity", rejected["exposure"], signed,
               help="Exposure that was asked for; below zero is short"),
        Column("filled", "Filled %", rejected["filled"], percent_points,
               help="Share of the order that was filled"),
        Column("missed_return", "Would-be return %", rejected["missed_return"], signed,
               tones=sign_tones(rejected["missed_return"]),
               help="From its price to the bar at which its signal ended, net of slippage"),
        Column("missed_pnl", f"Would-be P&L {currency}", rejected["missed_pnl"], partial(money, signed=True),
               tones=sign_tones(rejected["missed_pnl"]), help="The same in currency, for the part left out"),
        Column("exit_time", "Until", calendar.values(rejected["exit_bar"]), calendar.short, stamps,
               numeric=False, help="Bar at which its signal ended, or the last bar"),
    ]  # fmt: skip


def _stamps(calendar: Calendar, values: npt.NDArray[np.int64]) -> list[str]:
    return [calendar.short(value) for value in values.tolist()]
