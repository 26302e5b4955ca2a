"""`BacktestResult`: what one run leaves behind; frozen values only, formatting is the reader's work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars, FloatArray


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """One run.

    Parameters
    ----------
    spec : BacktestSpec
        What was asked, with every default filled in.
    bars : Bars
        The bars of the run (after the date range was applied).
    metrics : mapping of str to float
        Names and definitions of docs/method.md; NaN where undefined.
    equity : float64[n]
        Account value at each close, net of all costs. Shorter than the bars (n bars were simulated)
        when the account was liquidated.
    signals : float64[n]
        Target known at each close, in [-1, 1].
    positions : float64[n]
        Units held at each close.
    orders : structured array of `engine.core.trade.ORDER_DTYPE`
    trades : structured array of `engine.core.trade.TRADE_DTYPE`
        Round trips; the ones still open are marked at the last close.
    receipt : str
        ``sha256:...`` over everything that determines the run.
    warnings : tuple of str
        Sentences to print on every report (zero costs, trades on the deciding close, liquidation).
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

    @property
    def run_id(self) -> str:
        """First twelve digits of the receipt: the same run has the same id everywhere."""
        return self.receipt.removeprefix("sha256:")[:12]

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
