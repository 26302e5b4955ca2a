"""The columns of the trade log, from the arrays of a run. Plain arrays and functions; no widgets."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from engine.core.trade import Reason
from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.plots.scale import price_decimals, value_text
from ivybt_desktop.widgets.format import count, exact, money, percent_points
from ivybt_desktop.widgets.table_model import PLAIN, QUIET, WARN, Column, plain_texts, sign_tones

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

FloatArray = npt.NDArray[np.float64]
_LONG = "\N{BLACK UP-POINTING TRIANGLE} long"
_SHORT = "\N{BLACK DOWN-POINTING TRIANGLE} short"


def trade_columns(result: BacktestResult) -> list[Column]:
    """Return the columns of a run's round trips, open ones included.

    Prices are fill prices, P&L is net of all costs, MAE and MFE are against the entry price. What one
    looks for first stands first: a narrow window shows the result of a trade without scrolling. Symbol and
    strategy are there when the run has several, the mark of ambiguous trades when there can be any.
    """
    trades, bars = result.trades, result.bars
    calendar, currency = Calendar.of(bars), bars.instrument.currency
    price = _price_text(result)
    costs = trades["commission"] + trades["slippage"] + trades["financing"]
    still_open = trades["open"]
    quiet = np.where(still_open, QUIET, PLAIN).astype(np.int8)
    plain_time = partial(_plain_stamps, bars.timeframe.is_intraday)
    signed_money, signed_percent = partial(money, signed=True), partial(percent_points, signed=True)
    pnl_tones, return_tones = sign_tones(trades["pnl"]), sign_tones(trades["return"])
    held = trades["exit_bar"] - trades["entry_bar"]
    entered, left = calendar.values(trades["entry_bar"]), calendar.values(trades["exit_bar"])
    return [
        Column("number", "#", np.arange(1, trades.size + 1), count),
        Column("side", "Side", trades["side"], _side, _plain_sides, numeric=False,
               tones=sign_tones(trades["side"])),
        *_leg_columns(result),
        Column("entry_time", "Entry", entered, calendar.short, plain_time, numeric=False),
        Column("exit_time", "Exit", left, calendar.short, plain_time, numeric=False, tones=quiet,
               help="An open trade is marked at the last close"),
        Column("pnl", f"P&L {currency}", trades["pnl"], signed_money, tones=pnl_tones,
               help="Net of commission, slippage and financing"),
        Column("return", "Return %", trades["return"], signed_percent, _plain_percent,
               tones=return_tones, help="P&L over quantity x entry price"),
        Column("bars", "Bars", held, count, help="From the entry bar to the exit bar"),
        Column("quantity", "Quantity", trades["quantity"], _quantity),
        Column("entry_price", "Entry price", trades["entry_price"], price,
               help="Fill price, slippage included"),
        Column("exit_price", "Exit price", trades["exit_price"], price, tones=quiet),
        Column("mae", "MAE %", trades["mae"], percent_points, _plain_percent,
               help="Worst move against the entry price"),
        Column("mfe", "MFE %", trades["mfe"], percent_points, _plain_percent,
               help="Best move in favour of the trade"),
        Column("costs", f"Costs {currency}", costs, money, help="Commission, slippage and financing"),
        Column("exit_reason", "Exit reason", trades["exit_reason"], _reason, _plain_reasons, numeric=False),
        *_ambiguous_column(result),
        Column("open", "Open", still_open, _open, numeric=False, tones=quiet,
               help="Still held at the end of the run"),
    ]  # fmt: skip


def _leg_columns(result: BacktestResult) -> list[Column]:
    """Return symbol and strategy of each trade, where they differ between trades."""
    if not result.is_portfolio:
        return []
    assets = result.trades["asset"]
    symbols = np.array(result.symbols, object)[assets]
    found = [Column("symbol", "Symbol", symbols, str, numeric=False)]
    if len(set(result.sleeves)) > 1:
        sleeves = np.array(result.sleeves, object)[assets]
        found.append(Column("sleeve", "Strategy", sleeves, str, numeric=False))
    return found


def _ambiguous_column(result: BacktestResult) -> list[Column]:
    if result.band is None:
        return []
    tones = np.where(result.trades["ambiguous"], WARN, PLAIN).astype(np.int8)
    return [
        Column("ambiguous", "Ambiguous", result.trades["ambiguous"], _ambiguous, numeric=False, tones=tones,
               help="What came first inside its entry or exit bar is not known")
    ]  # fmt: skip


def _price_text(result: BacktestResult) -> Callable[[Any], str]:
    """Return how prices are written: with the instrument's decimals, or those of each price's size."""
    if result.is_portfolio:
        return _sized_price
    bars = result.bars
    return partial(value_text, decimals=price_decimals(bars.close, bars.instrument.tick_size))


def _sized_price(value: Any) -> str:
    size = abs(float(value))
    decimals = max(2, min(8, 4 - math.floor(math.log10(size)))) if 0 < size < math.inf else 2
    return value_text(float(value), decimals)


def _ambiguous(value: Any) -> str:
    return "ambiguous" if value else ""


def _plain_stamps(intraday: bool, values: npt.NDArray[np.int64]) -> list[str]:  # noqa: FBT001  (bound once)
    stamps = values.view("M8[ns]").astype("M8[s]") if intraday else values.view("M8[D]")
    ending = "Z" if intraday else ""
    return [f"{stamp}{ending}" for stamp in np.datetime_as_string(stamps).tolist()]


def _side(value: Any) -> str:
    return _LONG if value > 0 else _SHORT


def _plain_sides(values: npt.NDArray[np.int8]) -> list[str]:
    return ["long" if value > 0 else "short" for value in values.tolist()]


def _quantity(value: Any) -> str:
    # Fractional units are shown to six significant digits, whole ones as they are.
    return exact(float(f"{float(value):.6g}")) if float(value) % 1 else exact(float(value))


def _reason(value: Any) -> str:
    return Reason(int(value)).label.replace("_", " ")


def _plain_reasons(values: npt.NDArray[np.int8]) -> list[str]:
    labels = {reason.value: reason.label for reason in Reason}
    return [labels[value] for value in values.tolist()]


def _open(value: Any) -> str:
    return "open" if value else ""


def _plain_percent(values: FloatArray) -> list[str]:
    # A shorter repr than 7.000000000000001: percent values are rounded where a float's noise begins.
    return plain_texts(np.round(values * 100, 10))
