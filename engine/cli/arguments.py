"""The argument parser: argparse whose complaints are one `InputError` with a near name."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from math import inf, nan
from typing import Any, NoReturn

from engine.core.errors import InputError, nearest


class Parser(argparse.ArgumentParser):
    """An `argparse.ArgumentParser` that raises instead of printing usage and ending the process.

    Flags are written in full: an abbreviation would change its meaning when a flag is added.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**options, allow_abbrev=False)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse all of ``args``.

        Raises
        ------
        InputError
            A flag is unknown (the nearest is suggested), lacks its value, or there is a word too many.
        """
        parsed, extra = self.parse_known_args(args, namespace)
        if extra:
            raise self._unexpected(extra)
        return parsed

    def error(self, message: str) -> NoReturn:
        """Raise argparse's complaint in this program's words."""
        what, where = message, ""
        if message.startswith("argument "):
            where, what = message.removeprefix("argument ").split(": ", 1)
        what = what.replace("expected one argument", "needs a value")
        what = what.replace("expected at least one argument", "needs a value")
        what = what.replace("the following arguments are required", "missing")
        raise InputError(what, where=where, hint=f"See '{self.prog} --help'")

    def _unexpected(self, extra: Sequence[str]) -> InputError:
        word = next((item for item in extra if item.startswith("--")), extra[0]).split("=")[0]
        if not word.startswith("-"):
            return InputError(f"unexpected argument '{word}'", hint=f"See '{self.prog} --help'")
        hint = nearest(word, [flag for flag in self._option_string_actions if flag.startswith("--")])
        hint = hint if hint.startswith("Did") else f"See '{self.prog} --help'"
        return InputError(f"unknown flag '{word}'", hint=hint)


def one_of(flag: str, *choices: str) -> Any:
    """Return a converter that accepts ``choices`` only.

    Parameters
    ----------
    flag : str
        Named in the message.
    *choices : str
        Accepted words.
    """

    def convert(text: str) -> str:
        if text not in choices:
            raise InputError(f"unknown value '{text}'", where=flag, hint=nearest(text, choices))
        return text

    return convert


def seconds(flag: str) -> Any:
    """Return a converter for a time limit: a number above 0, or ``none`` for infinity."""

    def convert(text: str) -> float:
        try:
            value = inf if text == "none" else float(text)
        except ValueError:
            value = nan
        if not value > 0:
            hint = "Write a number, or none for no limit"
            raise InputError(f"must be seconds above 0, was '{text}'", where=flag, hint=hint)
        return value

    return convert


def whole_number(flag: str, low: int, high: int) -> Any:
    """Return a converter for integers from ``low`` to ``high``."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise InputError(f"must be a whole number, was '{text}'", where=flag) from None
        if not low <= value <= high:
            raise InputError(f"was {value}", where=flag, hint=f"Use a value from {low} to {high}")
        return value

    return convert
