"""One thread for matrix products while models are fitted.

With several threads a product is summed in pieces whose number depends on the machine and on the process; an
optimiser makes a visible difference of that (1e-7 in a GARCH parameter). One thread gives the same bits
everywhere, and small products are faster with it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_held: list[Any] = []  # the limit in force, once for each run inside it


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold the linear-algebra libraries of this process to one thread; the last run out gives them back.

    Only libraries that are loaded already are held: import scipy or arch before.
    """
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    with _lock:
        _held.append(_held[0] if _held else threadpool_limits(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _lock:
            limit = _held.pop()
            if not _held:
                limit.restore_original_limits()
