"""IvyBT's engine: backtests, sweeps and data, without any window.

Everything is loaded at first use, so that ``import engine`` costs nothing.

>>> import engine
>>> bars = engine.read_bars("prices.csv")                                      # doctest: +SKIP
>>> spec = engine.BacktestSpec(strategy="ema_cross", params={"fast": 10})
>>> result = engine.run_backtest(bars, spec)                                   # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.backtest.run import run_backtest
    from engine.backtest.spec import BacktestSpec
    from engine.core.bars import Bars, Panel
    from engine.core.errors import DataError, InputError, IvyError, StrategyError
    from engine.core.instrument import AssetClass, Instrument
    from engine.core.timeframe import Timeframe
    from engine.data.reader import read_bars
    from engine.data.series import read_series
    from engine.jobs.sweep import sweep
    from engine.studies.each import EachResult, run_each
    from engine.studies.grid import legal_mask
    from engine.studies.sweep import StudyResult

__version__ = "0.1.0"

_PUBLIC = {
    "AssetClass": "engine.core.instrument",
    "BacktestResult": "engine.backtest.result",
    "BacktestSpec": "engine.backtest.spec",
    "Bars": "engine.core.bars",
    "DataError": "engine.core.errors",
    "EachResult": "engine.studies.each",
    "InputError": "engine.core.errors",
    "Instrument": "engine.core.instrument",
    "IvyError": "engine.core.errors",
    "Panel": "engine.core.bars",
    "StrategyError": "engine.core.errors",
    "StudyResult": "engine.studies.sweep",
    "Timeframe": "engine.core.timeframe",
    "legal_mask": "engine.studies.grid",
    "read_bars": "engine.data.reader",
    "read_series": "engine.data.series",
    "run_backtest": "engine.backtest.run",
    "run_each": "engine.studies.each",
    "sweep": "engine.jobs.sweep",
}

__all__ = [
    "AssetClass", "BacktestResult", "BacktestSpec", "Bars", "DataError", "EachResult", "InputError",
    "Instrument", "IvyError", "Panel", "StrategyError", "StudyResult", "Timeframe", "legal_mask",
    "read_bars", "read_series", "run_backtest", "run_each", "sweep",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'engine' has no attribute '{name}'")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
