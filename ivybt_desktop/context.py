"""What docks are given: services (`AppContext`) and what the user is looking at (`Workspace`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ivybt_desktop.signal import Signal
from ivybt_desktop.theme.tokens import DARK, Tokens

if TYPE_CHECKING:
    from pathlib import Path

    from engine.backtest.result import BacktestResult
    from engine.backtest.spec import BacktestSpec
    from engine.core.bars import Bars
    from engine.jobs.events import JobEvent
    from engine.jobs.requests import Job
    from engine.storage.run_store import RunStore


class JobService(Protocol):
    """Submit and cancel jobs; events arrive in the GUI thread."""

    event: Signal[JobEvent]

    def submit(self, job: Job) -> str:
        """Start a job and return its id."""
        ...

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop; `Cancelled` follows within 0.2 s of work."""
        ...


class Workspace:
    """Current selection, changed in the GUI thread only. Setters emit when the value changed.

    Attributes
    ----------
    bars_changed, spec_changed, result_changed, trade_selected, bar_hovered, theme_changed, logged
        Signals; see the setter of the same word.
    range_changed : Signal(float, float, str)
        Visible bar positions of the linked charts and the dock where they were changed.
    strategies_changed
        Emitted after the user's strategy folder was read again.
    preset_saved : Signal(str)
        Emitted with the name of a preset that another part than Setup has saved.
    problem : str
        Why the settings on the screen cannot be run (a sentence without a full stop); empty when they
        can. `spec` is the last one that could.
    """

    def __init__(self) -> None:
        self.bars: Bars | None = None
        self.spec: BacktestSpec | None = None
        self.result: BacktestResult | None = None
        self.trade: int = -1
        self.problem = ""
        self.theme: Tokens = DARK
        self.bars_changed: Signal[Bars] = Signal()
        self.spec_changed: Signal[BacktestSpec] = Signal()
        self.result_changed: Signal[BacktestResult | None] = Signal()
        self.trade_selected: Signal[int] = Signal()
        self.bar_hovered: Signal[int] = Signal()
        self.range_changed: Signal[float, float, str] = Signal()
        self.theme_changed: Signal[Tokens] = Signal()
        self.logged: Signal[str, str] = Signal()
        self.strategies_changed: Signal[()] = Signal()
        self.preset_saved: Signal[str] = Signal()

    def set_bars(self, bars: Bars) -> None:
        """Show another price series; the result no longer belongs to it and is dropped."""
        self.bars = bars
        try:
            self.set_result(None)
        finally:
            self.bars_changed.emit(bars)

    def set_spec(self, spec: BacktestSpec) -> None:
        """Take what the Setup dock holds now."""
        if spec != self.spec:
            self.spec = spec
            self.spec_changed.emit(spec)

    def set_result(self, result: BacktestResult | None) -> None:
        """Show a run in every dock; the selected trade is dropped."""
        self.result = result
        self.trade = -1
        self.result_changed.emit(result)

    def show_run(self, result: BacktestResult) -> None:
        """Show a kept run with its own prices and settings."""
        if self.bars is None or self.bars.digest != result.bars.digest:
            self.set_bars(result.bars)
        self.set_spec(result.spec)
        self.set_result(result)

    def select_trade(self, row: int) -> None:
        """Select a round trip of the shown run by its row in ``result.trades``; -1 for none."""
        if row != self.trade:
            self.trade = row
            self.trade_selected.emit(row)

    def hover_bar(self, bar: int) -> None:
        """Tell the panes where the time cursor is; -1 when it left."""
        self.bar_hovered.emit(bar)

    def show_range(self, first: float, last: float, source: str) -> None:
        """Tell the linked charts which bar positions dock ``source`` shows now."""
        self.range_changed.emit(first, last, source)

    def set_theme(self, theme: Tokens) -> None:
        """Switch colours; docks repaint."""
        self.theme = theme
        self.theme_changed.emit(theme)

    def log(self, level: str, message: str) -> None:
        """Add a line to the Log dock; ``level`` is "info", "warning" or "error"."""
        self.logged.emit(level, message)


@dataclass
class AppContext:
    """Services for docks; built in `app` only.

    Attributes
    ----------
    workspace : Workspace
        What the user is looking at.
    jobs : JobService
        Long work.
    runs : RunStore
        Every run kept.
    presets, plugins : Path
        Folders of the user.
    open_file : callable
        Opens a price file, a spec or a strategy as if it had been dropped on the window.
    run : callable or None
        Does what F5 does. `None` in tests.
    background : callable or None
        ``background(work, then, failed)``: runs ``work()`` off the GUI thread, then ``then(value)`` or
        ``failed(error)`` in it. `None` in tests: work is done at once.
    """

    workspace: Workspace
    jobs: JobService
    runs: RunStore
    presets: Path
    plugins: Path
    open_file: Callable[[Path], None]
    run: Callable[[], None] | None = None
    background: Callable[[Callable[[], Any], Callable[[Any], Any], Callable[[Any], Any]], None] | None = None
