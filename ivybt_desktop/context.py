"""What docks are given: services (`AppContext`) and what the user is looking at (`Workspace`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from engine.core.errors import IvyError
from ivybt_desktop.signal import Signal
from ivybt_desktop.theme.tokens import DARK, Tokens

if TYPE_CHECKING:
    from pathlib import Path

    from engine.backtest.result import BacktestResult
    from engine.backtest.spec import BacktestSpec, DataSpec
    from engine.core.bars import Bars
    from engine.jobs.events import JobEvent
    from engine.jobs.requests import Job
    from engine.storage.run_store import RunStore
    from ivybt_desktop.bridge.proof_control import ProofControl

# ``background(work, then, failed)``
Background = Callable[[Callable[[], Any], Callable[[Any], Any], Callable[[IvyError], Any]], None]


@dataclass(frozen=True, slots=True)
class Badge:
    """Whether something was proven to read past bars only.

    Parameters
    ----------
    status : str, default ""
        ``past only``, ``looks ahead``, ``unproven`` or ``checking``; empty when nothing is to be shown.
    sentence : str, default ""
        What looks ahead, without a full stop; empty when nothing does.
    detail : str, default ""
        Lines for who asks: probes, warm-up, time, or why there is no proof.
    """

    status: str = ""
    sentence: str = ""
    detail: str = ""

    @property
    def is_leak(self) -> bool:
        """Whether later bars were read."""
        return self.status == "looks ahead"


NO_BADGE = Badge()


class JobService(Protocol):
    """Submit and cancel jobs; events arrive in the GUI thread."""

    event: Signal[JobEvent]

    def submit(self, job: Job, *, quiet: Callable[[JobEvent], object] | None = None) -> str:
        """Start a job and return its id; with ``quiet`` its events go to one listener only."""
        ...

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop; `Cancelled` follows within 0.2 s of work."""
        ...


