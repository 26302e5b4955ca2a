"""Several instruments at once, from one or several price files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from engine.core.bars import Bars, format_time
from engine.core.errors import InputError, nearest
from engine.core.instrument import AssetClass
from engine.core.timeframe import Timeframe
from engine.data.columns import wide_symbols
from engine.data.long import read_long
from engine.data.options import BadRows, ReadKeywords, ReadOptions
from engine.data.reader import SAMPLE_PREFIX, Import, build, read_import
from engine.data.symbols import symbol_of
from engine.data.table import read_head, read_rows, read_table, symbols_in
from engine.data.text import existing_file

_TICKER = re.compile(r"^(?!BID$|ASK$|MID$|NAV$|VALUE$|RATE$|SIGNAL$)[A-Z0-9.^=/_-]{1,12}$")
_NOT_FOR_SEVERAL = {
    "symbol": "Name the symbols with symbols=(...)",
    "instrument": "State asset_class, multiplier or tick_size instead: they hold for all of them",
}


def load_series(
    file: str | Path | None,
    files: Sequence[str | Path] = (),
    symbols: Sequence[str] = (),
    *,
    timeframe: str | Timeframe | None = None,
    asset_class: AssetClass | str | None = None,
    multiplier: float | None = 1.0,
    tick_size: float | None = None,
    bad_rows: BadRows = "refuse",
) -> tuple[Bars, ...]:
    """Read the instruments of a spec's data section.

    Parameters
    ----------
    file, files : path, sequence of path
        Price files; a file may hold one instrument, a column that names several, or a column of closing
        prices for each.
    symbols : sequence of str
        Instruments to use; empty uses all.
    timeframe : str or Timeframe, optional
        Bar length of all files; the default (`None`) infers it for each.
    asset_class, multiplier, tick_size : optional
        What the files do not say about their instruments; see `ReadOptions`.
    bad_rows : {"refuse", "drop", "repair"}, default "refuse"
        See `ReadOptions`.

    Returns
    -------
    tuple of Bars
        In the order of `symbols`; without them in the order of the files and, inside a file, of the first
        row of each symbol.

    Raises
    ------
    InputError
        No file is given, a symbol is in none of them (the nearest is suggested), or in two.
    DataError
        Rows that cannot be used, told by symbol.
    """
    paths = [path for path in (file, *files) if path is not None]
    options: ReadKeywords = {
        "timeframe": timeframe, "asset_class": asset_class, "multiplier": multiplier, "tick_size": tick_size,
        "bad_rows": bad_rows,
    }  # fmt: skip
    return tuple(item.bars for item in read_imports(paths, symbols, ReadOptions(**options)))


def read_series(
    path: str | Path, *more: str | Path, symbols: Sequence[str] = (), **options: Unpack[ReadKeywords]
) -> tuple[Bars, ...]:
    """Read several instruments from one or several price files, as `read_bars` reads one.

    Parameters
    ----------
    path, *more : str or Path
        The files; see `load_series`.
    symbols : sequence of str, default ()
        Which to read, and in which order; empty reads all in the order of the files.
    **options
        As in `read_bars`, without symbol and instrument.

    Raises
    ------
    InputError, DataError
        As in `load_series`.

    Examples
    --------
    >>> stocks = engine.read_series("stocks.parquet", symbols=("KO", "PEP"))       # doctest: +SKIP
    """
    for name, hint in _NOT_FOR_SEVERAL.items():
        if options.get(name) is not None:
            raise InputError("is not possible for several instruments", field=name, hint=hint)
    return tuple(item.bars for item in read_imports((path, *more), symbols, ReadOptions(**options)))


def read_imports(
    paths: Sequence[str | Path], symbols: Sequence[str], options: ReadOptions
) -> tuple[Import, ...]:
    """Read several instruments and tell for each what was found; else as `load_series`."""
    if not paths:
        raise InputError("no price file is given", field="data.file", hint="Name one, such as prices.csv")
    _refuse_twice(symbols)
    found: dict[str, Import] = {}
    known: dict[str, str] = {}
    for path in paths:
        for item in _read_file(path, symbols, options, known, alone=len(paths) == 1):
            symbol = item.bars.symbol
            if symbol.lower() in found:
                raise InputError(
                    f"{symbol} is in {found[symbol.lower()].source} and in {path}", field="data.files",
                    value=symbol, hint="Give each instrument once, or choose others with symbols",
                )  # fmt: skip
            found[symbol.lower()] = item
    missing = [symbol for symbol in symbols if symbol.lower() not in found]
    if missing:
        where = ", ".join(Path(path).name for path in paths)
        raise InputError(
            f"no symbol '{missing[0]}' in {where}", field="data.symbols", value=missing[0],
            hint=_suggest(missing[0], known),
        )  # fmt: skip
    if not symbols:
        return tuple(found.values())
    return tuple(found[symbol.lower()] for symbol in symbols)


def load_finer(
    file: str | Path,
    series: Sequence[Bars],
    files: Sequence[str | Path] = (),
    *,
    bad_rows: BadRows = "refuse",
) -> tuple[Bars, ...]:
    """Read shorter bars of instruments that are loaded already.

    Parameters
    ----------
    file, files : path, sequence of path
        Price files of shorter bars.
    series : sequence of Bars
        The instruments. A file of one instrument belongs to the only one of them whatever its name.
    bad_rows : {"refuse", "drop", "repair"}, default "refuse"
        See `ReadOptions`.

    Returns
    -------
    tuple of Bars
        In the order of `series`, with its instruments; those of which the files have no shorter bars are
        left out.

    Raises
    ------
    InputError
        The files have none of the instruments, their bars are not shorter, or lie outside its time.
    DataError
        Rows that cannot be used.
    """
    options = ReadOptions(bad_rows=bad_rows)
    found = [item.bars for item in read_imports((file, *files), (), options)]
    if len(found) == len(series) == 1:
        pairs = [(series[0], found[0])]
    else:
        by_symbol = {bars.symbol.lower(): bars for bars in found}
        pairs = [(bars, by_symbol[key]) for bars in series if (key := bars.symbol.lower()) in by_symbol]
    if not pairs:
        has = ", ".join(bars.symbol for bars in found[:8])
        raise InputError(
            "the finer file has none of the instruments", field="data.finer", value=str(file),
            hint=f"It has {has}; the run trades {', '.join(bars.symbol for bars in series[:8])}",
        )  # fmt: skip
    for bars, finer in pairs:
        _check_finer(bars, finer, str(file))
    return tuple(replace(finer, instrument=bars.instrument) for bars, finer in pairs)


def _check_finer(bars: Bars, finer: Bars, file: str) -> None:
    if finer.timeframe.seconds >= bars.timeframe.seconds:
        raise InputError(
            f"the finer bars of {bars.symbol} are {finer.timeframe} long, those of the run {bars.timeframe}",
            field="data.finer", value=file, hint="Give a file of shorter bars",
        )  # fmt: skip
    begins, finer_begins = (int(item.time[0]) - item.timeframe.nanoseconds for item in (bars, finer))
    if finer_begins >= bars.time[-1] or finer.time[-1] <= begins:
        raise InputError(
            f"the finer bars of {bars.symbol} ({_span(finer)}) lie outside those of the run ({_span(bars)})",
            field="data.finer", value=file, hint="Give a file of the same dates",
        )  # fmt: skip


def _span(bars: Bars) -> str:
    return f"{format_time(int(bars.time[0]))} to {format_time(int(bars.time[-1]))}"


def _read_file(
    path: str | Path, symbols: Sequence[str], options: ReadOptions, known: dict[str, str], *, alone: bool
) -> list[Import]:
    """Read what is wanted of one file; the symbols it has are added to `known`."""
    if str(path).startswith(SAMPLE_PREFIX):
        item = read_import(path)
        bars = replace(item.bars, instrument=options.override(item.bars.instrument))
        return [replace(item, bars=bars)] if _chosen([bars.symbol], symbols, known) else []
    existing = existing_file(path)
    wide = wide_symbols(read_head(existing))
    # A bid and an ask are no instruments: other columns than tickers are asked for by name.
    if wide and (symbols or all(map(_TICKER.match, wide))):
        names = _chosen(wide, symbols, known)
        each = [replace(options, symbol=symbol) for symbol in names]
        return [build(read_table(existing, stated), stated, source=str(path)) for stated in each]
    table = read_rows(existing, options)
    names = symbols_in(table)
    if len(names) > 1:
        chosen = _chosen(names, symbols, known)
        wanted = None if len(chosen) == len(names) else chosen
        return read_long(table, options, source=str(path), wanted=wanted) if chosen else []
    ticker = names[0] if names else table.ticker
    if not ticker:
        # Nothing in the file says what it is: the one symbol that is asked for, else its name.
        ticker = symbols[0] if alone and len(symbols) == 1 else symbol_of(existing.name)
    if not _chosen([ticker], symbols, known):
        return []
    return [build(replace(table, ticker=ticker), options, source=str(path))]


def _chosen(names: Sequence[str], symbols: Sequence[str], known: dict[str, str]) -> list[str]:
    known |= {name.lower(): name for name in names}
    wanted = {symbol.lower() for symbol in symbols}
    return [name for name in names if not wanted or name.lower() in wanted]


def _suggest(symbol: str, known: dict[str, str]) -> str:
    words = nearest(symbol.lower(), known)
    close = words.removeprefix("Did you mean '").removesuffix("'?")
    if close in known:
        return f"Did you mean '{known[close]}'?"
    names = list(known.values())
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"There are {', '.join(names[:12])}{more}"


def _refuse_twice(symbols: Sequence[str]) -> None:
    seen: set[str] = set()
    for symbol in symbols:
        if symbol.lower() in seen:
            raise InputError(
                f"{symbol} is given twice", field="data.symbols", value=symbol, hint="Give each symbol once"
            )
        seen.add(symbol.lower())
