"""The strategy contract and its registry; every sibling file is one strategy.

A strategy is declared once: its parameters (`StrategyParams` with `param`), the indicator lines it
reads, and its decision, either a compiled `rule` or a plain method ``signals(bars, p)`` that may use
pandas. Form, grid axes, command line, presets and proofs all come from that declaration.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from engine.core.bars import Bars, FloatArray
from engine.core.errors import InputError, StrategyError
from engine.expressions import Expression
from engine.fields import FieldInfo, Model, describe, parse
from engine.fields import field as param
from engine.indicators import KINDS, Indicator
from engine.registry import Registry

__all__ = [
    "Indicator", "Rule", "Strategy", "StrategyParams", "load", "param", "registry", "rule",
]  # fmt: skip


class StrategyParams(Model):
    """Base of a strategy's parameters: frozen, strict, unknown names refused with a suggestion.

    Attributes
    ----------
    constraint : str
        Comparison that must hold (``"fast < slow"``); empty for none. Several are joined by ``and``.
    """

    constraint: ClassVar[str] = ""

    def model_post_init(self, _context: Any) -> None:
        """Refuse values that break the constraint."""
        if not self.constraint:
            return
        expression, held = Expression(self.constraint), self.model_dump()
        if not expression.evaluate(held):
            values = ", ".join(f"{k}={v}" for k, v in held.items() if k in expression.names)
            raise InputError(
                f"parameters must satisfy {self.constraint}, were {values}", field="params",
                value=values, hint=f"Change a value so that {self.constraint}",
            )  # fmt: skip

    def vector(self) -> FloatArray:
        """Return the parameters as float64 in declared order, as `number_of` encodes each."""
        return np.array([number_of(info, getattr(self, info.name)) for info in describe(type(self))])


def number_of(info: FieldInfo, value: Any) -> float:
    """Return one parameter as the number a rule sees.

    A number is itself, a bool 0 or 1, a choice its index among the choices. An empty optional parameter
    is NaN, of any type. Text and dates, which a rule cannot read, are 0.
    """
    if value is None:
        return math.nan
    if info.type == "choice":
        return float(info.choices.index(str(getattr(value, "value", value))))
    return float(value) if info.type in ("int", "float", "bool") else 0.0


class Rule:
    """A decision loop of the fixed signature `engine.kernels.types.RULE`, compiled at first use.

    Parameters
    ----------
    function : callable
        ``(bars, bank, rows, params, target)``; fills ``target[t]`` in [-1, 1] for every bar.
    """

    def __init__(self, function: Callable[..., None]) -> None:
        self.python = function

    @cached_property
    def compiled(self) -> Callable[..., None]:
        """The compiled rule; numba keeps it in its disk cache."""
        from engine.kernels.compile import compile_rule  # noqa: PLC0415  (numba only when used)

        return compile_rule(self.python)


def rule(function: Callable[..., None]) -> Rule:
    """Mark the decision loop of a strategy."""
    return Rule(function)


class Strategy:
    """Base of all strategies.

    A subclass sets `title`, `family` and a docstring, may declare ``Params`` and `indicators`, and
    gives either ``decide`` (a `rule`) or `signals`. Targets are known at the close of their bar:
    ``target[t]`` may use bars up to t and no later one.
    """

    id: ClassVar[str] = ""
    title: ClassVar[str] = ""
    family: ClassVar[str] = "other"

    class Params(StrategyParams):
        """No parameters."""

    decide: ClassVar[Rule | None] = None

    # Parameters that `check` reads: a sweep asks once for each combination of their values.
    checked: ClassVar[tuple[str, ...]] = ()

    def check(self, bars: Bars, p: Any) -> None:
        """Refuse bars on which the strategy makes no sense with these parameters.

        Raises
        ------
        InputError
            With the field ``strategy.params.<name>`` and what to choose instead.
        """

    def indicators(self, p: Any) -> Mapping[str, Indicator]:
        """Return the declared lines by name, in the order of a rule's ``rows``.

        Arithmetic on parameters is fine (``p.length * 2``); a branch on one makes sweeps slower.
        """
        return {}

    def signals(self, bars: Bars, p: Any) -> Any:
        """Return the target of every bar in [-1, 1]; for strategies without a rule."""
        raise StrategyError(
            "neither a rule nor a signals method", where=type(self).__name__,
            hint="Add '@rule def decide(bars, bank, rows, params, target)' or 'def signals(self, bars, p)'",
        )  # fmt: skip

    def warmup(self, p: Any) -> int:
        """Return the bars before the first decision; from the declared lines unless overridden."""
        lines = self.indicators(p).values()
        return max((KINDS[line.kind].warmup(line.args) for line in lines), default=0)

    @classmethod
    def fields(cls) -> list[FieldInfo]:
        """Return the declared parameters in order."""
        return describe(cls.Params)

    @classmethod
    def parse(cls, params: Mapping[str, Any]) -> StrategyParams:
        """Return checked parameters.

        Raises
        ------
        InputError
            Unknown name, value out of range, or a broken constraint.
        """
        return parse(cls.Params, params, where="strategy.params")


def check_declaration(cls: type[Strategy]) -> None:
    """Check that a user's strategy is declared completely; give it a title when it has none.

    Raises
    ------
    StrategyError
        Something is missing or cannot work; the message says what to write.
    InputError
        The default parameters break their own ranges or constraint.
    """
    params_class: Any = cls.Params
    if not (isinstance(params_class, type) and issubclass(params_class, StrategyParams)):
        raise StrategyError("Params does not derive from StrategyParams", where=cls.__name__)
    known = {info.name for info in cls.fields()}
    for name, info in cls.Params.model_fields.items():
        if name not in known:
            raise StrategyError(
                f"parameter '{name}' has the type {info.annotation}, which no form can show",
                where=cls.__name__, hint="Use int, float, bool, str, a Literal or an Enum",
            )  # fmt: skip
    if cls.decide is None and cls.signals is Strategy.signals:
        cls().signals(None, None)  # type: ignore[arg-type]  # raises: says what to add
    if cls.decide is not None and not isinstance(cls.decide, Rule):
        raise StrategyError("decide is not a rule", where=cls.__name__, hint="Write @rule above it")
    strategy, params = cls(), cls.parse(cls.Params().model_dump())
    strategy.warmup(params)
    cls.title = cls.title or cls.id.replace("_", " ").capitalize()


registry: Registry[Strategy] = Registry(Strategy, "engine.strategies", "strategy", check_declaration)


def load(name: str) -> Strategy:
    """Return an instance of the strategy with that id.

    Raises
    ------
    InputError
        Unknown id; the nearest one is suggested.
    """
    return registry.get(name)()


def source_digest(name: str) -> str:
    """Return the SHA-256 of the strategy's source file, line ends normalised."""
    path: Path = registry.path_of(name)
    # A built-in rule runs as it was imported; a user's file may be edited between two runs.
    return _own_digest(path) if path.parent == _HERE else _digest(path)


_HERE = Path(__file__).parent


def _digest(path: Path) -> str:
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    return hashlib.sha256(text.encode()).hexdigest()


_own_digest = functools.cache(_digest)
