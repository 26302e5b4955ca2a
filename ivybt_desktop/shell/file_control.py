"""`FileControl`: opens prices, specs and strategies, chosen or dropped. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError, IvyError
from engine.core.instrument import symbols_text
from engine.jobs.events import Cancelled, Failed, Finished, JobEvent
from engine.jobs.requests import ImportJob
from ivybt_desktop.context import Background, Workspace
from ivybt_desktop.shell.notices import Notice, NoticeBoard
from ivybt_desktop.shell.run_control import Jobs
from ivybt_desktop.shell.samples import sample_spec
from ivybt_desktop.signal import Signal

if TYPE_CHECKING:
    from engine.core.bars import Bars
    from engine.data.reader import Import

TOPIC = "file"
SAMPLE = "sample:"
FIRST_SAMPLE = "SPX"
_TOLD = 5
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
    files: tuple[Path, ...] = ()
    symbols: tuple[str, ...] = ()
    several: bool = False
    adds: bool = False


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
    reload : callable
        Reads that folder again.

    Attributes
    ----------
    view : ImportView
        Set by the composition root.
    opened : Signal[str]
        Emitted with the path, or ``sample:NAME``, of prices that are used now.
    """

    view: ImportView

    def __init__(
        self, workspace: Workspace, jobs: Jobs, background: Background, board: NoticeBoard, plugins: Path,
        reload: Callable[[], object],
    ) -> None:  # fmt: skip
        self._workspace, self._jobs, self._board = workspace, jobs, board
        self._background, self._plugins, self._reload = background, plugins, reload
        self._reading: dict[str, _Reading] = {}
        self._shown: tuple[_Reading, Bars] | None = None
        self.opened: Signal[str] = Signal()
        jobs.event.connect(self.take)

    def open_all(self, paths: Sequence[Path]) -> None:
        """Open what was dropped: several price files join the loaded instruments, one takes their place."""
        prices = [path for path in paths if path.suffix.lower() not in {*_SPECS, ".py"}]
        for path in paths:
            if path not in prices or len(prices) == 1:
                self.open(path)
        if len(prices) > 1:
            self.add_files(prices)

    def add_files(self, paths: Sequence[Path]) -> None:
        """Read every instrument of the files and load them beside those there are; the sample goes."""
        first, *more = (path.absolute() for path in paths)
        self._submit(
            _Reading(first, None, preview=False, options={"bad_rows": "drop"}, files=tuple(more),
                     several=True, adds=True)
        )  # fmt: skip

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
        spec = _with_paths(spec, path.parent)
        if spec.data.file:
            self.read_prices(spec.data.file, spec=spec, preview=False)
        else:
            self._workspace.set_spec(spec)

    def read_prices(self, source: str, *, spec: BacktestSpec | None = None, preview: bool = True) -> None:
        """Read a price file, or ``sample:NAME``, and use it; with ``preview`` after it was accepted."""
        if source.startswith(SAMPLE) and (spec is None or not spec.data.files):
            self._read_sample(source, spec)
            return
        path = _path_of(source)
        # Faulty rows are left out at first; the preview tells them before the prices are used.
        options = {"bad_rows": "drop"}
        if spec is None or preview:
            self._submit(_Reading(path, spec, preview, options))
            return
        files = tuple(map(_path_of, spec.data.files))
        options |= _stated(spec)
        self._submit(_Reading(path, spec, preview, options, files, spec.data.symbols, several=True))

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
            self._use({bars.symbol: str(reading.path)}, (bars,), reading)

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

    def _show(self, reading: _Reading, found: Import | tuple[Import, ...]) -> None:
        if not isinstance(found, tuple):
            if reading.preview:
                self._shown = (reading, found.bars)
                self.view.show_import(reading.path, found)
                return
            found = (found,)
        self._tell_rows(found)
        sources = {item.bars.symbol: str(item.source) for item in found}
        self._use(sources, tuple(item.bars for item in found), reading)

    def _tell_rows(self, found: tuple[Import, ...]) -> None:
        """Say which rows were left out: nobody saw a preview."""
        short = [item for item in found if item.report.rows_refused]
        if short:
            rows = sum(item.report.rows_refused for item in short)
            names = symbols_text(item.bars.symbol for item in short)
            lines = "\n".join(f"{item.bars.symbol}: {line}" for item in short for line in item.report.lines())
            hint = "Open the file alone to see its rows before it is used"
            self._board.post(
                Notice("warning", f"{rows:,} rows were left out of {names}", "", hint, lines, topic=TOPIC)
            )

    def _submit(self, reading: _Reading) -> None:
        job = ImportJob(reading.path, reading.options, reading.files, reading.symbols, reading.several)
        try:
            job_id = self._jobs.submit(job)
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
            every = ("Load all", lambda: self._submit(replace(reading, preview=False, several=True)))
            take = ("Choose a symbol", lambda: self._ask_symbol(reading))
            return replace(plain, actions=(every, take))
        return plain

    def _ask_symbol(self, reading: _Reading) -> None:
        self.view.ask("Symbol to read, then Enter", "", lambda name: self._again(reading, symbol=name))

    def _use(self, sources: Mapping[str, str], found: tuple[Bars, ...], reading: _Reading) -> None:
        space = self._workspace
        loaded = tuple(space.sources.values())
        adds = reading.adds and bool(loaded) and not any(file.startswith(SAMPLE) for file in loaded)
        if adds:
            space.add_bars(found, sources)
        else:
            space.set_universe(found, sources)
        for bars in found[:_TOLD]:
            space.log("info", f"{bars.symbol}: {len(bars):,} bars of {sources[bars.symbol]} in use")
        if len(found) > _TOLD:
            space.log("info", f"{len(found):,} instruments in use")
        files = tuple(dict.fromkeys(space.sources.values()))
        spec = _spec_on_added(space.spec, files, sources) if adds else self._spec_on(files, reading)
        if spec is not None:
            space.set_spec(spec)
        self.opened.emit(files[0])

    def _spec_on(self, files: tuple[str, ...], reading: _Reading) -> BacktestSpec | None:
        """Return the settings with the prices they are run on now; other prices have other dates."""
        named: dict[str, Any] = {"file": files[0], "files": files[1:]}
        if reading.options.get("symbol"):
            named["symbols"] = (reading.options["symbol"],)  # one of several that the file holds
        if reading.spec is not None:
            return reading.spec.replace(data=reading.spec.to_dict()["data"] | named)
        current = self._workspace.spec
        same = current is not None and (current.data.file, current.data.files) == (files[0], files[1:])
        if current is None or (same and "symbols" not in named):
            return None
        # Groups and costs of single symbols belong to the instruments that are gone.
        portfolio = current.to_dict()["portfolio"] | {"groups": {}}
        return current.replace(data=named, portfolio=portfolio, symbol_costs={})

    def _keep_spec(self, spec: BacktestSpec | None) -> None:
        if spec is not None:
            self._workspace.set_spec(spec)

    def _read_sample(self, source: str, spec: BacktestSpec | None) -> None:
        name = source.removeprefix(SAMPLE)

        def read() -> Bars:
            from engine.data.sample import sample_bars  # noqa: PLC0415  (loads pandas)

            return sample_bars(name)

        reading = _Reading(Path(source), spec, preview=False, options={})
        self._background(read, lambda bars: self._use({bars.symbol: source}, (bars,), reading), self._tell)

    def _offer_strategy(self, path: Path) -> None:
        notice = Notice(
            "info", f"{path.name} is a strategy file", where=str(path.parent), topic=TOPIC,
            hint="Copied to your strategy folder it can be chosen in Setup. It runs with all your rights",
            actions=(("Copy to strategy folder", lambda: self._add_strategy(path)),),
        )  # fmt: skip
        self._board.post(notice)

    def _add_strategy(self, path: Path) -> None:
        target = self._plugins / path.name

        def add() -> None:
            from engine.storage.files import write_whole  # noqa: PLC0415

            try:
                text = path.read_bytes()
            except OSError as error:
                raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from None
            if target.exists() and target.read_bytes() != text:
                raise InputError(
                    f"your strategy folder holds another {path.name}", where=str(target),
                    hint="Rename one of the two; nothing was copied",
                )  # fmt: skip
            write_whole(target, text)

        self._background(add, lambda _: self._tell_added(path.name), self._tell)

    def _tell_added(self, name: str) -> None:
        self._workspace.log("info", f"strategy file {name} copied to {self._plugins}")
        self._reload()

    def _tell(self, error: IvyError) -> None:
        self._board.post(Notice.of(error, topic=TOPIC))


