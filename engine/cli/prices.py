"""Prices for a command: a file, or a series of the sample project (``sample:SPX``)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.arguments import one_of
from engine.cli.spec_flags import in_flag_words
from engine.core.errors import InputError

if TYPE_CHECKING:
    from engine.backtest.spec import BacktestSpec
    from engine.core.bars import Bars

SAMPLE = "sample:"
_OPTIONS = ("symbol", "bad_rows", "time_zone", "stamp", "day_first", "timeframe")


def add_reader_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that tell the reader what it cannot see in a price file."""
    group = parser.add_argument_group("price file")
    group.add_argument("--symbol", metavar="TEXT", help="name of the instrument (default: from the file)")
    group.add_argument(
        "--bad-rows", default="refuse", type=one_of("--bad-rows", "refuse", "drop", "repair"),
        metavar="refuse|drop|repair", help="what to do with rows that cannot be right (default refuse)",
    )  # fmt: skip
    group.add_argument("--time-zone", metavar="ZONE", help="zone of stamps without one (default UTC)")
    group.add_argument(
        "--stamp", type=one_of("--stamp", "open", "close"), metavar="open|close",
        help="end of a bar that its time marks (default: the habit of the file's format, else open)",
    )  # fmt: skip
    order = group.add_mutually_exclusive_group()
    order.add_argument(
        "--day-first", dest="day_first", action="store_true", default=None, help="03/04/2020 is 3 April"
    )
    order.add_argument(
        "--month-first", dest="day_first", action="store_false", default=None, help="03/04/2020 is 4 March"
    )


def reader_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options of `engine.data.reader` that were given."""
    given = {name: getattr(arguments, name, None) for name in _OPTIONS if name != "timeframe"}
    return {name: value for name, value in given.items() if value is not None}


def load_bars(spec: BacktestSpec, arguments: argparse.Namespace) -> Bars:
    """Return the bars that a spec names; its dates are applied by the run.

    A relative path in a spec file is looked for beside that file first, then in the current folder.

    Raises
    ------
    InputError
        No file is named, or the sample series is unknown.
    DataError
        The file cannot be used as it is.
    """
    name = spec.data.file
    if not name:
        raise InputError(
            "no prices are given", where=arguments.spec or "",
            hint=f"Add --data FILE, or --data {SAMPLE}SPX for the sample",
        )  # fmt: skip
    with in_flag_words(arguments), in_reader_words():
        if name.startswith(SAMPLE):
            from engine.data.sample import sample_bars  # noqa: PLC0415

            return sample_bars(name.removeprefix(SAMPLE))
        from engine.data.reader import read_bars  # noqa: PLC0415

        path, options = _found(name, arguments.spec), reader_options(arguments)
        return read_bars(path, timeframe=spec.data.timeframe, **options)


@contextmanager
def in_reader_words() -> Iterator[None]:
    """Let an `InputError` of the reader name the flag that its option came from."""
    try:
        yield
    except InputError as error:
        is_option = error.where == error.field and error.field in _OPTIONS
        where = "--" + error.field.replace("_", "-") if is_option else error.where
        raise InputError(error.what, field=error.field, where=where, hint=error.hint) from None


def _found(name: str, spec_file: str | None) -> Path:
    path = Path(name).expanduser()
    if spec_file and not path.is_absolute():
        beside = Path(spec_file).parent / path
        if beside.exists():
            return beside
    return path
