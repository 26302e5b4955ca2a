"""Metrics: names, texts and formulas; the arithmetic is `engine.kernels.performance`.

The functions here take arrays and are the same code that a backtest uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["currency", "fraction", "ratio", "count", "bars", "bars/year", "per year"]


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """What people are told about a metric.

    Parameters
    ----------
    name : str
        Name in results and JSON.
    title : str
        Label.
    unit : str
        "currency", "fraction" (shown as percent), "ratio", "count", "bars", "bars/year", "per year".
    better : {"higher", "lower", "none"}
        Direction of improvement.
    group : str
        Heading it stands under.
    formula : str
        Definition in symbols.
    help : str
        One sentence in words, with the pitfall.
    """

    name: str
    title: str
    unit: Unit
    better: Literal["higher", "lower", "none"]
    group: str
    formula: str
    help: str


def _info(
    name: str,
    title: str,
    unit: Unit,
    better: Literal["higher", "lower", "none"],
    group: str,
    texts: tuple[str, str],
) -> tuple[str, MetricInfo]:
    return name, MetricInfo(name, title, unit, better, group, *texts)


# In the order of `engine.kernels.performance`.
METRICS: dict[str, MetricInfo] = dict(
    (
        _info("initial_equity", "Initial equity", "currency", "none", "Return",
              ("capital", "Cash at the start.")),
        _info("final_equity", "Final equity", "currency", "higher", "Return",
              ("cash + sum(quantity x last close)",
               "Account value at the last close, net of all costs; an open position is marked, not closed.")),
        _info("total_return", "Total return", "fraction", "higher", "Return",
              ("final / initial - 1", "Growth over the whole run, net of all costs.")),
        _info("annual_return", "Annual return", "fraction", "higher", "Return",
              ("(final / initial) ^ (periods_per_year / bars) - 1", "Yearly growth rate by counting bars.")),
        _info("cagr", "CAGR", "fraction", "higher", "Return",
              ("(final / initial) ^ (365.2425 / elapsed days) - 1",
               "Yearly growth rate by the calendar, from the first to the last close.")),
        _info("volatility", "Volatility", "fraction", "lower", "Risk",
              ("std(r, ddof=1) x sqrt(periods_per_year)", "Yearly standard deviation of bar returns.")),
        _info("sharpe", "Sharpe", "ratio", "higher", "Ratios",
              ("mean(r - rf) / std(r - rf, ddof=1) x sqrt(periods_per_year)",
               "Mean excess return per unit of volatility; says nothing of how many variants were tried.")),
        _info("sortino", "Sortino", "ratio", "higher", "Ratios",
              ("mean(r - rf) x periods_per_year / (sqrt(mean(min(r - rf, 0)^2)) x sqrt(periods_per_year))",
               "Mean excess return per unit of downside deviation.")),
        _info("calmar", "Calmar", "ratio", "higher", "Ratios",
              ("annual_return / |max_drawdown|", "Yearly growth per unit of the worst drawdown.")),
        _info("max_drawdown", "Max drawdown", "fraction", "higher", "Risk",
              ("min(equity / running maximum - 1)",
               "Deepest fall from a high; the initial capital counts as the first high.")),
        _info("max_drawdown_bars", "Longest drawdown", "bars", "lower", "Risk",
              ("longest run of bars below an earlier high", "Longest time under water.")),
        _info("var_95", "VaR 95 %", "fraction", "higher", "Risk",
              ("5th percentile of bar returns, linear",
               "Historical: one bar in twenty lost at least this much.")),
        _info("cvar_95", "CVaR 95 %", "fraction", "higher", "Risk",
              ("mean of the worst floor(0.05 (n-1)) + 1 bar returns",
               "Average loss of the worst twentieth of bars.")),
        _info("exposure", "Exposure", "fraction", "none", "Activity",
              ("bars with a position at the close / bars", "Share of bars in the market.")),
        _info("turnover", "Turnover", "per year", "lower", "Activity",
              ("traded notional / mean equity x periods_per_year / bars",
               "How often the account is traded over in a year.")),
        _info("orders", "Orders", "count", "none", "Activity",
              ("filled orders", "A reversal is one order.")),
        _info("trades", "Trades", "count", "none", "Trades",
              ("closed round trips, first in first out", "A position still open at the end is not counted.")),
        _info("win_rate", "Win rate", "fraction", "higher", "Trades",
              ("closed trades with net P&L > 0 / closed trades",
               "Net of all costs; says nothing without the payoff.")),
        _info("profit_factor", "Profit factor", "ratio", "higher", "Trades",
              ("sum of winning P&L / |sum of losing P&L|", "Net of all costs; undefined without a loser.")),
        _info("expectancy", "Expectancy", "currency", "higher", "Trades",
              ("mean net P&L of closed trades", "What an average trade left.")),
        _info("avg_win", "Average win", "currency", "higher", "Trades",
              ("mean net P&L of winners", "What an average winner left.")),
        _info("avg_loss", "Average loss", "currency", "higher", "Trades",
              ("mean net P&L of losers", "What an average loser cost.")),
        _info("costs_paid", "Costs paid", "currency", "lower", "Activity",
              ("commission + slippage + borrow + interest", "Everything that trading cost.")),
        _info("periods_per_year", "Bars per year", "bars/year", "none", "Activity",
              ("sessions per year x bars per session", "From the instrument's calendar, or set by hand.")),
        _info("benchmark_return", "Buy and hold", "fraction", "none", "Return",
              ("last close / first close - 1", "The instrument itself over the same bars, without costs.")),
    )
)  # fmt: skip

METRIC_NAMES: tuple[str, ...] = tuple(METRICS)
TAIL_NAMES = ("var_95", "cvar_95")
