"""The one exception tree of IvyBT.

Every message says what is wrong, where, and what to do next. Nothing here does I/O.

::

    IvyError
    ├── InputError          what a person typed: a flag, a field, a spec file
    ├── DataError           a price file or a feed
    ├── StrategyError       a strategy, built in or a plug-in
    ├── StorageError        the run store, presets, settings
    └── JobError
        ├── JobCancelled    stopped on request
        └── WorkerCrashed   a worker process died; the pool was rebuilt
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class IvyError(Exception):
    """Base of all errors that IvyBT tells to people.

    Parameters
    ----------
    what : str
        What is wrong, one short sentence without a full stop.
    where : str, default ""
        File, line, field or symbol it concerns.
    hint : str, default ""
        What to do next.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__(what, where, hint)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}. {self.hint}" if self.hint else head

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders; keyword-only arguments need their own pickling.
        return (_rebuild, (type(self), self.what, self.where, self.hint, dict(self.__dict__)))


def _rebuild(
    kind: type[IvyError], what: str, where: str, hint: str, state: dict[str, Any]
) -> IvyError:
    error = kind.__new__(kind)
    IvyError.__init__(error, what, where=where, hint=hint)
    error.__dict__.update(state)
    return error


class InputError(IvyError):
    """A value that a person gave is not usable.

    Parameters
    ----------
    what, where, hint
        As in `IvyError`.
    field : str, default ""
        Dotted name of the field (``params.fast``), so that a form can mark it.
    value : object, default None
        The refused value.
    """

    def __init__(
        self, what: str, *, field: str = "", value: object = None, where: str = "", hint: str = ""
    ) -> None:
        super().__init__(what, where=where or field, hint=hint)
        self.field, self.value = field, value


class DataError(IvyError):
    """A price file or feed cannot be used as it is."""


class StrategyError(IvyError):
    """A strategy could not be loaded or failed while it ran."""


class StorageError(IvyError):
    """Something could not be read from, or written to, the disk."""


class JobError(IvyError):
    """A job did not reach its end."""


class JobCancelled(JobError):  # noqa: N818  (a state, not a fault)
    """The job was stopped on request."""


class WorkerCrashed(JobError):  # noqa: N818  (the event it tells of)
    """A worker process died while it worked; the pool was rebuilt."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'x'?`` for the closest known name, else a list of the known names.

    Parameters
    ----------
    name : str
        What was given.
    known : iterable of str
        What would have been accepted.
    """
    options = sorted(known)
    close = difflib.get_close_matches(name, options, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known: {', '.join(options)}" if options else "Nothing is registered"
