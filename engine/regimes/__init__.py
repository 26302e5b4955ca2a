"""The gate contract and its registry; every sibling file but `fitted` and `garch_fit` is one gate.

A gate (regime filter) says at the close of each bar whether signals may act. It sees the past only: what it
says about a bar is the same, bit for bit, when the series ends there and when it goes on. A gate is declared
once, as a frozen model with fields; form, file and command line come from that declaration.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from engine.core.bars import Bars, FloatArray, IntArray
from engine.core.errors import InputError, nearest
from engine.fields import Model, parse
from engine.registry import Registry

__all__ = [
    "BoolArray", "Gate", "GateSeries", "allowed", "gate_names", "load_gate", "parse_gate", "registry",
]  # fmt: skip

BoolArray = npt.NDArray[np.bool_]

NO_REFITS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class GateSeries:
    """What a gate said about each bar, and on what ground.

    Parameters
    ----------
    open : bool[n]
        True where signals may act, known at the bar's close; False while there is too little history.
    lines : mapping of str to float64[n]
        What it decided on (an average, a volatility, a probability, a threshold); NaN before history.
        Volatilities are fractions per year, percentiles 0 to 100.
    refits : int64[k]
        Bars at whose close the model was fitted; empty for rules without a fit.
    legend : str
        One short sentence for the chart.
    failed_fits : int, default 0
        Refits that found no solution: the fit before stayed in force.
    """

    open: BoolArray
    lines: Mapping[str, FloatArray]
    refits: IntArray = field(default_factory=NO_REFITS.copy)
    legend: str = ""
    failed_fits: int = 0

    def __post_init__(self) -> None:
        for array in (self.open, self.refits, *self.lines.values()):
            array.flags.writeable = False


class Gate(Model):
    """Base of all gates: fields that a form can show, and what they make of a series of bars.

    A subclass sets `title`, declares ``name: Literal["..."]`` equal to its id, and gives `history` and
    `compute`.
    """

    id: ClassVar[str] = ""
    title: ClassVar[str] = ""

    name: str

    @abstractmethod
    def history(self) -> int:
        """Return the number of bars needed before the first decision, which falls on the last of them."""

    @abstractmethod
    def compute(self, bars: Bars) -> GateSeries:
        """Return what the gate says about every bar; with too few bars it is closed throughout.

        Raises
        ------
        DataError
            The prices admit no return or no fit.
        """

    def refuse(self, what: str, name: str, hint: str) -> InputError:
        """Return the error for a field whose value does not go with the others."""
        return InputError(what, field=f"gates.{self.name}.{name}", value=getattr(self, name), hint=hint)


registry: Registry[Gate] = Registry(Gate, "engine.regimes", "gate")


def gate_names() -> list[str]:
    """Return the ids of all gates, sorted."""
    return registry.names()


def load_gate(name: str) -> type[Gate]:
    """Return the gate with that id.

    Raises
    ------
    InputError
        Unknown id; the nearest one is suggested.
    """
    known = gate_names()
    if name not in known:
        raise InputError(f"unknown gate '{name}'", field="gates", value=name, hint=nearest(name, known))
    return registry.get(name)


def parse_gate(values: Mapping[str, Any] | Gate) -> Gate:
    """Return a checked gate from its fields, or the gate itself.

    Parameters
    ----------
    values : mapping or Gate
        ``{"name": "garch", "volatility": "low"}``; fields left out have their defaults.

    Raises
    ------
    InputError
        The name is missing or unknown, a field is unknown or out of range, or fields contradict.
    """
    if isinstance(values, Gate):
        return values
    if not isinstance(values, Mapping):
        raise InputError(
            f"a gate must be a group of fields, was {values!r}", field="gates", value=values,
            hint="Write {name: moving_average, length: 200}",
        )  # fmt: skip
    name = values.get("name")
    if not isinstance(name, str) or not name:
        raise InputError(
            "a gate needs a name", field="gates", value=name, hint=f"Known: {', '.join(gate_names())}"
        )
    return parse(load_gate(name), values, where=f"gates.{name}")


def check_history(bars: Bars, gates: Sequence[Gate]) -> None:
    """Check that every gate has the history it needs.

    Raises
    ------
    InputError
        A gate needs more bars than there are.
    """
    for gate in gates:
        if len(bars) < gate.history():
            raise InputError(
                f"the gate needs {gate.history()} bars of history, there are {len(bars)}",
                field=f"gates.{gate.name}", value=gate.history(),
                hint="Load more bars or choose a shorter history",
            )  # fmt: skip


def allowed(bars: Bars, gates: Sequence[Gate]) -> tuple[BoolArray, tuple[GateSeries, ...]]:
    """Return where all gates are open, and what each gate said.

    Returns
    -------
    open : bool[n]
        True throughout when there is no gate.
    series : tuple of GateSeries
        In the order of ``gates``.

    Raises
    ------
    InputError
        A gate needs more bars than there are.
    DataError
        A model cannot be fitted to the prices.
    """
    check_history(bars, gates)
    series = tuple(gate.compute(bars) for gate in gates)
    is_open = np.ones(len(bars), dtype=np.bool_)
    for each in series:
        is_open &= each.open
    return is_open, series
