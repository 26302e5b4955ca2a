"""The Setup presenter between a workspace and fakes, for tests without Qt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.backtest.result import BacktestResult
from engine.core.errors import InputError
from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import Timeframe
from engine.core.trade import ORDER_DTYPE, TRADE_DTYPE
from ivybt_desktop.context import Workspace, at_once
from ivybt_desktop.docks.setup.ports import SetupServices
from ivybt_desktop.docks.setup.presenter import SetupPresenter
from tests.fakes.prices import random_bars
from tests.gui.docks.setup.fakes import FakeLive, FakePresets, FakeView


class Desk:
    def __init__(self, *, with_bars=True, spec=None):
        self.workspace, self.view, self.live = Workspace(), FakeView(), FakeLive()
        self.presets, self.ran, self.rescans, self.logged = FakePresets(), [], [], []
        self.added, self.finer_reads, self.waiting, self.opened = [], [], None, []
        self.workspace.logged.connect(lambda *line: self.logged.append(line))
        if spec is not None:
            self.workspace.set_spec(spec)
        if with_bars:
            self.workspace.set_bars(random_bars(300))
        services = SetupServices(
            run=lambda: self.ran.append(self.workspace.spec), rescan=lambda: self.rescans.append(1),
            add_files=self.added.append, read_finer=self.read_finer, background=self.background,
            open_file=self.opened.append,
        )  # fmt: skip
        self.presenter = SetupPresenter(self.view, self.workspace, self.presets, self.live, services)

    @property
    def state(self):
        return self.view.state

    @property
    def spec(self):
        return self.workspace.spec

    def load(self, *symbols, kind=AssetClass.EQUITY):
        """Load several instruments, each from a file of its own."""
        bars = [bars_of(symbol, kind, seed) for seed, symbol in enumerate(symbols)]
        self.workspace.set_universe(bars, {symbol: f"/p/{symbol}.csv" for symbol in symbols})
        return bars

    def read_finer(self, file, universe):
        self.finer_reads.append(file)
        if "missing" in file:
            raise InputError("no such file", where=file, hint="Check the path")
        return tuple(replace(bars, timeframe=Timeframe.parse("1h")) for bars in universe)

    def background(self, work, then, failed):
        """Work at once, or when `go_on` is called, if `waiting` is a list."""
        if self.waiting is not None:
            self.waiting.append((work, then, failed))
            return
        at_once(work, then, failed)

    def go_on(self):
        waiting, self.waiting = self.waiting, None
        for call in waiting:
            self.background(*call)

    def finish(self, spec=None, bars=None):
        """Let a live run end."""
        result = result_of(bars or self.workspace.bars, spec or self.live.requests[-1][1])
        self.live.result.emit(result)
        return result


def bars_of(symbol, kind=AssetClass.EQUITY, seed=7):
    return replace(random_bars(300, seed=seed), instrument=Instrument(symbol, kind))


def result_of(bars, spec):
    nothing = np.zeros(len(bars))
    full = spec.replace(periods_per_year=spec.periods_per_year or bars.periods_per_year)
    return BacktestResult(
        full, bars, {}, nothing + spec.capital, nothing, nothing, np.zeros(0, ORDER_DTYPE),
        np.zeros(0, TRADE_DTYPE), "sha256:0",
    )  # fmt: skip
