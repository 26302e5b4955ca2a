"""The border where work of a job may raise anything: `attempt` turns it into words."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass

from engine.core import errors
from engine.core.errors import InputError, IvyError, JobError

_PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True, slots=True)
class Failure:
    """Work that raised.

    Parameters
    ----------
    error : IvyError
        In words; can be sent between processes.
    details : str
        The traceback when it tells more than the error; else empty.
    """

    error: IvyError
    details: str = ""


def attempt[T](work: Callable[[], T]) -> T | Failure:
    """Return what ``work`` returns, or a `Failure`."""
    try:
        return work()
    except IvyError as error:
        details = "".join(traceback.format_exception(error)) if error.__cause__ else ""
        return Failure(_portable(error), details)
    except MemoryError as error:
        what = f"not enough memory ({error})" if str(error) else "not enough memory"
        return Failure(JobError(what, hint="Close other programs, or use fewer bars or cells"))
    except Exception as error:  # noqa: BLE001  (border: strategies and libraries may raise anything)
        details = "".join(traceback.format_exception(error))
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        return Failure(JobError(what, hint="Copy the details and report them"), details)


def _portable(error: IvyError) -> IvyError:
    """Return an error that another process can read: no class of a plug-in, no foreign value."""
    if type(error).__module__ != errors.__name__:
        return JobError(error.what, where=error.where, hint=error.hint)
    if isinstance(error, InputError) and not isinstance(error.value, _PLAIN):
        error.value = repr(error.value)
    return error
