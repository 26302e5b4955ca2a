"""`Editor`: opens a strategy file in the program that the user writes with."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices

from engine.core.errors import InputError

FILE, LINE = "{file}", "{line}"


class Editor:
    """Runs the user's editor, or what the system opens text files with.

    Parameters
    ----------
    command : callable
        Returns the command of the settings, such as ``code -g {file}:{line}``; empty for the system's.
    """

    def __init__(self, command: Callable[[], str]) -> None:
        self._command = command

    def open(self, path: Path, line: int = 1) -> None:
        """Open a file, at a line where the command asks for one.

        Raises
        ------
        InputError
            The file is gone, the command cannot be read or started, or the system knows no program.
        """
        if not path.is_file():
            raise InputError("the file is gone", where=str(path), hint="Reload in the Strategy menu")
        words = arguments_of(self._command(), path, max(line, 1))
        if words:
            if not start(words):
                raise InputError(
                    f"'{words[0]}' cannot be started", where="editor command",
                    hint="Check it with Set editor command in the Strategy menu",
                )  # fmt: skip
        elif not show(path):
            raise InputError(
                "the system knows no program for Python files", where=str(path),
                hint="Name one with Set editor command in the Strategy menu",
            )  # fmt: skip


def arguments_of(command: str, path: Path, line: int) -> list[str]:
    """Return program and arguments; a command that does not say where the file goes gets it at its end.

    Raises
    ------
    InputError
        A quotation mark is not closed.
    """
    try:
        # On Windows a backslash belongs to the path.
        words = shlex.split(command, posix=sys.platform != "win32")
    except ValueError as error:
        raise InputError(
            f"'{command}' cannot be read ({error})", where="editor command", value=command,
            hint=f"Write it as in a terminal, such as code -g {FILE}:{LINE}",
        ) from None  # fmt: skip
    filled = [word.replace(FILE, str(path)).replace(LINE, str(line)).strip('"') for word in words]
    return filled if not words or FILE in command else [*filled, str(path)]


def start(words: Sequence[str]) -> bool:
    """Start a program that goes on by itself; return whether it could be started."""
    return bool(QProcess.startDetached(words[0], list(words[1:]))[0])


def show(path: Path) -> bool:
    """Open a file or a folder as the system does; return whether it knows how."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