def _spec_on_added(
    current: BacktestSpec | None, files: tuple[str, ...], added: Mapping[str, str]
) -> BacktestSpec | None:
    """Return the settings with further instruments: all of them in use, dates and the rest as they were."""
    if current is None:
        return None
    data = current.to_dict()["data"]
    used = (*current.data.symbols, *added) if current.data.symbols else ()
    symbols = tuple(dict.fromkeys(used))
    return current.replace(data=data | {"file": files[0], "files": files[1:], "symbols": symbols})


def _with_paths(spec: BacktestSpec, folder: Path) -> BacktestSpec:
    """Return a spec whose files are found from anywhere: a relative path starts at the spec's folder."""
    data = spec.to_dict()["data"]
    for name in ("file", "finer"):
        data[name] = _found_from(folder, data[name])
    data["files"] = [_found_from(folder, file) for file in data["files"]]
    return spec.replace(data=data)


def _found_from(folder: Path, file: str | None) -> str | None:
    return file if not file or file.startswith(SAMPLE) else str(folder / file)


def _path_of(source: str) -> Path:
    return Path(source) if source.startswith(SAMPLE) else Path(source).absolute()


def _stated(spec: BacktestSpec) -> dict[str, Any]:
    """Return what a spec says about its files, as options of the reader."""
    stated = spec.data.instrument
    given = {
        "timeframe": spec.data.timeframe, "asset_class": stated.asset_class,
        "multiplier": stated.multiplier, "tick_size": stated.tick_size,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def _check_strategy(name: str) -> None:
    from engine.strategies import registry  # noqa: PLC0415

    registry.get(name)
