"""The composition root: the only place that constructs and connects everything.

Order of a start: the window with empty docks, the first paint, the docks one by one, and only then the
heavy libraries, the last project and the worker processes. Run can be used when the workers are ready.
"""

from __future__ import annotations

import logging
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from engine.backtest.spec import BacktestSpec
from engine.core.errors import IvyError
from engine.jobs.events import JobEvent
from engine.jobs.thread import ThreadExecutor
from engine.storage.proofs import ProofStore
from engine.storage.run_store import RunStore
from ivybt_desktop.bridge.background import Background
from ivybt_desktop.bridge.delay import Delay
from ivybt_desktop.bridge.job_bridge import Executor, JobBridge
from ivybt_desktop.bridge.log_bridge import log_qt_messages
from ivybt_desktop.bridge.proof_control import ProofControl
from ivybt_desktop.context import AppContext, Workspace
from ivybt_desktop.shell.actions import ActionList
from ivybt_desktop.shell.commands import standard_actions
from ivybt_desktop.shell.desk import Desk
from ivybt_desktop.shell.dock_host import Fault, discover
from ivybt_desktop.shell.file_control import SAMPLE, FileControl
from ivybt_desktop.shell.home import DataHome
from ivybt_desktop.shell.logs import SessionLog
from ivybt_desktop.shell.main_window import MainWindow
from ivybt_desktop.shell.notices import Notice, NoticeBoard
from ivybt_desktop.shell.preferences import LastProject, Preferences
from ivybt_desktop.shell.run_control import RunControl
from ivybt_desktop.shell.samples import icon_path, sample_spec
from ivybt_desktop.shell.theming import Theming, base_font
from ivybt_desktop.shell.user_strategies import UserStrategies

if TYPE_CHECKING:
    from engine.jobs.process import ProcessExecutor

_LOG = logging.getLogger(__name__)
_RUN = "run.backtest"
_READY_POLL_MS = 100
_SLOW_WORKERS_MS = 30_000


