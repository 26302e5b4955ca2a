"""`FinerBars`: keeps the shorter bars of the workspace in step with the file the form names. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.core.errors import IvyError

if TYPE_CHECKING:
    from engine.core.bars import Bars
    from ivybt_desktop.context import Background, Workspace

Read = Callable[[str, Sequence["Bars"]], Sequence["Bars"]]

READING = "The finer bars are being read"


class FinerBars:
    """Reads the file off the GUI thread, once for each file and set of instruments.

    Parameters
    ----------
    workspace : Workspace
        Receives the bars.
    read : callable
        ``read(file, universe)`` returns the finer bars of the loaded instruments.
    background : callable
        ``background(work, then, failed)``.
    changed : callable
        Called when a file was read or could not be.
    """

    def __init__(
        self, workspace: Workspace, read: Read, background: Background, changed: Callable[[], None]
    ) -> None:
        self._workspace, self._read, self._background = workspace, read, background
        self._changed = changed
        self._asked: tuple[str, tuple[Bars, ...]] | None = None
        self._error: IvyError | None = None
        self._is_busy = False

    @property
    def error(self) -> IvyError | None:
        """Why the file could not be read."""
        return self._error

    @property
    def is_busy(self) -> bool:
        """Whether the file is being read."""
        return self._is_busy

    def follow(self, file: str | None) -> None:
        """Read another file; without one the finer bars are let go."""
        wanted = (file, self._workspace.universe) if file and self._workspace.universe else None
        if wanted == self._asked:
            return
        self._asked, self._error, self._is_busy = wanted, None, wanted is not None
        self._workspace.set_finer(())
        if wanted is None:
            return
        path, universe = wanted
        self._background(
            lambda: tuple(self._read(path, universe)),
            lambda bars: self._take(wanted, bars),
            lambda error: self._fail(wanted, error),
        )

    def close(self) -> None:
        """Forget what was asked: an answer that comes later changes nothing."""
        self._asked = None

    def _take(self, wanted: tuple[str, tuple[Bars, ...]], bars: tuple[Bars, ...]) -> None:
        if wanted == self._asked:
            self._is_busy = False
            self._workspace.set_finer(bars)
            self._changed()

    def _fail(self, wanted: tuple[str, tuple[Bars, ...]], error: IvyError) -> None:
        if wanted == self._asked:
            self._is_busy, self._error = False, error
            self._changed()


def read_finer(file: str, universe: Sequence[Bars]) -> tuple[Bars, ...]:
    """Read the shorter bars of the loaded instruments.

    Raises
    ------
    InputError, DataError
        The file cannot be read, or its bars are not shorter.
    """
    from engine.data.series import load_finer  # noqa: PLC0415  (off the GUI thread)

    return load_finer(file, universe, bad_rows="drop")
