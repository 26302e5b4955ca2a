"""Prices that work offline: index series that the arch package ships, and a generated intraday series."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from engine.core.bars import OHLCV, Bars
from engine.core.errors import DataError, InputError, nearest
from engine.core.instrument import AssetClass, Instrument
from engine.data.options import ReadOptions
from engine.data.reader import SAMPLE_PREFIX, Import, build
from engine.data.recipe import Column, Recipe
from engine.data.report import Report
from engine.data.table import read_table

SYNTHETIC = "synthetic_5m"


@dataclass(frozen=True, slots=True)
class Sample:
    """One series of the sample project.

    Parameters
    ----------
    name : str
        Name for `sample_bars` and for ``sample:NAME``.
    title : str
        Words for people.
    instrument : Instrument
        What the prices belong to.
    file : str, default ""
        File inside the arch package; empty for the generated series.
    """

    name: str
    title: str
    instrument: Instrument
    file: str = ""


def _samples() -> Mapping[str, Sample]:
    index, future = AssetClass.INDEX, AssetClass.FUTURE
    known = (
        Sample("SPX", "S&P 500, daily 1999 to 2018", Instrument("SPX", index), "sp500/sp500.csv.gz"),
        Sample("NASDAQ", "NASDAQ Composite, daily 1999 to 2018", Instrument("NASDAQ", index),
               "nasdaq/nasdaq.csv.gz"),
        Sample("WTI", "West Texas crude, daily closes 1986 to 2019", Instrument("WTI", future),
               "wti/wti.csv.gz"),
        Sample("VIX", "CBOE volatility index, daily closes 2014 to 2019", Instrument("VIX", index),
               "vix/vix.csv.gz"),
        Sample(SYNTHETIC, "Generated 5-minute bars, not a real market", Instrument("SYNTH-5M")),
    )  # fmt: skip
    return MappingProxyType({sample.name: sample for sample in known})


SAMPLES = _samples()


def sample_names() -> list[str]:
    """Return the names of the sample series, the one to start with first."""
    return list(SAMPLES)


def sample_bars(name: str) -> Bars:
    """Return the bars of a sample series; see `sample_import`."""
    return sample_import(name).bars


def sample_import(name: str) -> Import:
    """Return a sample series with its layout and what happened to its rows.

    Holidays, which the WTI and VIX files carry without a price, are left out; the report says so.

    Parameters
    ----------
    name : str
        One of `sample_names`, or its symbol, in any case.

    Raises
    ------
    InputError
        Unknown name; the message suggests the nearest one.
    DataError
        The arch package or its file is missing.
    """
    sample = _find(name)
    source = f"{SAMPLE_PREFIX}{sample.name}"
    if not sample.file:
        return _generated(sample, source)
    what = sample.instrument
    options = ReadOptions(symbol=what.symbol, bad_rows="drop", day_first=False, instrument=what)
    return build(read_table(_shipped(sample.file), options), options, source=source)


def _find(name: str) -> Sample:
    for sample in SAMPLES.values():
        if name.lower() in (sample.name.lower(), sample.instrument.symbol.lower()):
            return sample
    hint = nearest(name, SAMPLES)
    raise InputError(f"unknown sample '{name}'", field="data.file", value=name, hint=hint)


def _shipped(file: str) -> Path:
    # The file alone is wanted: importing the package takes seconds, and the binary has only its files.
    spec = importlib.util.find_spec("arch")
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in [*map(Path, folders), *(Path(entry, "arch") for entry in sys.path)]:
        path = folder / "data" / file
        if path.is_file():
            return path
    raise DataError(f"the sample prices {file} are missing", where="arch", hint="Install the program again")


def _generated(sample: Sample, source: str) -> Import:
    from engine.data.synthetic import intraday_bars  # noqa: PLC0415

    bars = intraday_bars(sample.instrument)
    recipe = Recipe(
        sample.name, sample.title, "frame", tuple(Column(name, name) for name in OHLCV), stamp="close",
        symbol=bars.symbol, timeframe=str(bars.timeframe),
    )  # fmt: skip
    report = Report(len(bars), len(bars), notes=("These prices are generated: they belong to no market",))
    preview = [[f"{float(getattr(bars, name)[row]):g}" for name in OHLCV] for row in range(20)]
    return Import(source, bars, replace(recipe, time_zone="UTC"), report, preview)