class Application:
    """Everything of one window, connected.

    Parameters
    ----------
    qt : QApplication
        The Qt application.
    home : DataHome
        Folder of the user.
    compute : Executor, optional
        Runs backtests; the default (`None`) is a pool of processes that starts after the first paint.

    Attributes
    ----------
    ended : callable or None
        Called when the window has closed and everything has ended.
    """

    def __init__(self, qt: QApplication, home: DataHome, *, compute: Executor | None = None) -> None:
        self.home = home
        self.workspace = Workspace()
        self.preferences = Preferences(home.settings)
        self.theming = Theming(qt, self.workspace, self.preferences, home.cache)
        self.log = SessionLog(home.logs, self.workspace)
        self.board, self.actions = NoticeBoard(), ActionList()
        specs, self._faults = discover()
        self.window = MainWindow(
            self.workspace, self.actions, self.board, specs, self.preferences.settings
        )
        self.background = Background(self.window, threads=2)
        self._own_pool = compute is None
        self.jobs = JobBridge(self.window, ThreadExecutor((home.plugins,)), compute)
        self.store = RunStore(home.runs)
        self.strategies = UserStrategies(
            qt, self.window, home.plugins, self.workspace, self.board, self.preferences, self.background.call
        )
        self.proofs = ProofControl(
            self.workspace, self.jobs, ProofStore(home.proofs), partial(Delay, self.window),
            self.background.call,
        )  # fmt: skip
        self.runs = RunControl(
            self.workspace, self.jobs, self.store, self.background.call, self.board, self.strategies.edit
        )
        self.files = FileControl(
            self.workspace, self.jobs, self.background.call, self.board, home.plugins, self.strategies.reload
        )
        self.desk = Desk(
            self.window, self.workspace, self.actions, self.board, self.runs, self.files, self.theming, home
        )
        self.context = AppContext(
            self.workspace, self.jobs, self.store, home.presets, home.plugins, self.files.open,
            run=self.runs.run, add_files=self.files.add_files, background=self._when_mended,
            reload_strategies=self.strategies.reload, edit_file=self.strategies.edit, proofs=self.proofs,
            show_dock=lambda name: self.actions.run(f"dock.{name}"),
            indicators=tuple((one.name, one.params) for one in self.preferences.settings.indicators),
            keep_indicators=self.preferences.keep_indicators,
        )  # fmt: skip
        self._ready = QTimer(self.window)
        self._ready.setInterval(_READY_POLL_MS)
        self._ready.timeout.connect(self._look_for_workers)
        self._since = QElapsedTimer()
        self._pool: ProcessExecutor | None = None
        self._to_open: list[Path] = []
        self._is_closed = False
        self._wanted: list[tuple[Callable[[], Any], Callable[[Any], Any], Callable[[IvyError], Any]]] = []
        self._is_mended = False
        self.ended: Callable[[], object] | None = None
        self._connect()

    def start(self, files: list[Path] | None = None) -> None:
        """Show the window; the rest follows from the event loop after the first paint."""
        self._to_open = list(files or ())
        self.actions.set_enabled(_RUN, False)
        self.window.painted = self._tell_shown
        self._show()

    def start_at_once(self) -> None:
        """Show the window with all docks built, and leave files, plug-ins and workers alone."""
        self._is_mended = True
        self._show()
        for name in self.window.host.waiting:
            self._build(name)
        self._docks_are_built()

    # -- start, step by step --------------------------------------------------------------------

    def _connect(self) -> None:
        self.actions.add(standard_actions(self.desk))
        self.actions.add(self.strategies.desk.actions())
        self.files.view = self.desk
        self.window.dropped = self.files.open_all
        self.window.closing = self._close
        self.workspace.theme_changed.connect(self.window.show_theme)
        self.board.posted.connect(lambda notice: self.workspace.log(notice.level, notice.text))
        self.jobs.event.connect(self._show_job)
        self.files.opened.connect(self._remember)

    def _show(self) -> None:
        self.theming.apply()
        if not self.window.start():
            self._warn("the saved layout does not fit this version", "The docks are in their first places")
        for complaint in (self.home.complaint, self.preferences.complaint):
            if complaint:
                self._warn(complaint, "")
        if self.home.complaint:
            self.window.status.show_state("Nothing is kept: the data folder cannot be written", warning=True)

    def _tell_shown(self) -> None:
        # The bench of the start-up time reads this line's stamp in the log file.
        self.workspace.log("info", "window shown")
        self._build_next()

    def _build_next(self) -> None:
        if self._is_closed:
            return
        waiting = self.window.host.waiting
        if waiting:
            self._build(waiting[0])
            # One dock a turn of the event loop: the window answers in between.
            QTimer.singleShot(0, self.window, self._build_next)
            return
        self._docks_are_built()
        self._load()

    def _build(self, name: str) -> None:
        self.window.host.build(name, self.context)

    def _docks_are_built(self) -> None:
        for refused in self.actions.add(self.window.host.actions()):
            self.workspace.log("warning", refused)
        for fault in (*self._faults, *self.window.host.faults):
            self._tell_fault(fault)
        self.workspace.set_theme(self.theming.tokens)
        self.window.settle()

    def _load(self) -> None:
        self._start_workers()
        self.background.call(self._mend_store, self._tell_mended, self._tell_unmended)
        self.strategies.start(self._open_last)

    def _start_workers(self) -> None:
        if not self._own_pool:
            self.actions.set_enabled(_RUN, True)
            self.background.call(_load_lab, lambda _none: self.proofs.start(), self._tell)
            return
        from engine.jobs.process import ProcessExecutor  # noqa: PLC0415  (after the first paint)

        chosen = self.preferences.settings.workers
        executor = ProcessExecutor(chosen or None, (self.home.plugins,))
        executor.warm()
        self.jobs.attach_compute(executor)
        self.window.status.show_state("Starting workers")
        self._pool = executor
        self._since.start()
        self._ready.start()

    def _look_for_workers(self) -> None:
        if self._pool is None:
            return
        up = self._pool.wait_until_ready(0)
        slow = self._since.elapsed() > _SLOW_WORKERS_MS
        if not up and not slow:
            return
        self._ready.stop()
        self.window.status.show_state("")
        self.actions.set_enabled(_RUN, True)
        if up:
            self.workspace.log("info", f"{self._pool.workers} workers ready")
        else:
            self.workspace.log("warning", "the workers are slow to start; runs wait for them")
        # Where the workers have compiled, live runs and the chart's lines load the same from the disk now.
        self.background.call(_warm if up else _load_lab, lambda _none: self.proofs.start(), self._tell)

    def _mend_store(self) -> tuple[str, ...]:
        return RunStore.open(self.home.runs).notices

    def _tell_mended(self, notices: tuple[str, ...]) -> None:
        for words in notices:
            self._warn(words.removesuffix("."), "")
        self._go_on()

    def _tell_unmended(self, error: IvyError) -> None:
        self._tell(error)
        self._go_on()

    def _when_mended(
        self, work: Callable[[], Any], then: Callable[[Any], Any], failed: Callable[[IvyError], Any]
    ) -> None:
        """Run docks' work in the background; the list of runs is not read while it is being mended."""
        if self._is_mended:
            self.background.call(work, then, failed)
        else:
            self._wanted.append((work, then, failed))

    def _go_on(self) -> None:
        self._is_mended = True
        wanted, self._wanted = self._wanted, []
        for work, then, failed in wanted:
            self.background.call(work, then, failed)

    def _open_last(self) -> None:
        last = self.preferences.settings.last
        if self._to_open:
            self.files.open_all(self._to_open)
        elif last.file or last.sample:
            spec = self._last_spec(last)
            self.files.read_prices(last.file or f"{SAMPLE}{last.sample}", spec=spec, preview=False)
        else:
            self.files.open_sample()

    def _last_spec(self, last: LastProject) -> BacktestSpec:
        try:
            return BacktestSpec.parse(last.spec, where="last project") if last.spec else sample_spec()
        except IvyError as error:
            what = f"the settings of the last session cannot be used: {error.what}"
            self._warn(what, "The sample's are shown")
            return sample_spec()

    # -- while it runs --------------------------------------------------------------------------

    def _show_job(self, event: JobEvent) -> None:
        self.window.status.take(event)

    def _remember(self, source: str) -> None:
        is_sample = source.startswith(SAMPLE)
        last = LastProject(
            file="" if is_sample else str(Path(source).absolute()),
            sample=source.removeprefix(SAMPLE) if is_sample else "",
        )
        self.preferences.update(last=last)
        if not is_sample:
            self.preferences.settings = self.preferences.settings.with_recent(Path(last.file))

    def _tell_fault(self, fault: Fault) -> None:
        what = f"the panel '{fault.dock}' could not be opened"
        self.board.post(Notice("error", what, fault.reason, "The other panels work", fault.details))

    def _tell(self, error: IvyError) -> None:
        self.board.post(Notice.of(error))

    def _warn(self, what: str, hint: str) -> None:
        self.board.post(Notice("warning", what, hint=hint))

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """Ids of the worker processes that are ready; empty with another executor."""
        return () if self._pool is None else self._pool.pids

    def tell_crash(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Tell an error that nobody caught; the window goes on."""
        details = "".join(traceback.format_exception(kind, error, trace))
        _LOG.error("unexpected error\n%s", details)
        what = f"an unexpected error: {kind.__name__}: {error}"
        hint = "The window goes on; copy the details and report them"
        self.board.post(Notice("error", what, "", hint, details))

    # -- end ------------------------------------------------------------------------------------

    def _close(self) -> None:
        self._is_closed = True
        self.strategies.close()
        self._ready.stop()
        self._save()
        self.proofs.close()
        self.jobs.close()
        self.background.close()
        self.log.close()
        if self.ended is not None:
            self.ended()

    def _save(self) -> None:
        spec = self.workspace.spec
        last = self.preferences.settings.last
        if spec is not None:
            last = last.model_copy(update={"spec": spec.to_dict()})
        self.preferences.update(
            last=last, layouts=self.window.layouts.states(), geometry=self.window.geometry_text(),
            perspective=self.window.layouts.current.id,
        )  # fmt: skip
        try:
            self.preferences.save()
        except IvyError:
            _LOG.exception("settings were not saved")


def _warm() -> None:
    from engine.jobs.worker import warm  # noqa: PLC0415  (loads numba)

    warm()
    _load_lab()


def _load_lab() -> None:
    import engine.backtest.leak  # noqa: F401, PLC0415  (loads numba)


def make_qt(arguments: list[str]) -> QApplication:
    """Return the Qt application with the base look."""
    existing = QApplication.instance()
    qt = existing if isinstance(existing, QApplication) else QApplication(arguments)
    qt.setApplicationName("IvyBT")
    qt.setApplicationDisplayName("IvyBT")
    qt.setDesktopFileName("ivybt")
    qt.setStyle("Fusion")
    qt.setFont(base_font(qt))
    qt.setWindowIcon(QIcon(str(icon_path())))
    return qt


def main(home: DataHome, files: list[Path]) -> int:
    """Show the window and return when it was closed.

    Parameters
    ----------
    home : DataHome
        Folder of the user.
    files : list of Path
        Opened after the start, as if dropped.
    """
    qt = make_qt([sys.argv[0]])
    log_qt_messages()
    application = Application(qt, home)
    sys.excepthook = application.tell_crash

    def close(*_: Any) -> None:
        application.window.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, close)
    # Floating docks and small windows of the Help menu do not keep the program alive.
    application.ended = qt.quit
    application.start(files)
    return int(qt.exec())