class Workspace:
    """Current selection, changed in the GUI thread only. Setters emit when the value changed.

    Attributes
    ----------
    bars : Bars or None
        The series on the screen: one of `universe`.
    universe : tuple of Bars
        Every loaded instrument, each symbol once.
    sources : mapping of str to str
        File of each loaded symbol, where it came from one.
    finer : tuple of Bars
        Shorter bars of loaded instruments, that decide what came first inside a bar.
    bars_changed, spec_changed, result_changed, trade_selected, bar_hovered, theme_changed, logged
        Signals; see the setter of the same word.
    universe_changed : Signal(tuple of Bars)
        Other instruments are loaded; `bars_changed` follows when the shown one is another.
    range_changed : Signal(float, float, str)
        Visible bar positions of the linked charts and the dock where they were changed.
    place_asked : Signal(int, int)
        Instrument and bar of the shown run that the chart should bring into sight.
    asked : (int, int) or None
        Instrument and bar of the shown run that an explanation is wanted of.
    bar_asked : Signal(int, int)
        Instrument and bar of the shown run that are to be explained; -1, -1 for none.
    strategies_changed
        Emitted after the user's strategy folder was read again.
    preset_saved : Signal(str)
        Emitted with the name of a preset that another part than Setup has saved.
    preset_asked : Signal(str, bool)
        Emitted with the name of a preset that Setup should open; True keeps to the symbols in use.
    strategy_asked : Signal(str)
        Emitted with the id of a strategy that Setup should take, such as one that was just written.
    spec_badge, result_badge : Badge
        Look-ahead proof of the settings, and of the shown run (of its source as it was then).
    badges_changed : Signal
        Emitted when a proof was made or lost; not with another spec or run, which have signals of their own.
    problem_changed : Signal(str)
        Emitted when `problem` has changed; `spec` is the last one that could be run.
    """

    def __init__(self) -> None:
        self.bars: Bars | None = None
        self.universe: tuple[Bars, ...] = ()
        self.sources: Mapping[str, str] = {}
        self.finer: tuple[Bars, ...] = ()
        self._stated: dict[str, tuple[Bars, Bars]] = {}
        self._traded: tuple[Bars, ...] = ()
        self._traded_of: tuple[tuple[Bars, ...], DataSpec | None] = ((), None)
        self.spec: BacktestSpec | None = None
        self.result: BacktestResult | None = None
        self.trade: int = -1
        self.asked: tuple[int, int] | None = None
        self._problem = ""
        self.problem_changed: Signal[str] = Signal()
        self.spec_badge, self.result_badge = NO_BADGE, NO_BADGE
        self.theme: Tokens = DARK
        self.bars_changed: Signal[Bars] = Signal()
        self.universe_changed: Signal[tuple[Bars, ...]] = Signal()
        self.spec_changed: Signal[BacktestSpec] = Signal()
        self.result_changed: Signal[BacktestResult | None] = Signal()
        self.trade_selected: Signal[int] = Signal()
        self.bar_hovered: Signal[int] = Signal()
        self.range_changed: Signal[float, float, str] = Signal()
        self.place_asked: Signal[int, int] = Signal()
        self.bar_asked: Signal[int, int] = Signal()
        self.theme_changed: Signal[Tokens] = Signal()
        self.logged: Signal[str, str] = Signal()
        self.strategies_changed: Signal[()] = Signal()
        self.preset_saved: Signal[str] = Signal()
        self.preset_asked: Signal[str, bool] = Signal()
        self.strategy_asked: Signal[str] = Signal()
        self.badges_changed: Signal[()] = Signal()

    @property
    def problem(self) -> str:
        """Why the settings on the screen cannot be run, without a full stop; empty when they can."""
        return self._problem

    @problem.setter
    def problem(self, words: str) -> None:
        if words != self._problem:
            self._problem = words
            self.problem_changed.emit(words)

    @property
    def traded(self) -> tuple[Bars, ...]:
        """The loaded instruments that the settings use, in the order of the settings' symbols.

        Their instruments are as the settings state them (kind, multiplier, tick); the same settings give
        the same objects again.
        """
        data = self.spec.data if self.spec is not None else None
        if self._traded_of == (self.universe, data):
            return self._traded
        wanted = data.symbols if data is not None else ()
        held = {bars.symbol: bars for bars in self.universe}
        used = tuple(held[symbol] for symbol in wanted if symbol in held) if wanted else self.universe
        self._traded = used if data is None else tuple(self._as_stated(bars, data) for bars in used)
        self._traded_of = (self.universe, data)
        return self._traded

    @property
    def periods_per_year(self) -> float | None:
        """Bars in one year of the traded instrument with the most; None without prices."""
        return max((bars.periods_per_year for bars in self.traded), default=None)

    @property
    def finer_traded(self) -> tuple[Bars, ...]:
        """The finer bars of the traded instruments."""
        symbols = {bars.symbol for bars in self.traded}
        alone = len(symbols) == len(self.finer) == 1  # a file of its own, whatever it is called
        return tuple(bars for bars in self.finer if alone or bars.symbol in symbols)

    def set_bars(self, bars: Bars) -> None:
        """Show another price series, the only one; the result no longer belongs to it and is dropped."""
        self.set_universe((bars,))

    def set_universe(self, universe: Sequence[Bars], sources: Mapping[str, str] | None = None) -> None:
        """Load other instruments in place of the ones that are loaded; the first is shown.

        Parameters
        ----------
        universe : sequence of Bars
            At least one; of several series of one symbol the last is kept.
        sources : mapping of str to str, optional
            File of each symbol.
        """
        self.universe = tuple({bars.symbol: bars for bars in universe}.values())
        self.sources = dict(sources or {})
        self.finer = ()
        self._show(self.universe[0], is_new=True)

    def add_bars(self, more: Iterable[Bars], sources: Mapping[str, str] | None = None) -> None:
        """Load further instruments beside those there are; one of a symbol that is loaded takes its place."""
        held = {bars.symbol: bars for bars in (*self.universe, *more)}
        self.universe = tuple(held.values())
        self.sources = {**self.sources, **(sources or {})}
        shown = self.bars.symbol if self.bars is not None else ""
        self._show(held.get(shown, self.universe[0]))

    def remove_symbols(self, symbols: Iterable[str]) -> None:
        """Unload instruments; the last one stays."""
        gone = set(symbols)
        kept = tuple(bars for bars in self.universe if bars.symbol not in gone)
        if not kept or len(kept) == len(self.universe):
            return
        self.universe = kept
        self.sources = {symbol: file for symbol, file in self.sources.items() if symbol not in gone}
        self._show(self.bars if self.bars in kept else kept[0])

    def set_finer(self, finer: Sequence[Bars]) -> None:
        """Take shorter bars of the loaded instruments; none of them turns them off."""
        self.finer = tuple(finer)

    def _show(self, bars: Bars | None, *, is_new: bool = False) -> None:
        if bars is None:
            return
        changed, self.bars = is_new or bars is not self.bars, bars
        try:
            self.set_result(None)
        finally:
            try:
                self.universe_changed.emit(self.universe)
            finally:
                if changed:
                    self.bars_changed.emit(bars)

    def set_spec(self, spec: BacktestSpec) -> None:
        """Take what the Setup dock holds now."""
        if spec == self.spec:
            return
        self.spec = spec
        try:
            self.spec_changed.emit(spec)
        finally:
            self._show_traded()

    def _show_traded(self) -> None:
        # The series on the screen is one that is traded: leaving it out shows another one.
        symbols = {bars.symbol for bars in self.traded}
        if not symbols or (self.bars is not None and self.bars.symbol in symbols):
            return
        self.bars = next(bars for bars in self.universe if bars.symbol in symbols)
        try:
            self.set_result(None)
        finally:
            self.bars_changed.emit(self.bars)

    def _as_stated(self, bars: Bars, data: DataSpec) -> Bars:
        from engine.data.options import ReadOptions  # noqa: PLC0415

        stated = data.instrument
        options = ReadOptions(
            asset_class=stated.asset_class, multiplier=stated.multiplier, tick_size=stated.tick_size
        )
        instrument = options.override(bars.instrument)
        if instrument == bars.instrument:
            return bars
        held = self._stated.get(bars.symbol)
        if held is None or held[0] is not bars or held[1].instrument != instrument:
            held = self._stated[bars.symbol] = (bars, replace(bars, instrument=instrument))
        return held[1]

    def set_result(self, result: BacktestResult | None) -> None:
        """Show a run in every dock; the selected trade is dropped."""
        self.result = result
        self.trade = -1
        self.asked = None
        self.result_changed.emit(result)

    def show_run(self, result: BacktestResult) -> None:
        """Show a kept run with its own prices and settings."""
        legs = tuple({bars.symbol: bars for bars in result.instruments}.values())
        spec = result.spec
        is_loaded = [bars.digest for bars in self.traded] == [bars.digest for bars in legs]
        if not is_loaded and not self._hold(legs):
            self.set_universe(legs)
            spec = self._whole(spec)
        self.set_spec(spec)
        self.set_result(result)

    def _hold(self, legs: Sequence[Bars]) -> bool:
        """Return whether the loaded prices are those of a run, or the whole that it traded a part of."""
        by_symbol = {bars.symbol: bars for bars in self.universe}
        if by_symbol.keys() != {leg.symbol for leg in legs}:
            return False
        for leg in legs:
            loaded = by_symbol[leg.symbol]
            first = int(loaded.time.searchsorted(leg.time[0])) if len(leg) else 0
            if loaded.slice(first, first + len(leg)).digest != leg.digest:
                return False
        return True

    def _whole(self, spec: BacktestSpec) -> BacktestSpec:
        """Return the spec for prices that are the traded part already: a second split is another run."""
        if spec.data.run_mode == "full":
            return spec
        part = spec.data.run_mode
        self.log("info", f"Of this run the {part} part of the prices is kept: its split is off")
        whole = {"run_mode": type(spec.data.run_mode).FULL, "train_split": None}
        data = spec.data.model_copy(update=whole)
        return spec.model_copy(update={"data": data})

    def select_trade(self, row: int) -> None:
        """Select a round trip of the shown run by its row in ``result.trades``; -1 for none.

        A bar that was asked about gives way to it.
        """
        if row >= 0:
            self.ask_bar(-1, -1)
        if row != self.trade:
            self.trade = row
            self.trade_selected.emit(row)

    def ask_bar(self, asset: int, bar: int) -> None:
        """Ask for the reasons of a bar of the shown run, counted on its axis; asked again, or -1: of none."""
        wanted = None if bar < 0 or (asset, bar) == self.asked else (asset, bar)
        if wanted != self.asked:
            self.asked = wanted
            self.bar_asked.emit(*(wanted or (-1, -1)))

    def hover_bar(self, bar: int) -> None:
        """Tell the panes where the time cursor is; -1 when it left."""
        self.bar_hovered.emit(bar)

    def show_range(self, first: float, last: float, source: str) -> None:
        """Tell the linked charts which bar positions dock ``source`` shows now."""
        self.range_changed.emit(first, last, source)

    def show_place(self, asset: int, bar: int) -> None:
        """Bring a bar of one instrument into sight, counted on the bars of the shown run."""
        self.place_asked.emit(asset, bar)

    def set_theme(self, theme: Tokens) -> None:
        """Switch colours; docks repaint."""
        self.theme = theme
        self.theme_changed.emit(theme)

    def log(self, level: str, message: str) -> None:
        """Add a line to the Log dock; ``level`` is "info", "warning" or "error"."""
        self.logged.emit(level, message)


