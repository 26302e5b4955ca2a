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
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from engine.core.bars import Bars, FloatArray, Panel
from engine.core.errors import InputError, StrategyError
from engine.expressions import Expression
from engine.fields import FieldInfo, Model, describe, parse
from engine.fields import field as param
from engine.indicators import KINDS, Indicator
from engine.registry import Registry

__all__ = [
    "Indicator", "PortfolioStrategy", "Rule", "Strategy", "StrategyParams", "load", "param", "registry",
    "rule",
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


@dataclass(frozen=True, eq=False)
class Levels:
    """Stop entries at a strategy's own prices, and the exits that follow their fill.

    Parameters
    ----------
    long, short : str or float64[n]
        Price to buy and price to sell, known at each close: the name of a declared line, which a sweep of a
        rule needs, or a series. NaN for none; else the first is above the second.
    bars_alive : int
        Bars after the decision in which the orders stand.
    take_profit, stop_loss : float, optional
        Distances from the fill in price units; None leaves what the spec says. In a sweep, like
        `bars_alive`, arithmetic on parameters.
    """

    long: str | FloatArray
    short: str | FloatArray
    bars_alive: Any
    take_profit: Any = None
    stop_loss: Any = None


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

    def references(self, p: Any) -> tuple[str, ...]:
        """Return symbols of other loaded instruments whose close the strategy reads.

        Each is a column of that name, as it is known at the close of each bar, and is not traded unless the
        spec's ``symbols`` name it. A column of the data file that has the name is read instead. Of the
        parameters only text may say which.
        """
        return ()

    def indicators(self, p: Any) -> Mapping[str, Indicator]:
        """Return the declared lines by name, in the order of a rule's ``rows``.

        Arithmetic on parameters is fine (``p.length * 2``); a branch on one makes sweeps slower.
        """
        return {}

    def drawn(self, p: Any) -> Mapping[str, Indicator]:
        """Return further lines by name for the chart; the rule does not read them, sweeps leave them out."""
        return {}

    def signals(self, bars: Bars, p: Any) -> Any:
        """Return the target of every bar in [-1, 1]; for strategies without a rule."""
        raise StrategyError(
            "neither a rule nor a signals method", where=type(self).__name__,
            hint="Add '@rule def decide(bars, bank, rows, params, target)' or 'def signals(self, bars, p)'",
        )  # fmt: skip

    def levels(self, bars: Bars, p: Any) -> Levels | None:
        """Return entry prices of the strategy's own; None enters at the market, as `execution.entry` says.

        A target that becomes other than 0 then puts a bracket into the market: a stop order to buy at
        ``long`` and one to sell at ``short``, as known at that close, of which one cancels the other. The
        target says how large the position is, not which side; it stays while the bracket waits and while
        either side is held, and 0 cancels or closes.
        """
        return None

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


class PortfolioStrategy(Strategy):
    """Base of strategies that weigh several instruments against one another.

    A subclass sets `title` and a docstring, may declare ``Params``, and gives `weights`. It runs on one
    account only; its weights take the place of an allocation.

    Attributes
    ----------
    least_assets : int
        Fewest instruments it makes sense on.
    joined : bool
        Its positions belong together: a gate or a sizing rule that shuts one of them shuts all.
    """

    family = "portfolio"
    least_assets: ClassVar[int] = 2
    joined: ClassVar[bool] = False

    def check(self, bars: Bars | Panel, p: Any) -> None:
        """Refuse a panel on which the strategy makes no sense; as `Strategy.check`, with a `Panel`."""

    def weights(self, panel: Panel, p: Any) -> Any:
        """Return the target exposure of each asset, known at the close of each bar.

        Parameters
        ----------
        panel : Panel
            The instruments in the order they were given.
        p : StrategyParams

        Returns
        -------
        float64[n_bars, n_assets]
            Each in [-1, 1], their absolute values at most 1 together, 0 where the asset has no price, 0
            during `warmup`. A row may use bars up to its own and no later one.
        """
        raise StrategyError(
            "no weights method", where=type(self).__name__,
            hint="Add 'def weights(self, panel, p)' that returns bars x assets",
        )  # fmt: skip

    def signals(self, bars: Bars, p: Any) -> Any:
        """Refuse: one instrument alone has no weight."""
        raise InputError(
            f"{self.title} needs at least {self.least_assets} instruments, 1 was given", field="data.symbols",
            value=bars.symbol, hint="Give several symbols or files",
        )  # fmt: skip


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
    _check_decision(cls)
    strategy, params = cls(), cls.parse(cls.Params().model_dump())
    strategy.warmup(params)
    cls.title = cls.title or cls.id.replace("_", " ").capitalize()


def _check_decision(cls: type[Strategy]) -> None:
    if issubclass(cls, PortfolioStrategy):
        if cls.decide is not None:
            raise StrategyError(
                "a portfolio strategy has no rule", where=cls.__name__, hint="Remove decide, keep weights"
            )
        if cls.weights is PortfolioStrategy.weights:
            cls().weights(None, None)  # type: ignore[arg-type]  # raises: says what to add
        return
    if cls.decide is None and cls.signals is Strategy.signals:
        cls().signals(None, None)  # type: ignore[arg-type]  # raises: says what to add
    if cls.decide is not None and not isinstance(cls.decide, Rule):
        raise StrategyError("decide is not a rule", where=cls.__name__, hint="Write @rule above it")


registry: Registry[Strategy] = Registry(Strategy, "engine.strategies", "strategy", check_declaration)


def load(name: str) -> Strategy:
    """Return an instance of the strategy with that id.

    Raises
    ------
    InputError
        Unknown id; the nearest one is suggested.
    """
    return registry.get(name)()


def weighs_portfolio(name: str) -> bool:
    """Return whether the strategy with that id is a `PortfolioStrategy`.

    Raises
    ------
    InputError
        Unknown id.
    """
    return issubclass(registry.get(name), PortfolioStrategy)


def source_digest(name: str) -> str:
    """Return the SHA-256 of the strategy's source as it was loaded, line ends normalised."""
    if registry.is_user_plugin(name):
        return _digest(registry.source_of(name))
    return _built_in_digest(name)


def _digest(source: bytes) -> str:
    return hashlib.sha256(source.replace(b"\r\n", b"\n")).hexdigest()


@functools.cache
def _built_in_digest(name: str) -> str:
    return _digest(registry.path_of(name).read_bytes())
