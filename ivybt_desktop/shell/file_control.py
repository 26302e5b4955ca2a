"""`FileControl`: opens prices, specs and strategies, chosen or dropped. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError, IvyError
from engine.jobs.events import Cancelled, Failed, Finished, JobEvent
from engine.jobs.requests import ImportJob
from ivybt_desktop.context import Workspace
from ivybt_desktop.shell.notices import Notice, NoticeBoard
from ivybt_desktop.shell.run_control import Background, Jobs
from ivybt_desktop.shell.samples import sample_spec
from ivybt_desktop.signal import Signal

if TYPE_CHECKING:
    from engine.core.bars import Bars
    from engine.data.reader import Import

TOPIC = "file"
SAMPLE = "sample:"
FIRST_SAMPLE = "SPX"
_SPECS = {".yaml", ".yml", ".json"}


class ImportView(Protocol):
    """Shows what was read from a price file before it is used."""

    def show_import(self, path: Path, found: Import) -> None:
        """Show the preview; the control's `accept` or `cancel` follows."""
        ...

    def close_import(self) -> None:
        """Take the preview away."""
        ...

    def ask(self, prompt: str, text: str, answer: Callable[[str], object]) -> None:
        """Ask for a word."""
        ...


@dataclass(frozen=True)
class _Reading:
    path: Path
    spec: BacktestSpec | None
    preview: bool
    options: Mapping[str, Any]


