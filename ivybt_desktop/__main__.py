"""The program: the window without arguments, the command line with a command.

Worker processes import this module too, so it loads no Qt.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

_LIBRARIES_HINT = (
    "On Debian or Ubuntu install libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libxcb-cursor0"
)
_COMMAND_FLAGS = {"-h", "--help", "-V", "--version"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; the default (`None`) takes those of the process.

    Returns
    -------
    int
        Exit code.
    """
    multiprocessing.freeze_support()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["--headless"]:
        return _headless(arguments[1:], "Without a window, as asked")
    if arguments and not _names_files(arguments):
        from engine.cli import main as command_line  # noqa: PLC0415  (the command line needs no window)

        return command_line(arguments)
    if not has_screen():
        return _headless([], "No screen was found")
    return _window(arguments)


def has_screen() -> bool:
    """Return whether a window could be seen: always on Windows and macOS, with a display on Linux."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _names_files(arguments: list[str]) -> bool:
    # `ivybt prices.csv` opens the file in the window; a command of that name goes first.
    from engine.cli import COMMANDS  # noqa: PLC0415

    if arguments[0] in COMMANDS or arguments[0] in _COMMAND_FLAGS:
        return False
    return all(Path(name).is_file() for name in arguments)


def _window(arguments: list[str]) -> int:
    from ivybt_desktop.shell.home import open_home  # noqa: PLC0415

    home = open_home()
    with (home.logs / "crash.log").open("a", encoding="utf-8") as crashes:
        # A crash in compiled code leaves the Python stacks here.
        faulthandler.enable(crashes)
        try:
            from ivybt_desktop.app import main as show  # noqa: PLC0415

            return show(home, [Path(name) for name in arguments])
        except ImportError as error:
            return _tell(f"the window cannot open: {error}. {_LIBRARIES_HINT}")
        finally:
            faulthandler.disable()


def _headless(arguments: list[str], reason: str) -> int:
    from engine.core.errors import IvyError  # noqa: PLC0415

    folder = Path(arguments[0]) if arguments else None
    try:
        return _run_sample(folder, reason)
    except IvyError as error:
        return _tell(str(error))


def _run_sample(folder: Path | None, reason: str) -> int:
    try:
        from ivybt_desktop.headless import run_headless  # noqa: PLC0415
    except ImportError as error:
        from ivybt_desktop.shell.sample_run import list_files, write_sample  # noqa: PLC0415

        target, _result = write_sample(folder, reason)
        _tell(f"no picture of the window: {error}. {_LIBRARIES_HINT}")
        list_files(target)
        return 0
    return run_headless(folder, reason=reason)


def _tell(message: str) -> int:
    print("ivybt:", message, file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
