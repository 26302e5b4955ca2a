"""`LiveRunner`: backtests while a slider is dragged; only the newest request counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.core.errors import IvyError
from ivybt_desktop.bridge.background import Background

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.backtest.spec import BacktestSpec
    from engine.core.bars import Bars

Run = Callable[["Bars | tuple[Bars, ...]", "BacktestSpec", "tuple[Bars, ...]"], "BacktestResult"]


def _run(bars: Bars | tuple[Bars, ...], spec: BacktestSpec, finer: tuple[Bars, ...]) -> BacktestResult:
    from engine.backtest.run import run_backtest  # noqa: PLC0415  (numba loads in the worker thread)

    return run_backtest(bars, spec, finer or None)


class LiveRunner(QObject):
    """Runs one backtest at a time in a thread; kernels release the GIL, so the window stays fluid.

    While one runs, the newest request waits and replaces the one that waited before it.

    Parameters
    ----------
    parent : QObject, optional
        Owner.
    run : callable, optional
        ``run(bars, spec, finer) -> BacktestResult``; the default (`None`) is the engine's.

    Attributes
    ----------
    result : Signal(BacktestResult)
        Emitted in the GUI thread for every run that ended well.
    failed : Signal(IvyError)
        Emitted in the GUI thread for a run that did not.
    """

    result = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None, *, run: Run | None = None) -> None:
        super().__init__(parent)
        self._run = run or _run
        self._work = Background(self)
        self._pending: tuple[Bars | tuple[Bars, ...], BacktestSpec, tuple[Bars, ...]] | None = None

    @property
    def busy(self) -> bool:
        """Whether a run is under way or waits."""
        return self._work.busy

    def request(
        self, bars: Bars | tuple[Bars, ...], spec: BacktestSpec, finer: tuple[Bars, ...] = ()
    ) -> None:
        """Ask for a run of this spec; older requests that have not started are dropped.

        Parameters
        ----------
        bars : Bars or tuple of Bars
            One instrument, or those that share the account.
        spec : BacktestSpec
        finer : tuple of Bars, default ()
            Shorter bars that decide what came first inside a bar.
        """
        if self._work.busy:
            self._pending = (bars, spec, finer)
            return
        self._work.call(lambda: self._run(bars, spec, finer), self._done, self._broke)

    def close(self) -> None:
        """Stop; waits at most 2 s for the run under way and emits nothing after this."""
        self._pending = None
        self._work.close()

    def _done(self, result: BacktestResult) -> None:
        # The next one starts before listeners draw this one, so that both go on at once.
        self._start_pending()
        self.result.emit(result)

    def _broke(self, error: IvyError) -> None:
        self._start_pending()
        self.failed.emit(error)

    def _start_pending(self) -> None:
        if self._pending is not None:
            pending, self._pending = self._pending, None
            self.request(*pending)