class FileControl:
    """Opens files.

    Parameters
    ----------
    workspace : Workspace
        Receives prices and specs.
    jobs : Jobs
        Reads price files.
    background : callable
        Runs a function off the GUI thread.
    board : NoticeBoard
        Where errors and questions are told.
    plugins : Path
        Folder of the user's strategies.

    Attributes
    ----------
    view : ImportView
        Set by the composition root.
    opened : Signal[str]
        Emitted with the path, or ``sample:NAME``, of prices that are used now.
    """

    view: ImportView

    def __init__(
        self, workspace: Workspace, jobs: Jobs, background: Background, board: NoticeBoard, plugins: Path
    ) -> None:
        self._workspace, self._jobs, self._board = workspace, jobs, board
        self._background, self._plugins = background, plugins
        self._reading: dict[str, _Reading] = {}
        self._shown: tuple[_Reading, Bars] | None = None
        self.opened: Signal[str] = Signal()
        jobs.event.connect(self.take)

    def open_all(self, paths: Sequence[Path]) -> None:
        """Open what was dropped: specs and strategies all, of several price files the first."""
        prices = [path for path in paths if path.suffix.lower() not in {*_SPECS, ".py"}]
        for path in paths:
            if path not in prices[1:]:
                self.open(path)
        if len(prices) > 1:
            words = f"{len(prices)} price files were dropped; {prices[0].name} is read"
            self._workspace.log("warning", words)

    def open(self, path: Path) -> None:
        """Open one file by its kind."""
        suffix = path.suffix.lower()
        if suffix == ".py":
            self._offer_strategy(path)
        elif suffix in _SPECS:
            self.open_spec(path)
        else:
            self.read_prices(str(path))

    def open_spec(self, path: Path) -> None:
        """Take the settings of a spec file, and its prices when it names some."""
        try:
            spec = BacktestSpec.read(path)
            _check_strategy(spec.strategy.name)
        except IvyError as error:
            self._tell(error)
            return
        self._workspace.log("info", f"{path.name} opened")
        source = spec.data.file
        if not source:
            self._workspace.set_spec(spec)
        elif source.startswith(SAMPLE):
            self.read_prices(source, spec=spec, preview=False)
        else:
            self.read_prices(str(path.parent / source), spec=spec, preview=False)

    def read_prices(self, source: str, *, spec: BacktestSpec | None = None, preview: bool = True) -> None:
        """Read a price file, or ``sample:NAME``, and use it; with ``preview`` after it was accepted."""
        if source.startswith(SAMPLE):
            self._read_sample(source, spec)
            return
        # Faulty rows are left out at first; the preview tells them before the prices are used.
        self._submit(_Reading(Path(source).absolute(), spec, preview, {"bad_rows": "drop"}))

    def open_sample(self) -> None:
        """Open the sample project: real index prices and a strategy with costs."""
        spec = sample_spec()
        self.read_prices(spec.data.file or f"{SAMPLE}{FIRST_SAMPLE}", spec=spec)

    def take(self, event: JobEvent) -> None:
        """Act on the end of a file being read."""
        if not isinstance(event, Finished | Failed | Cancelled):
            return
        reading = self._reading.pop(event.job_id, None)
        if reading is None:
            return
        if isinstance(event, Failed):
            self._board.post(self._notice(reading, event))
            self._keep_spec(reading.spec)
        elif isinstance(event, Finished):
            self._board.clear(TOPIC)
            self._show(reading, event.value)

    def accept(self) -> None:
        """Use the prices of the preview."""
        if self._shown is not None:
            reading, bars = self._shown
            self.cancel()
            self._use(str(reading.path), bars, reading.spec)

    def repair(self) -> None:
        """Read the file of the preview once more and mend the rows that can be mended."""
        if self._shown is not None:
            self._again(self._shown[0], bad_rows="repair")

    def cancel(self) -> bool:
        """Close the preview; return False when there is none."""
        if self._shown is None:
            return False
        self._shown = None
        self.view.close_import()
        return True

    def _show(self, reading: _Reading, found: Import) -> None:
        if reading.preview:
            self._shown = (reading, found.bars)
            self.view.show_import(reading.path, found)
        else:
            self._use(str(reading.path), found.bars, reading.spec)

    def _submit(self, reading: _Reading) -> None:
        try:
            job_id = self._jobs.submit(ImportJob(reading.path, reading.options))
        except IvyError as error:
            self._tell(error)
            return
        self._reading[job_id] = reading

    def _again(self, reading: _Reading, **options: Any) -> None:
        self._submit(replace(reading, options={**reading.options, **options}))

    def _notice(self, reading: _Reading, event: Failed) -> Notice:
        """Return why a file could not be read, with the answers that would help."""
        field = event.error.field if isinstance(event.error, InputError) else ""
        plain = Notice("error", event.what, event.where, event.hint, event.details, topic=TOPIC)
        if field == "day_first":
            answers = (
                ("Day first", lambda: self._again(reading, day_first=True)),
                ("Month first", lambda: self._again(reading, day_first=False)),
            )
            return replace(plain, hint="Say which comes first", actions=answers)
        if field == "symbol":
            take = ("Choose a symbol", lambda: self._ask_symbol(reading))
            return replace(plain, actions=(take,))
        return plain

    def _ask_symbol(self, reading: _Reading) -> None:
        self.view.ask("Symbol to read, then Enter", "", lambda name: self._again(reading, symbol=name))

    def _use(self, source: str, bars: Bars, spec: BacktestSpec | None) -> None:
        self._workspace.set_bars(bars)
        self._workspace.log("info", f"{bars.symbol}: {len(bars):,} bars of {source} in use")
        self._keep_spec(self._spec_on(source, spec))
        self.opened.emit(source)

    def _spec_on(self, source: str, spec: BacktestSpec | None) -> BacktestSpec | None:
        """Return the settings with the prices they are run on now; other prices have other dates."""
        if spec is not None:
            return spec.replace(data=spec.to_dict()["data"] | {"file": source})
        current = self._workspace.spec
        if current is None or current.data.file == source:
            return None
        return current.replace(data={"file": source})

    def _keep_spec(self, spec: BacktestSpec | None) -> None:
        if spec is not None:
            self._workspace.set_spec(spec)

    def _read_sample(self, source: str, spec: BacktestSpec | None) -> None:
        name = source.removeprefix(SAMPLE)

        def read() -> Bars:
            from engine.data.sample import sample_bars  # noqa: PLC0415  (loads pandas)

            return sample_bars(name)

        self._background(read, lambda bars: self._use(source, bars, spec), self._tell)

    def _offer_strategy(self, path: Path) -> None:
        notice = Notice(
            "info", f"{path.name} is a strategy file", where=str(path.parent), topic=TOPIC,
            hint="Copied to your strategy folder it can be chosen in Setup. It runs with all your rights",
            actions=(("Copy to strategy folder", lambda: self._add_strategy(path)),),
        )  # fmt: skip
        self._board.post(notice)

    def _add_strategy(self, path: Path) -> None:
        target = self._plugins / path.name

        def add() -> str:
            from engine.storage.files import write_whole  # noqa: PLC0415
            from engine.strategies import registry  # noqa: PLC0415

            try:
                text = path.read_bytes()
            except OSError as error:
                raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from None
            write_whole(target, text)
            registry.scan(self._plugins)
            broken = {entry.path: entry for entry in registry.broken}.get(str(target))
            if broken is not None:
                raise InputError(
                    broken.message, where=f"{target}:{broken.line}",
                    hint="Mend the file, then choose Reload your strategies in the Run menu",
                )  # fmt: skip
            return path.stem

        self._background(add, self._tell_added, self._tell)

    def _tell_added(self, name: str) -> None:
        self._workspace.log("info", f"strategy file {name}.py copied to {self._plugins}")
        self._workspace.strategies_changed.emit()

    def _tell(self, error: IvyError) -> None:
        self._board.post(Notice.of(error, topic=TOPIC))


def _check_strategy(name: str) -> None:
    from engine.strategies import registry  # noqa: PLC0415

    registry.get(name)
