"""`RunStore`: every run kept, found again by words, and loaded bit for bit.

::

    folder/
      runs.sqlite            index for searching (SQLite, write-ahead log)
      results/<run_id>/      one folder per run (`run_folder`), renamed into place when complete
      bars/<key>.parquet     the prices, once per distinct series

Any number of processes may read and write at once. The folders are the truth: a damaged index is
rebuilt from them by `RunStore.open`.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self

from engine.backtest.result import BacktestResult
from engine.core.bars import Bars
from engine.core.errors import InputError, StorageError
from engine.storage.arrays import bars_key, decode_bars, encode_bars
from engine.storage.files import (
    PARTIAL_PREFIX,
    partial_name,
    remove_partials,
    storage_error,
    write_whole,
)
from engine.storage.run_folder import (
    Journal,
    StoredSeries,
    index_row,
    read_record,
    read_run,
    stored_series,
    write_journal,
    write_run,
)
from engine.storage.run_index import Row, RunIndex
from engine.storage.run_search import conditions
from engine.storage.run_summary import RunSummary, summary_of

__all__ = ["RunStore", "RunSummary"]

_KEPT_SERIES = 2
_KEPT_BARS = 1_500_000
_RUN_ID = re.compile(r"[0-9a-z]+")


class RunStore:
    """Runs on disk. Constructing one touches nothing; the folder is made at the first `save`.

    Parameters
    ----------
    folder : Path
        Home of the index, the runs and the prices.

    Attributes
    ----------
    notices : tuple of str
        What `open` found and mended, in sentences for the user.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notices: tuple[str, ...] = ()
        self._index = RunIndex(folder / "runs.sqlite")
        self._results, self._bars = folder / "results", folder / "bars"
        self._recent: dict[str, Bars] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Return the store after mending it: once per start of a program.

        A damaged index is moved aside and rebuilt from the run folders; runs that a killed process
        left out of the index are added; half-written leftovers are removed. `notices` tells.

        Raises
        ------
        StorageError
            The folder cannot be read or written.
        """
        store = cls(folder)
        if not folder.is_dir():
            return store
        notices = []
        damage = store._index.damage()
        if damage:
            aside = store._index.move_aside()
            notices.append(
                f"The index of runs was damaged ({damage}). "
                f"It was kept as {aside.name} and rebuilt from the run folders."
            )
        for part in (store._results, store._bars):
            remove_partials(part)
        notices += store._reconcile()
        store.notices = tuple(notices)
        return store

    def save(self, result: BacktestResult, *, now: datetime, note: str = "") -> str:
        """Keep a run; the same run again only updates its time and count.

        Parameters
        ----------
        result : BacktestResult
            The run.
        now : datetime
            With a time zone; the store never reads the clock.
        note : str, default ""
            Words of the user; empty keeps the note there is.

        Returns
        -------
        str
            The run's id.

        Raises
        ------
        StorageError
            Read-only folder, full disk, damaged index. Nothing half written is left.
        """
        run_id = result.run_id
        prices = {bars_key(bars): bars for bars in (result.bars, *result.legs)}
        journal = Journal.first(now, note, result.proof_key)
        target, partial = self._results / run_id, self._results / partial_name()
        placed = None
        try:
            self._prepare_folder(partial)
            self._keep_bars(prices)
            if not target.is_dir():
                write_run(partial, result)
            with self._index.writing() as connection:
                known = self._stored_row(run_id)
                if known is not None:
                    self._check_same(known, result)
                    journal = Journal.of_row(known).again(now, note, result.proof_key)
                # Another process may have deleted them since.
                self._keep_bars(prices)
                if not target.is_dir():
                    if not (partial / "record.json").exists():
                        write_run(partial, result)
                    placed = target
                self._place(partial, target, journal)
                self._index.put(connection, index_row(target, journal))
        except StorageError:
            self._drop_unused(tuple(prices), placed)
            raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        with self._lock:
            for key, bars in prices.items():
                self._remember(key, bars)
        return run_id

    def load(self, run_id: str) -> BacktestResult:
        """Return a run with its bars, bit for bit as it was saved.

        Raises
        ------
        InputError
            No run of that id.
        StorageError
            Its files are damaged.
        """
        folder = self._folder_of(run_id)
        bars, *legs = (self._load_bars(part) for part in stored_series(read_record(folder)))
        return read_run(folder, bars, tuple(legs))

    def summaries(self, search: str = "", limit: int = 1_000) -> list[RunSummary]:
        """Return the runs that match, latest first.

        Parameters
        ----------
        search : str, default ""
            Words that must all occur, ``symbol:SPY``, ``sharpe>0.8``, ``fast>=10``, ``starred:yes``,
            ``created>2024-05-01``; see `engine.storage.run_search`.
        limit : int, default 1000
            At most so many.

        Raises
        ------
        StorageError
            The index is damaged.
        """
        return [summary_of(row) for row in self._index.rows(conditions(search), limit)]

    def find(self, receipt: str) -> RunSummary | None:
        """Return the run with that receipt, or `None`."""
        row = self._index.row("receipt", receipt)
        return None if row is None else summary_of(row)

    def set_note(self, run_id: str, note: str) -> None:
        """Replace the note of a run.

        Raises
        ------
        InputError
            No run of that id.
        StorageError
            The folder cannot be written.
        """
        self._edit(run_id, lambda journal: replace(journal, note=note))

    def set_star(self, run_id: str, starred: bool) -> None:  # noqa: FBT001  (what the name says)
        """Mark or unmark a run; raises as `set_note`."""
        self._edit(run_id, lambda journal: replace(journal, starred=starred))

    def delete(self, run_id: str) -> None:
        """Remove a run, and its prices when no other run uses them; no error when there is none.

        Raises
        ------
        StorageError
            The folder cannot be written.
        """
        if not self._index.path.exists() or not _RUN_ID.fullmatch(run_id):
            return
        trash = self._results / partial_name()
        with self._index.writing() as connection:
            keys = self._keys_of(run_id)
            self._index.remove(connection, run_id)
            try:
                (self._results / run_id).rename(trash)
            except FileNotFoundError:
                pass
            except OSError as error:
                raise storage_error(error, self._results / run_id, "cannot delete the run") from error
        shutil.rmtree(trash, ignore_errors=True)
        self._drop_unused(keys)

    # -- writing ------------------------------------------------------------------------------

    def _prepare_folder(self, partial: Path) -> None:
        try:
            partial.mkdir(parents=True)
        except OSError as error:
            raise storage_error(error, self.folder, "cannot keep the run") from error

    def _keep_bars(self, prices: Mapping[str, Bars]) -> None:
        for key, bars in prices.items():
            path = self._bars_path(key)
            if not path.exists():
                write_whole(path, encode_bars(bars))

    def _place(self, partial: Path, target: Path, journal: Journal) -> None:
        try:
            if target.is_dir():
                write_journal(target, journal)
            else:
                write_journal(partial, journal)
                partial.rename(target)
        except OSError as error:
            raise storage_error(error, target, "cannot keep the run") from error

    def _check_same(self, known: Row, result: BacktestResult) -> None:
        if known["receipt"] != result.receipt:
            raise StorageError(
                f"another run already has the id {result.run_id}", where=str(self.folder),
                hint=f"Delete it first; its receipt is {known['receipt']}",
            )  # fmt: skip

    def _stored_row(self, run_id: str) -> Row | None:
        row = self._index.row("run_id", run_id)
        if row is None and (self._results / run_id).is_dir():
            return index_row(self._results / run_id)
        return row

    def _keys_of(self, run_id: str) -> tuple[str, ...]:
        try:
            return tuple(part.key for part in stored_series(read_record(self._results / run_id)))
        except StorageError:
            # A damaged run can be deleted all the same; prices of one instrument stand in the index too.
            row = self._index.row("run_id", run_id)
            return () if row is None else (str(row["bars_key"]),)

    def _folder_of(self, run_id: str) -> Path:
        folder = self._results / run_id
        if not _RUN_ID.fullmatch(run_id) or not folder.is_dir():
            hint = "'ivybt runs' lists the runs"
            raise InputError(f"no run '{run_id}'", field="run_id", value=run_id, hint=hint)
        return folder

    def _edit(self, run_id: str, change: Callable[[Journal], Journal]) -> None:
        folder = self._folder_of(run_id)
        with self._index.writing() as connection:
            row = self._stored_row(run_id)
            journal = change(Journal.of_row(row or index_row(folder)))
            write_journal(folder, journal)
            self._index.put(connection, index_row(folder, journal))

    # -- prices -------------------------------------------------------------------------------

    def _bars_path(self, key: str) -> Path:
        return self._bars / f"{key}.parquet"

    def _load_bars(self, part: StoredSeries) -> Bars:
        with self._lock:
            bars = self._recent.get(part.key)
            if bars is None:
                bars = decode_bars(self._bars_path(part.key), part.instrument, part.timeframe)
                self._remember(part.key, bars)
        if (bars.instrument, bars.timeframe) != (part.instrument, part.timeframe):
            bars = replace(bars, instrument=part.instrument, timeframe=part.timeframe)
        return bars

    def _remember(self, key: str, bars: Bars) -> None:
        # Runs on the same prices share one object; the newest few stay, and of short ones many.
        self._recent.pop(key, None)
        self._recent[key] = bars
        held = sum(map(len, self._recent.values()))
        while len(self._recent) > _KEPT_SERIES and held > _KEPT_BARS:
            held -= len(self._recent.pop(next(iter(self._recent))))

    def _drop_unused(self, keys: Sequence[str], placed: Path | None = None) -> None:
        """Remove prices, and a run placed in vain, that the index does not know; no one writes meanwhile."""
        if not self._index.path.exists():
            return
        # Clean-up after an error must not hide that error.
        with suppress(StorageError, OSError), self._index.writing() as connection:
            if placed is not None and not self._index.has(connection, placed.name):
                shutil.rmtree(placed, ignore_errors=True)
            for key in self._index.unused(connection, keys):
                self._bars_path(key).unlink(missing_ok=True)

    # -- mending ------------------------------------------------------------------------------

    def _reconcile(self) -> list[str]:
        if not self._results.is_dir():
            return []
        folders = {
            path.name: path
            for path in self._results.iterdir()
            if path.is_dir() and not path.name.startswith(PARTIAL_PREFIX)
        }
        indexed = {str(row["run_id"]) for row in self._index.rows()}
        if indexed == folders.keys():
            return []
        notices = []
        with self._index.writing() as connection:
            for run_id in indexed - folders.keys():
                self._index.remove(connection, run_id)
                notices.append(f"The files of run {run_id} are gone; it was taken off the list.")
            for run_id in sorted(folders.keys() - indexed):
                try:
                    self._index.put(connection, index_row(folders[run_id]))
                except StorageError as error:
                    notices.append(f"A run could not be read: {error}.")
        return notices
