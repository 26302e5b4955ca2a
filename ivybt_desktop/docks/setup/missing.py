"""Strategies whose file is broken or gone: what is still known of them, and what to say. Plain Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import IvyError
from engine.fields import FieldInfo
from engine.strategies import Strategy, registry
from ivybt_desktop.docks.setup.kinds import SLEEVES, items_of
from ivybt_desktop.docks.setup.sections import params_of

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

# "/home/ann/plugins/" before "idea.py:12".
_FOLDER = re.compile(r"^.*[\\/](?=[^\\/]+\.py\b)")
_KEPT = "the parameters are kept"


def known_class(name: str) -> type[Strategy] | None:
    """Return a strategy as it is, or as it was when its file could last be loaded."""
    if name in registry.names():
        return registry.get(name)
    last = registry.last(name)
    return None if last is None else last[0]


def known_params(name: str) -> tuple[FieldInfo, ...]:
    """Return the parameters of a strategy with dotted names, as `known_class` has them."""
    strategy = known_class(name)
    return () if strategy is None else params_of(strategy)


def used_classes(values: Mapping[str, Any]) -> tuple[type[Strategy] | None, ...]:
    """Return the classes of all strategies of the form: others after a file was edited."""
    names = (values["strategy.name"], *(values[f"{prefix}.name"] for prefix in items_of(values, SLEEVES)))
    return tuple(known_class(str(name)) for name in names)


def is_as_loaded(result: BacktestResult) -> bool:
    """Return whether a run was made with the user's strategies as they are loaded now; True if unknown."""
    used = (result.spec.strategy, *result.spec.sleeves)
    if not result.proof_key or not any(registry.is_user_plugin(one.name) for one in used):
        return True
    from engine.backtest.leak import proof_key  # noqa: PLC0415  (loads numba)

    try:
        return proof_key(result.spec) == result.proof_key
    except IvyError:
        return False


def trouble_with(name: str) -> str:
    """Return why a user's strategy cannot be run, and what to do, without a full stop; empty when it can."""
    if name in registry.names():
        return ""
    broken, last = registry.broken_file(name), registry.last(name)
    if broken is not None:
        place = f" in line {broken.line}" if broken.line else ""
        what = f"{Path(broken.path).name} has an error{place}. {_closed(broken.message)}"
        return f"{what} Mend it and it loads by itself; {_KEPT}"
    if last is not None:
        title, file = last[0].title or name, last[1].name
        return f"{file}, the file of {title}, is gone. Put it back or choose another strategy; {_KEPT}"
    return ""


def failure_words(error: IvyError) -> str:
    """Return why a run failed, where in a file without its folder, and what to do, without a full stop."""
    where = _FOLDER.sub("", error.where)
    what = f"{where}: {error.what}" if where != error.where else f"{error.what[:1].upper()}{error.what[1:]}"
    return f"{what}. {error.hint}" if error.hint else what


def _closed(words: str) -> str:
    return f"{words.removesuffix('.')}."
