"""The SQLite index of the run store: one row per run, for searching; the run folders are the truth.

A second table says which prices a run uses, so that prices no run uses can be removed.

Every operation opens its own connection, so any thread and process may use the index at any time
and no handle stays open. Write-ahead logging keeps it whole through ``kill -9``.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from engine.core.errors import StorageError
from engine.storage.run_search import Condition

_VERSION = 3
_BUSY_SECONDS = 10.0
_FULL_BYTES = 256 * 1024
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}

COLUMNS = (
    "run_id", "receipt", "created", "last_run", "count", "strategy", "params", "params_text", "symbol",
    "timeframe", "start", "end", "bars", "bars_key", "metrics", "note", "starred", "search_text", "proof_key",
)  # fmt: skip
_INTEGERS = {"count", "bars", "starred"}
_SCHEMA = ", ".join(
    f'"{name}" {"INTEGER" if name in _INTEGERS else "TEXT"} NOT NULL'
    + (" PRIMARY KEY" if name == "run_id" else "")
    for name in COLUMNS
)

type Row = dict[str, Any]


class RunIndex:
    """Rows of runs in one SQLite file.

    Parameters
    ----------
    path : Path
        The file; made at the first write.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection inside one transaction that no other writer is in; undone on an error.

        Raises
        ------
        StorageError
            Read-only folder, full disk, damaged file, or another process held the index too long.
        """
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def put(self, connection: sqlite3.Connection, row: Row) -> None:
        """Insert or replace the row of a run; its ``bars_keys`` name all the prices it uses."""
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        marks = ", ".join(f":{name}" for name in COLUMNS)
        connection.execute(f"INSERT OR REPLACE INTO runs ({names}) VALUES ({marks})", row)  # noqa: S608
        connection.execute("DELETE FROM run_bars WHERE run_id = ?", (row["run_id"],))
        used = [(row["run_id"], key) for key in dict.fromkeys(row["bars_keys"])]
        connection.executemany("INSERT INTO run_bars VALUES (?, ?)", used)

    def remove(self, connection: sqlite3.Connection, run_id: str) -> None:
        """Take a run off the list; nothing happens when it is not there."""
        connection.execute("DELETE FROM runs WHERE run_id = ?", (run_id,))
        connection.execute("DELETE FROM run_bars WHERE run_id = ?", (run_id,))

    def has(self, connection: sqlite3.Connection, run_id: str) -> bool:
        """Return whether a run is on the list."""
        found = connection.execute("SELECT 1 FROM runs WHERE run_id = ? LIMIT 1", (run_id,))
        return found.fetchone() is not None

    def unused(self, connection: sqlite3.Connection, keys: Sequence[str]) -> list[str]:
        """Return those of the prices that no run on the list uses."""
        query = "SELECT 1 FROM run_bars WHERE bars_key = ? LIMIT 1"
        return [key for key in dict.fromkeys(keys) if connection.execute(query, (key,)).fetchone() is None]

    def rows(self, wanted: Sequence[Condition] = (), limit: int = -1) -> list[Row]:
        """Return the rows that fulfil every condition, last run first."""
        if not self.path.exists():
            return []
        where = " AND ".join(f"({item.sql})" for item in wanted) or "1"
        values = [value for item in wanted for value in item.values]
        # The SQL of conditions is made of fixed words; what a person typed is bound.
        query = f"SELECT * FROM runs WHERE {where} ORDER BY last_run DESC, created DESC, run_id LIMIT ?"  # noqa: S608
        with self._connected() as connection:
            return [dict(row) for row in connection.execute(query, (*values, limit))]

    def row(self, column: str, value: str) -> Row | None:
        """Return the row whose ``column`` (of `COLUMNS`) is ``value``."""
        found = self.rows([Condition(f"{column} = ?", (value,))], limit=1)
        return found[0] if found else None

    def damage(self) -> str:
        """Return what is wrong with the file in a few words; empty when it is sound or not there."""
        if not self.path.exists():
            return ""
        try:
            with closing(sqlite3.connect(self.path, timeout=_BUSY_SECONDS)) as connection:
                answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if 1 <= version <= _VERSION:
                    connection.execute("SELECT count(*) FROM runs").fetchone()
                if version == _VERSION:
                    connection.execute("SELECT count(*) FROM run_bars").fetchone()
        except sqlite3.DatabaseError as error:
            return str(error) if _is_damage(error) else ""
        return "" if answer == "ok" else str(answer)

    def move_aside(self) -> Path:
        """Rename the file to ``….corrupt-1`` (the next free number) and drop its logs.

        Raises
        ------
        StorageError
            The folder is read-only.
        """
        number = 1
        while (target := self.path.with_name(f"{self.path.name}.corrupt-{number}")).exists():
            number += 1
        try:
            self.path.rename(target)
            for suffix in ("-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"the run index is damaged and cannot be moved aside: {error.strerror}", where=str(self.path),
                hint="Delete the file; it is rebuilt from the run folders",
            ) from error  # fmt: skip
        return target

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._connect()) as connection:
                yield connection
        except sqlite3.Error as error:
            raise self._words(error) from error

    def _connect(self) -> sqlite3.Connection:
        target: Path | str = self.path
        if self.path.exists() and not os.access(self.path.parent, os.W_OK):
            # The log needs a file beside the index, which a read-only folder cannot take; nobody
            # writes there, so the index is read without it.
            target = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
        is_uri = isinstance(target, str)
        connection = sqlite3.connect(target, timeout=_BUSY_SECONDS, isolation_level=None, uri=is_uri)
        connection.row_factory = sqlite3.Row
        try:
            self._prepare(connection, may_write=not is_uri)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection, *, may_write: bool) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise StorageError(
                f"the run index has version {version}, this IvyBT knows version {_VERSION}",
                where=str(self.path), hint="Use the newer IvyBT or another folder",
            )  # fmt: skip
        if version < _VERSION and may_write:
            self._create(connection, version)
        connection.execute("PRAGMA synchronous = NORMAL")

    def _create(self, connection: sqlite3.Connection, version: int) -> None:
        # Turning the log on does not wait for other processes that do the same.
        for _ in range(100):
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                break
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                threading.Event().wait(0.05)
        connection.execute("BEGIN IMMEDIATE")
        # An index of version 1 has its table: where it is gone, the file is damaged, not old.
        if version == 0:
            connection.execute(f"CREATE TABLE IF NOT EXISTS runs ({_SCHEMA})")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS run_bars "
            "(run_id TEXT NOT NULL, bars_key TEXT NOT NULL, PRIMARY KEY (run_id, bars_key)) WITHOUT ROWID"
        )
        connection.execute("INSERT OR IGNORE INTO run_bars SELECT run_id, bars_key FROM runs")
        # Another process may have added it a moment ago.
        if "proof_key" not in [row["name"] for row in connection.execute("PRAGMA table_info(runs)")]:
            connection.execute("ALTER TABLE runs ADD COLUMN \"proof_key\" TEXT NOT NULL DEFAULT ''")
        connection.execute("CREATE INDEX IF NOT EXISTS runs_by_time ON runs (last_run)")
        connection.execute("CREATE INDEX IF NOT EXISTS run_bars_by_key ON run_bars (bars_key)")
        connection.execute("CREATE INDEX IF NOT EXISTS runs_by_receipt ON runs (receipt)")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")

    def _words(self, error: sqlite3.Error) -> StorageError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        where = str(self.path)
        if _is_damage(error):
            return StorageError(
                f"the run index is damaged ({error})", where=where,
                hint="Start IvyBT again: it moves the file aside and rebuilds it from the run folders",
            )  # fmt: skip
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and self._is_disk_full()):
            return StorageError(
                "cannot keep the run: the disk is full", where=where, hint="Free some space and try again"
            )
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return StorageError(
                "the folder of runs cannot be written or is read-only", where=where,
                hint="Choose a folder that you may write to",
            )  # fmt: skip
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StorageError(
                f"another process used the run index for more than {_BUSY_SECONDS:g} s", where=where,
                hint="Try again; close other IvyBT windows if it stays so",
            )  # fmt: skip
        return StorageError(f"the run index failed ({error})", where=where, hint="Check the disk")

    def _is_disk_full(self) -> bool:
        try:
            return shutil.disk_usage(self.path.parent).free < _FULL_BYTES
        except OSError:
            return False


def _is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    # A file that was cut to nothing but its first page has no table.
    return code in _DAMAGED or "no such table" in str(error)