def at_once(
    work: Callable[[], Any], then: Callable[[Any], Any], failed: Callable[[IvyError], Any]
) -> None:
    """Do work in the caller's thread: then ``then(value)``, or ``failed(error)``."""
    try:
        value = work()
    except IvyError as error:
        failed(error)
    else:
        then(value)


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
    add_files : callable or None
        Reads price files and loads their instruments beside those there are. `None` in tests.
    background : callable, default `at_once`
        ``background(work, then, failed)``: runs ``work()`` off the GUI thread, then ``then(value)`` or
        ``failed(error)`` in it. Tests leave it out: work is done at once.
    proofs : ProofControl or None
        Look-ahead checks. `None` in tests.
    reload_strategies : callable or None
        Reads the user's strategy folder again. `None` in tests.
    edit_file : callable or None
        ``edit_file(path, line)`` opens a strategy file in the user's editor. `None` in tests.
    show_dock : callable or None
        Brings the dock of an id to the front. `None` in tests.
    indicators : tuple of (str, mapping), default ()
        Name and parameters of each indicator that was on the chart when the program was closed.
    keep_indicators : callable or None
        Takes them as they are now, for the next start. `None` in tests.
    """

    workspace: Workspace
    jobs: JobService
    runs: RunStore
    presets: Path
    plugins: Path
    open_file: Callable[[Path], None]
    run: Callable[[], None] | None = None
    add_files: Callable[[Sequence[Path]], None] | None = None
    background: Background = at_once
    proofs: ProofControl | None = None
    reload_strategies: Callable[[], object] | None = None
    edit_file: Callable[[Path, int], object] | None = None
    show_dock: Callable[[str], object] | None = None
    indicators: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    keep_indicators: Callable[[tuple[tuple[str, Mapping[str, Any]], ...]], object] | None = None
