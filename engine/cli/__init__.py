"""The command line: one file per command, imported when that command is called.

A command's module has ``describe(parser)``, which adds its flags, and ``run(arguments) -> int``, which
returns the exit code. To add a command, write the file and add its line to `COMMANDS`.

Exit codes: 0 done, 1 the run failed, 2 the input was wrong, 130 stopped with Ctrl+C.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from engine.core.errors import DataError, InputError, IvyError, StorageError, nearest

__all__ = ["COMMANDS", "main"]

# The help lines stand here, so that `ivybt --help` imports no command.
COMMANDS = {
    "backtest": "run one backtest",
    "sweep": "run every cell of a parameter grid",
    "leak-check": "prove that a strategy looks at no later bar",
    "strategies": "list the strategies and their parameters",
    "costs": "list the named cost schedules",
    "gates": "list the gates (regime filters) and their fields",
    "allocations": "list the ways to divide an account",
    "runs": "list, show and delete kept runs",
    "data": "check a price file",
    "selftest": "check that this installation works",
}

_STOPPED, _PIPE_CLOSED = 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; the default (`None`) takes those of the process.

    Returns
    -------
    int
        Exit code: 0, 1, 2 or 130. Wrong input ends with one line on standard error.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    _prepare_stdout()
    try:
        code = _dispatch(arguments)
        if sys.stdout is not None:  # a program without a console has none
            sys.stdout.flush()
    except IvyError as error:
        return _tell(str(error), exit_code(error))
    except KeyboardInterrupt:
        return _tell("stopped", _STOPPED)
    except BrokenPipeError:
        _silence_stdout()
        return _PIPE_CLOSED
    except OSError as error:
        # The engine turns errors of its files into IvyErrors: without a name this is standard output.
        _silence_stdout()
        what = f"{error.filename}: cannot be used" if error.filename else "cannot write the output"
        return _tell(f"{what} ({error.strerror or error}). Check the disk and the path", 1)
    except MemoryError:
        return _tell("not enough memory. Use fewer bars or a smaller grid", 1)
    return code


def exit_code(error: IvyError) -> int:
    """Return 2 when what the person gave is wrong (a flag, a file, a folder), else 1."""
    return 2 if isinstance(error, InputError | DataError | StorageError) else 1


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_usage())
        return 0
    name, *rest = arguments
    if name in ("--version", "-V"):
        import engine  # noqa: PLC0415

        print(f"ivybt {engine.__version__}")
        return 0
    if name not in COMMANDS:
        kind = "flag" if name.startswith("-") else "command"
        raise InputError(f"unknown {kind} '{name}'", hint=nearest(name, [*COMMANDS, "--version", "--help"]))
    from engine.cli.arguments import Parser  # noqa: PLC0415

    command = importlib.import_module(f"engine.cli.{name.replace('-', '_')}")
    parser = Parser(prog=f"ivybt {name}", description=command.__doc__)
    command.describe(parser)
    try:
        parsed = parser.parse_args(rest)
    except SystemExit:  # argparse ends so after --help; wrong input raises InputError
        return 0
    return int(command.run(parsed))


def _usage() -> str:
    lines = "\n".join(f"  {name:<12}{text}" for name, text in COMMANDS.items())
    return (
        "usage: ivybt [COMMAND] [FLAGS]\n"
        "       ivybt [FILE...]\n\n"
        "Backtests on your own price files. Without a command the window opens, with the files if any.\n\n"
        f"commands:\n{lines}\n\n"
        "  --version   print the version\n"
        "  --help      print this; 'ivybt COMMAND --help' lists the flags of a command\n\n"
        "examples:\n"
        "  ivybt backtest --data prices.csv --strategy ema_cross --param fast=10 --param slow=50\n"
        "  ivybt backtest --data sample:SPX --strategy ema_cross --json\n"
        "  ivybt backtest --data SPY.csv --data TLT.csv --strategy turtle --allocation risk_parity\n"
        "  ivybt sweep --data prices.csv --strategy ema_cross --grid fast=5:50:5 --grid slow=20:200:10"
    )


def _tell(message: str, code: int) -> int:
    print("ivybt:", " ".join(message.split()), file=sys.stderr)
    return code


def _prepare_stdout() -> None:
    # A symbol that the terminal's encoding lacks is shown escaped and ends no run.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _silence_stdout() -> None:
    # The interpreter flushes standard output once more at exit; the reader is gone by then.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):  # a stream that is no file needs no silencing
        os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
