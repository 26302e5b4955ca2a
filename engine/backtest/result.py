"""`BacktestResult`: what one run leaves behind; frozen values only, formatting is the reader's work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.allocation import WeightSeries
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars, FloatArray
from engine.core.trade import REJECTED_DTYPE
from engine.regimes import GateSeries


@dataclass(frozen=True, eq=False)
class Band:
    """What the unknown order of events inside bars can do to a result (rule 12).

    Parameters
    ----------
    pessimistic, optimistic : float64[n]
        Lowest and highest equity of the books carried along; equal to the equity where nothing is ambiguous.
    trades : int
        Closed trades whose entry or exit bar is ambiguous.
    profit : float
        Net profit of those trades, in currency.
    resolved : int
        Bars that finer bars decided.
    """

    pessimistic: FloatArray
    optimistic: FloatArray
    trades: int
    profit: float
    resolved: int = 0


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """One run.

    Parameters
    ----------
    spec : BacktestSpec
        What was asked, with every default filled in.
    bars : Bars
        The bars of the run (after the date range was applied). Of a portfolio: its time axis, the union of
        the instruments' bars, with the value of an equal stake in each as price.
    metrics : mapping of str to float
        Names and definitions of docs/method.md; NaN where undefined.
    equity : float64[n]
        Account value at each close, net of all costs. Shorter than the bars (n bars were simulated)
        when the account was liquidated.
    signals : float64[n], of a portfolio float64[n_assets, n]
        Target known at each close, in [-1, 1], after gates.
    positions : float64[n], of a portfolio float64[n_assets, n]
        Units held at each close.
    orders : structured array of `engine.core.trade.ORDER_DTYPE`
    trades : structured array of `engine.core.trade.TRADE_DTYPE`
        Round trips; the ones still open are marked at the last close.
    receipt : str
        ``sha256:...`` over everything that determines the run.
    warnings : tuple of str
        Sentences to print on every report (zero costs, trades on the deciding close, liquidation).
    legs : tuple of Bars
        The instruments of a portfolio (or the legs of a formula), one per value of ``asset`` in orders and
        trades; several strategies on one instrument have a leg each. Empty for a single instrument.
    sleeves : tuple of str
        Strategy of each leg, as ids.
    rejected : structured array of `engine.core.trade.REJECTED_DTYPE`
        Candidates left out because cash, leverage or places were short.
    band : Band or None
        None when no order inside a bar can be ambiguous.
    gates : tuple of GateSeries
        Gates of the first leg, on its bars.
    allocation : WeightSeries or None
        Weights of the legs of a portfolio.
    scaling : float64[n] or None
        Factor by which the targets of a close were scaled down together; 1 where they were not.
    stops : float64[n_assets, n] or None
        Stop price in force during each bar, NaN while none is; None without stops.
    charges : float64[n_assets, n] or None
        Borrow and interest charged to each leg in each bar, in currency; None when nothing accrues.
    split : int or None
        First bar of the test part; bars are those of ``bars``.
    proof_key : str
        Key of the look-ahead proof of the source that made the run (`engine.backtest.leak.proof_key`); empty
        where it was not asked for. No part of the receipt: a run is the same before and after its proof.
    """

    spec: BacktestSpec
    bars: Bars
    metrics: Mapping[str, float]
    equity: FloatArray
    signals: FloatArray
    positions: FloatArray
    orders: npt.NDArray[Any]
    trades: npt.NDArray[Any]
    receipt: str
    warnings: tuple[str, ...] = field(default=())
    legs: tuple[Bars, ...] = ()
    sleeves: tuple[str, ...] = ()
    rejected: npt.NDArray[Any] = field(default_factory=lambda: np.zeros(0, REJECTED_DTYPE))
    band: Band | None = None
    gates: tuple[GateSeries, ...] = ()
    allocation: WeightSeries | None = None
    scaling: FloatArray | None = None
    stops: FloatArray | None = None
    charges: FloatArray | None = None
    split: int | None = None
    proof_key: str = ""

    @property
    def run_id(self) -> str:
        """First twelve digits of the receipt: the same run has the same id everywhere."""
        return self.receipt.removeprefix("sha256:")[:12]

    @property
    def is_portfolio(self) -> bool:
        """True when several legs share the account."""
        return len(self.legs) > 0

    @property
    def instruments(self) -> tuple[Bars, ...]:
        """Bars of each value of ``asset`` in orders and trades."""
        return self.legs or (self.bars,)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbol of each value of ``asset`` in orders and trades."""
        return tuple(bars.symbol for bars in self.instruments)

    @cached_property
    def holdings(self) -> FloatArray:
        """Units held of each leg at each close, float64[n_assets, n]."""
        return np.atleast_2d(self.positions)

    @cached_property
    def returns(self) -> FloatArray:
        """Net return of each bar, float64[n]; the first is against the initial capital."""
        before = np.concatenate(([self.spec.capital], self.equity[:-1]))
        return np.asarray(self.equity / before - 1.0)

    @cached_property
    def drawdown(self) -> FloatArray:
        """Equity against its running maximum (not below the capital), float64[n], <= 0."""
        peak = np.maximum.accumulate(np.maximum(self.equity, self.spec.capital))
        return np.asarray(self.equity / peak - 1.0)

    @cached_property
    def benchmark(self) -> FloatArray:
        """Equity of buying at the first close and holding, without costs, float64[n]."""
        close = self.bars.close[: self.equity.size]
        return np.asarray(self.spec.capital * close / close[0])
