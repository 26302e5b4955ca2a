"""One strategy file of the user on the command line, wherever it lies; its neighbours are not run."""

from __future__ import annotations

import traceback
from contextlib import ExitStack
from pathlib import Path

from engine.core.errors import InputError, IvyError, nearest
from engine.core.interrupt import interrupted_after
from engine.registry import Source

_SECONDS = 20.0


def strategy_in(path: Path, wanted: str | None, stack: ExitStack) -> str:
    """Return the id of the strategy in a file; it is known until the stack is closed.

    Parameters
    ----------
    path : Path
    wanted : str or None
        Which one, when the file holds several.
    stack : ExitStack

    Raises
    ------
    InputError
        No such file, it cannot be loaded, or it is not clear which strategy is meant.
    """
    from engine.strategies import registry  # noqa: PLC0415

    source = _read(path)
    try:
        with interrupted_after(_SECONDS, "Nothing at the top of the file may wait or loop for long"):
            held = registry.thaw([source])
    except IvyError as error:
        raise InputError(error.what, where=error.where or str(path), hint=error.hint) from None
    except (Exception, SystemExit) as error:  # border: user code may raise anything
        message = " ".join(str(error).split())
        raise InputError(
            f"{type(error).__name__}: {message}", where=_place(path, source, error), hint="Mend the file"
        ) from error
    classes = held[Path(source.path)].classes
    if not classes:
        raise InputError("no strategy class in this file", where=str(path), hint="Derive one from Strategy")
    name = wanted or next(iter(classes))
    if name not in classes:
        raise InputError(
            f"no strategy '{name}' in {path.name}", where="--strategy", hint=nearest(name, classes)
        )
    if wanted is None and len(classes) > 1:
        raise InputError(
            f"holds {len(classes)} strategies: {', '.join(classes)}", where=str(path),
            hint=f"Add --strategy {name}",
        )  # fmt: skip
    stack.enter_context(registry.steady(held))
    if registry.get(name) is not classes[name]:
        raise InputError(
            f"'{name}' is the id of a built-in strategy", where=str(path), hint="Rename the class"
        )
    return name


def _read(path: Path) -> Source:
    try:
        return Source(str(path.absolute()), path.read_bytes())
    except FileNotFoundError:
        raise InputError("no such file", where=str(path), hint="Check the path") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from None


def _place(path: Path, source: Source, error: BaseException) -> str:
    line = getattr(error, "lineno", 0) or 0
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == source.path:
            line = frame.lineno or line
    return f"{path}:{line}" if line else str(path)
