"""The catalogue: every indicator of pandas_ta that can be drawn over a chart or in a pane of its own.

Strategies declare kernels (`engine.indicators`); the catalogue is for looking. Names, parameters, defaults
and help are read from pandas_ta itself, so that nothing is written twice.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.core.bars import Bars, FloatArray
from engine.core.errors import DataError, InputError, nearest
from engine.fields import FieldInfo, title_of
from engine.indicators import Pane

if TYPE_CHECKING:
    import pandas as pd

_PRICES = {"open_": "open", "high": "high", "low": "low", "close": "close", "volume": "volume"}
# What a chart has no use for: shifting, another library's code, and how warm-up is written.
_LEFT_OUT = {"offset", "talib", "prenan", "kwargs", "asint", "fillna", "strict", "tv", "pi", "sqrt2", "sqrt3"}
# Where the documentation of a default is not what the function does (a test compares all of them).
_DEFAULTS = {
    ("linreg", "length"): 14, ("sinwma", "length"): 14, ("smma", "length"): 7, ("cdl_z", "length"): 30,
    ("er", "length"): 10, ("eri", "length"): 13, ("mom", "length"): 10, ("trix", "length"): 30,
    ("log_return", "length"): 1, ("accbands", "length"): 20, ("natr", "length"): 14, ("adosc", "fast"): 3,
    ("adosc", "slow"): 10, ("nvi", "length"): 1, ("cksp", "x"): 3.0, ("cksp", "q"): 20,
    ("cksp", "tvmode"): False, ("cksp", "mamode"): "sma", ("bbands", "ddof"): 1,
}  # fmt: skip
# They take the lines of other indicators.
_NOT_DRAWN = {"long_run", "short_run", "xsignals", "tsignals", "signals", "vp", "cross", "cross_value"}
# Parameters that the documentation leaves out, as it would tell them.
_UNTOLD = {
    "cmo": {"length": ("int", "The period. Default: ```14```")},
    "alma": {"sigma": ("float", "Width of the bell of weights. Default: ```6.0```")},
    "supertrend": {"atr_length": ("int", "ATR period. Default: ```7```")},
}
_TITLES = {"mamode": "Average", "ddof": "Degrees off", "drift": "Difference over"}
# Their value at a bar changes, or stands where it was not known yet, when later bars come: for looking only.
LOOKS_AHEAD = {
    "dpo": "centred: drawn half its length before it is known",
    "ichimoku": "the lagging span is drawn before its price was known",
    "tos_stdevall": "a regression over all bars of the chart",
    "vhm": "its colour thresholds are means over all bars of the chart",
    "zigzag": "a turn is drawn at its bar, known some bars later",
}
# Levels of price that pandas_ta does not list under "overlap".
_OVER_PRICES = {
    "accbands", "bbands", "kc", "donchian", "hwc", "chandelier_exit", "psar", "vwap", "vwma", "zigzag",
    "atrts", "cksp", "ht_trendline", "alphatrend", "aberration", "ha", "median", "quantile", "tos_stdevall",
}  # fmt: skip
_DEFAULT = re.compile(r"Default:\s*```([^`]*)```")
_PARAMETER = re.compile(r"^ {8}(\w+) \(([^)]*)\):\s*(.*)$")
_WORDS = {
    "candle": "Candles", "cycle": "Cycles", "momentum": "Momentum", "overlap": "Averages and levels",
    "performance": "Returns", "statistics": "Statistics", "trend": "Trend", "volatility": "Volatility",
    "volume": "Volume",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """An indicator that can be drawn.

    Parameters
    ----------
    name : str
        Name in pandas_ta.
    title : str
        Words of its documentation.
    group : str
        Family, for the list.
    help : str
        What it is, in a sentence or two.
    inputs : tuple of str
        Prices it reads.
    fields : tuple of FieldInfo
        Parameters with defaults.
    looks_ahead : str
        Why its past changes with later bars; empty when it does not.
    """

    name: str
    title: str
    group: str
    help: str
    inputs: tuple[str, ...]
    fields: tuple[FieldInfo, ...]
    looks_ahead: str


@functools.cache
def catalogue() -> tuple[CatalogueEntry, ...]:
    """Return every indicator that can be drawn, by group and title; imports pandas_ta (0.6 s)."""
    library = _library()
    found = [
        _entry(name, group)
        for group, names in library.Category.items()
        for name in names
        if name not in _NOT_DRAWN and hasattr(library, name)
    ]
    return tuple(sorted(found, key=lambda entry: (entry.group, entry.title.casefold())))


def entry_of(name: str) -> CatalogueEntry:
    """Return one entry.

    Raises
    ------
    InputError
        Unknown name; the nearest one is suggested.
    """
    by_name = {entry.name: entry for entry in catalogue()}
    if name not in by_name:
        raise InputError(
            f"no indicator '{name}' in the catalogue", field="indicator", value=name,
            hint=nearest(name, by_name),
        )  # fmt: skip
    return by_name[name]


def draw(
    bars: Bars, name: str, params: Mapping[str, Any] | None = None
) -> dict[str, tuple[FloatArray, Pane]]:
    """Compute an indicator of the catalogue for a chart.

    Parameters
    ----------
    bars : Bars
    name : str
    params : mapping, optional
        Parameters that differ from their defaults.

    Returns
    -------
    dict of str to (float64[n], {"price", "own"})
        Lines by pandas_ta's own column names; NaN where there is no value.

    Raises
    ------
    InputError
        Unknown indicator or parameter, or a value of the wrong type.
    DataError
        pandas_ta gives nothing for these bars (too few of them) or failed.
    """
    entry = entry_of(name)
    given = {} if params is None else {key: _checked(entry, key, value) for key, value in params.items()}
    function = getattr(_library(), name)
    if "talib" in inspect.signature(function).parameters:
        given["talib"] = False  # the same numbers whether TA-Lib is installed or not
    frame = bars.to_frame()
    prices = {word: frame[source] for word, source in _PRICES.items() if source in entry.inputs}
    prices = {word: prices[word] for word in inspect.signature(function).parameters if word in prices}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            made = function(**prices, **given)
    except Exception as error:  # border: a hundred functions of a library
        raise DataError(
            f"{entry.title} failed: {type(error).__name__}: {error}", where=bars.symbol,
            hint="Change its parameters, or choose another indicator",
        ) from error  # fmt: skip
    lines = {label: _values(column, len(bars)) for label, column in _columns(made).items()}
    lines = {label: values for label, values in lines.items() if np.isfinite(values).any()}
    if not lines:
        raise DataError(
            f"{entry.title} has no value on {len(bars):,} bars", where=bars.symbol,
            hint="Use shorter lengths, or load more bars",
        )  # fmt: skip
    return {label: (values, _pane(name, values, bars)) for label, values in lines.items()}


@functools.cache
def _library() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas_ta  # noqa: PLC0415
    return pandas_ta


def _entry(name: str, group: str) -> CatalogueEntry:
    function = getattr(_library(), name)
    text = inspect.getdoc(function) or name
    parameters = inspect.signature(function).parameters
    told = _documented(function.__doc__ or "") | _UNTOLD.get(name, {})
    fields = [_field(name, key, *told[key]) for key in parameters if key in told and key not in _LEFT_OUT]
    head, _, rest = text.partition("\n")
    about = re.split(r"\n\s*\n", rest.strip())[0] if rest.strip() else ""
    return CatalogueEntry(
        name=name,
        title=head.strip().rstrip("."),
        group=_WORDS.get(group, group.capitalize()),
        help="" if about.startswith("Sources") else " ".join(about.split()),
        inputs=tuple(_PRICES[key] for key in parameters if key in _PRICES),
        fields=tuple(info for info in fields if info is not None),
        looks_ahead=LOOKS_AHEAD.get(name, ""),
    )


def _documented(text: str) -> dict[str, tuple[str, str]]:
    """Return type word and text of each parameter that a documentation string describes."""
    found: dict[str, tuple[str, str]] = {}
    current = ""
    for line in text.splitlines():
        match = _PARAMETER.match(line)
        if match:
            current = match[1]
            # Twice in one text: the first is the parameter of this function.
            found.setdefault(current, (match[2], match[3]))
        elif current and line.startswith(" " * 12):
            kind, words = found[current]
            found[current] = (kind, f"{words} {line.strip()}")
        else:
            current = ""
    return found


def _field(indicator: str, name: str, kind: str, words: str) -> FieldInfo | None:
    match = _DEFAULT.search(words)
    if match is None or "Series" in kind:
        return None
    try:
        default = _DEFAULTS.get((indicator, name), ast.literal_eval(match[1].strip()))
    except (SyntaxError, ValueError):
        return None
    told = " ".join(_DEFAULT.sub("", words).replace("`", "").split()).rstrip(". ")
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    title = _TITLES.get(name, title_of(name))
    if name == "mamode":
        word, choices = "choice", tuple(_library().ma())
    elif isinstance(default, bool | str):
        word = "bool" if isinstance(default, bool) else "str"
    elif not isinstance(default, int | float):
        return None
    elif kind.strip() == "int" and isinstance(default, int):
        word, low, high, step = "int", min(default, 1), 100_000, 1
    else:
        word, default, low, high, step = "float", float(default), -1e9, 1e9, 0.1
    return FieldInfo(name, word, default, low, high, step, choices, "", told, optional=False, title=title)


def _checked(entry: CatalogueEntry, name: str, value: Any) -> Any:
    known = {info.name: info for info in entry.fields}
    where = f"indicator.{entry.name}.{name}"
    if name not in known:
        raise InputError(f"unknown parameter '{name}'", field=where, value=value, hint=nearest(name, known))
    info = known[name]
    if not _fits(info, value):
        word = {"int": "whole number", "float": "number", "bool": "yes or no"}.get(info.type, "word")
        raise InputError(
            f"{info.title} must be a {word} in its range", field=where, value=value,
            hint=f"The default is {info.default}",
        )  # fmt: skip
    return value


def _fits(info: FieldInfo, value: Any) -> bool:
    kinds: dict[str, Any] = {"int": int, "float": (int, float), "bool": bool}
    if not isinstance(value, kinds.get(info.type, str)) or (info.choices and value not in info.choices):
        return False
    if info.type in ("int", "float"):
        return not isinstance(value, bool) and float(info.low or 0.0) <= value <= float(info.high or np.inf)
    return True


def _columns(made: Any) -> dict[str, pd.Series]:
    if made is None:
        return {}
    if isinstance(made, tuple):  # Ichimoku: the lines, and those ahead of the last bar
        return _columns(made[0])
    if made.ndim == 1:
        return {str(made.name): made}
    return {str(label): made[label] for label in made.columns}


def _values(column: pd.Series, n: int) -> FloatArray:
    values = np.array(column.to_numpy(dtype=np.float64, na_value=np.nan)[:n])
    values[~np.isfinite(values)] = np.nan
    return values


def _pane(name: str, values: FloatArray, bars: Bars) -> Pane:
    """Over the prices when it is a level of price and lies where the prices are."""
    group = next((key for key, names in _library().Category.items() if name in names), "")
    if group != "overlap" and name not in _OVER_PRICES:
        return "own"
    known = np.isfinite(values)
    middle = float(np.median(values[known]))
    return "price" if 0.5 * bars.low.min() <= middle <= 2.0 * bars.high.max() else "own"
