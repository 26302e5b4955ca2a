"""How many cells of a sweep are worked off at once.

Small chunks let a sweep be stopped within a fraction of a second and keep every core busy to the end;
each chunk costs some fixed work, so they should not be smaller than needed. The size follows the
measured time of the chunks before. Results do not depend on it.
"""

from __future__ import annotations

from collections import deque

_TARGET_SECONDS = 0.03
_SMALLEST_SECONDS = 0.005
_FIRST_SECONDS = 0.01
_GUESSED_SECONDS_PER_BAR = 10e-9
_GROWTH = 4
_FEW = 10
_LONGEST_SECONDS = 0.08


class Chunks:
    """Ranges of cells to work off.

    Parameters
    ----------
    total : int
        Cells.
    n_bars : int
        Bars of each, for the first guess of the time they take.
    workers : int
        How many take chunks at the same time.
    is_compiled : bool
        False for strategies that run Python code: the first chunks are single cells.
    """

    def __init__(self, total: int, n_bars: int, *, workers: int = 1, is_compiled: bool = True) -> None:
        self._total, self._workers = total, workers
        self._next = 0
        self._returned: deque[tuple[int, int]] = deque()
        self._cell_seconds: float | None = None
        guess = _FIRST_SECONDS / (max(n_bars, 1) * _GUESSED_SECONDS_PER_BAR)
        self._size = max(1, int(guess)) if is_compiled else 1

    def take(self) -> tuple[int, int] | None:
        """Return the next range (start, stop), or `None` when all cells are given out."""
        if self._returned:
            return self._returned.popleft()
        if self._next >= self._total:
            return None
        start = self._next
        self._next = min(self._total, start + self._limited())
        return start, self._next

    def give_back(self, start: int, stop: int) -> None:
        """Offer a range again whose work was lost."""
        self._returned.append((start, stop))

    def observe(self, n_cells: int, seconds: float) -> None:
        """Take the measured time of a chunk into account."""
        each = max(seconds / n_cells, 1e-9)
        known = self._cell_seconds
        # A first chunk may hold a compilation: a faster one corrects it at once.
        self._cell_seconds = each if known is None or each < known else (known + each) / 2
        wanted = int(_TARGET_SECONDS / self._cell_seconds)
        if wanted < _FEW:
            # The fixed work of a chunk may be most of it: try a cell more, within bounds.
            wanted = max(wanted, min(_FEW, int(_LONGEST_SECONDS / self._cell_seconds) + 1))
        self._size = max(1, min(wanted, max(n_cells, self._size) * _GROWTH))

    def _limited(self) -> int:
        """Return the size, smaller near the end so that all workers finish together."""
        if self._cell_seconds is None or self._workers == 1:
            return self._size
        share = (self._total - self._next) // (2 * self._workers)
        smallest = int(_SMALLEST_SECONDS / self._cell_seconds)
        return max(1, min(self._size, max(share, smallest)))
