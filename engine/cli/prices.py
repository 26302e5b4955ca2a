"""Prices for a command: files, or series of the sample project (``sample:SPX``)."""

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
_OPTIONS = ("symbol", "bad_rows", "time_zone", "stamp", "day_first")
_FIELDS = ("timeframe", "asset_class", "multiplier", "tick_size")


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
    given = {name: getattr(arguments, name, None) for name in _OPTIONS}
    return {name: value for name, value in given.items() if value is not None}


def load_prices(
    spec: BacktestSpec, arguments: argparse.Namespace
) -> tuple[Bars | tuple[Bars, ...], tuple[Bars, ...]]:
    """Return the instruments that a spec names and their finer bars; dates are applied by the run.

    A relative path in a spec file is looked for beside that file first, then in the current folder.

    Returns
    -------
    bars : Bars or tuple of Bars
        One instrument, or those that share the account.
    finer : tuple of Bars
        Empty when the spec names no finer bars.

    Raises
    ------
    InputError
        No file is named, a symbol is in none of the files, or the sample series is unknown.
    DataError
        A file cannot be used as it is.
    """
    data = spec.data
    names = [name for name in (data.file, *data.files) if name]
    if not names:
        raise InputError(
            "no prices are given", where=arguments.spec or "",
            hint=f"Add --data FILE, or --data {SAMPLE}SPX for the sample",
        )  # fmt: skip
    with in_flag_words(arguments), in_reader_words():
        series = _series(spec, [_found(name, arguments.spec) for name in names], reader_options(arguments))
        finer: tuple[Bars, ...] = ()
        if data.finer:
            from engine.data.series import load_finer  # noqa: PLC0415

            bad_rows = arguments.bad_rows
            finer = load_finer(_found(data.finer, arguments.spec), series, bad_rows=bad_rows)
    return series[0] if len(series) == 1 else series, finer


def _series(spec: BacktestSpec, paths: list[str | Path], options: dict[str, Any]) -> tuple[Bars, ...]:
    data, about = spec.data, spec.data.instrument
    options |= {
        "timeframe": data.timeframe, "asset_class": about.asset_class, "multiplier": about.multiplier,
        "tick_size": about.tick_size,
    }  # fmt: skip
    if options.get("symbol") and len(paths) == 1 and not data.symbols:
        from engine.data.reader import read_bars  # noqa: PLC0415

        return (read_bars(paths[0], **options),)
    from engine.data.series import read_series  # noqa: PLC0415

    return read_series(*paths, symbols=data.symbols, **options)


@contextmanager
def in_reader_words() -> Iterator[None]:
    """Let an `InputError` of the reader name the flag that its option came from."""
    try:
        yield
    except InputError as error:
        is_option = error.where == error.field and error.field in (*_OPTIONS, *_FIELDS)
        where = "--" + error.field.replace("_", "-") if is_option else error.where
        raise InputError(error.what, field=error.field, where=where, hint=error.hint) from None


def _found(name: str, spec_file: str | None) -> str | Path:
    if name.startswith(SAMPLE):
        return name
    path = Path(name).expanduser()
    if spec_file and not path.is_absolute():
        beside = Path(spec_file).parent / path
        if beside.exists():
            return beside
    return path
