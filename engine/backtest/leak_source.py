"""What the source of a leaking strategy says about the likely cause, with the line."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

SHIFT = "negative shift"
CENTRED = "centred window"
SCALING = "whole-sample scaling or correlation"
BACK_FILL = "back-fill"
FITTED = "model fitted on all data"
RESAMPLE = "left-labelled resample"
OWN_EXTREMES = "own high or low before the close"

_SHIFTS = {"shift", "diff", "pct_change", "roll", "tshift"}
_CENTRED = {
    "savgol_filter", "filtfilt", "sosfiltfilt", "gaussian_filter1d", "uniform_filter1d", "median_filter",
    "medfilt", "find_peaks", "argrelextrema", "hilbert", "detrend",
}  # fmt: skip
_BACK_FILL = {"bfill", "backfill", "interpolate", "interp"}
_FITTED = {"polyfit", "lstsq", "ols", "linregress", "arch_model", "curve_fit", "solve", "svd", "eigh"}
_RESAMPLE = {"resample", "groupby", "grouper", "reduceat"}
_SCALING = {
    "mean", "std", "var", "min", "max", "median", "sum", "quantile", "percentile", "rank", "rankdata", "corr",
    "corrcoef", "cov", "zscore", "scale", "qcut", "describe", "argmax", "argmin", "idxmax", "idxmin", "ptp",
    "average", "nanmean", "nanstd", "nanmax", "nanmin", "nanmedian", "nanquantile", "nanpercentile", "skew",
}  # fmt: skip
_WINDOWED = {"rolling", "expanding", "ewm", "groupby", "resample"}


class Hint(NamedTuple):
    """A place in a source that could look ahead.

    Parameters
    ----------
    cause : str
    where : str
        File name and line.
    """

    cause: str
    where: str


def hint_for(target: Any, causes: tuple[str, ...]) -> Hint | None:
    """Return the first suspicious place whose cause is among some, in the order of the causes.

    Parameters
    ----------
    target : class or function
        Its own source is read first, then the functions and statements of its file that are in no class.
    causes : tuple of str

    Returns
    -------
    Hint or None
        None also where no source can be read.
    """
    module = sys.modules.get(getattr(target, "__module__", ""))
    file = getattr(module, "__file__", None)
    if not file:
        return None
    try:
        tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):  # edited since, or gone: the behaviour tells enough
        return None
    own = [node for node in tree.body if getattr(node, "name", "") == target.__name__]
    shared = [node for node in tree.body if not isinstance(node, ast.ClassDef) and node not in own]
    for nodes in (own, shared):
        found = [suspicion for node in nodes for suspicion in _walk(node)]
        for cause in causes:
            for named, line in found:
                if named == cause:
                    return Hint(cause, f"{Path(file).name}:{line}")
    return None


def _walk(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (cause := _of_call(node)):
            yield cause, node.lineno
        elif isinstance(node, ast.Subscript) and _reaches_ahead(node.slice):
            yield SHIFT, node.lineno


def _of_call(call: ast.Call) -> str:
    name, words = _name(call.func), {word.arg: word.value for word in call.keywords}
    ahead = any(_is_negative(value) for value in (*call.args[:2], *words.values()))
    around = _is_true(words.get("center")) or (name == "convolve" and _has(call, "same"))
    signs = {
        SHIFT: name in _SHIFTS and ahead,
        CENTRED: around or name in _CENTRED,
        BACK_FILL: name in _BACK_FILL or _has(call, "bfill", "backfill", "forward", "nearest"),
        FITTED: name in _FITTED or name == "fit" or name.startswith("fit_") or name.endswith("_fit"),
        RESAMPLE: name in _RESAMPLE,
        SCALING: name in _SCALING and not _is_windowed(call.func),
    }
    return next((cause for cause, holds in signs.items() if holds), "")


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr.lower()
    return node.id.lower() if isinstance(node, ast.Name) else ""


def _is_windowed(node: ast.expr) -> bool:
    """Return whether a chain of calls goes through a window (``x.rolling(20).mean``)."""
    return any(_name(part) in _WINDOWED for part in ast.walk(node) if isinstance(part, ast.Attribute))


def _is_negative(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _has(call: ast.Call, *texts: str) -> bool:
    values = (*call.args, *(word.value for word in call.keywords))
    return any(isinstance(value, ast.Constant) and value.value in texts for value in values)


def _reaches_ahead(index: ast.expr) -> bool:
    """Return whether an index goes beyond a running one: ``x[t + 1]``, ``x[t : t + 5]``, ``x[::-1]``."""
    if isinstance(index, ast.Slice):
        backwards = index.step is not None and _is_negative(index.step)
        skips = isinstance(index.lower, ast.Constant) and index.lower.value == 1 and index.upper is None
        return backwards or skips or _plus(index.lower) >= 1 or _plus(index.upper) >= 2
    return any(_plus(node) >= 1 for node in ast.walk(index) if isinstance(node, ast.BinOp))


def _plus(node: ast.expr | None) -> float:
    """Return what is added to a name in an index; 0 when it is nothing of that kind."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)):
        return 0
    if any(isinstance(part, ast.Sub) for part in ast.walk(node)):  # ``x[t - n + 1 : t + 1]``
        return 0
    names = [side for side in (node.left, node.right) if not isinstance(side, ast.Constant)]
    numbers = [side.value for side in (node.left, node.right) if isinstance(side, ast.Constant)]
    if not names:
        return 0
    if not numbers:
        return 2  # ``x[t : t + ahead]``
    return float(numbers[0]) if isinstance(numbers[0], int) else 0
