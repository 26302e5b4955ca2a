"""`interrupted_after`: a way out of a user's Python code that does not end by itself."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.core.errors import JobCancelled, StrategyError

_UNDER_WAY: dict[int, Callable[[], None]] = {}


class _TookTooLong(BaseException):
    """Raised inside the code that is interrupted: `except Exception` there does not hold it back."""


@contextmanager
def interrupted_after(seconds: float, hint: str) -> Iterator[None]:
    """Raise in this thread when the block does not end in time.

    Python code is interrupted at its next step, so the traceback names its line. A call into compiled
    code (``time.sleep``, one long numpy call) is interrupted when it returns.

    Parameters
    ----------
    seconds : float
        How long the block may take.
    hint : str
        What to do about it.

    Raises
    ------
    StrategyError
        The block took longer.
    JobCancelled
        It was ended by `interrupt_all`.
    """
    thread = threading.get_ident()
    lock, is_over, is_closing = threading.Lock(), False, False

    def interrupt() -> None:
        with lock:
            if not is_over:
                _raise_in(thread, _TookTooLong)

    def close() -> None:
        nonlocal is_closing
        is_closing = True
        interrupt()

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    _UNDER_WAY[thread] = close
    try:
        yield
    except _TookTooLong as error:
        if is_closing:
            raise JobCancelled("was interrupted: the program closes") from error
        raise StrategyError(f"took longer than {seconds:g} s", hint=hint) from error
    finally:
        with lock:
            is_over = True
        _UNDER_WAY.pop(thread, None)
        timer.cancel()
        _raise_in(thread, None)  # asked for and not yet raised: the block has ended after all


def interrupt_all() -> None:
    """End every block that is under way in any thread: the program closes and waits for none of them."""
    for close in tuple(_UNDER_WAY.values()):
        close()


def _raise_in(thread: int, kind: type[BaseException] | None) -> None:
    what = None if kind is None else ctypes.py_object(kind)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)
