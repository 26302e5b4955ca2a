"""Portfolio weights from trailing returns; every sibling file with a class is one method.

A method is declared once: its fields (forms, help and validation come from them) and one function from a
window of returns to weights. `weights_over_time` runs it along a price table, on past data only.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from engine.allocation.risk import moves
from engine.allocation.schedule import WeightSeries, weights_over_time
from engine.core.bars import FloatArray
from engine.core.errors import DataError, InputError
from engine.fields import FieldInfo, Model, describe, field, parse
from engine.registry import Registry

__all__ = [
    "Allocation", "Estimated", "WeightSeries", "allocation_names", "load_allocation", "parse_allocation",
    "registry", "weights_over_time",
]  # fmt: skip


class Allocation(Model):
    """Base of all methods.

    Attributes
    ----------
    name : str
        Id of the method, a literal in each subclass.
    title : str
        What forms call it.
    reads : {"nothing", "presence", "returns"}
        What its weights depend on: nothing, which assets trade, or their trailing returns.
    """

    id: ClassVar[str] = ""
    title: ClassVar[str] = ""
    reads: ClassVar[Literal["nothing", "presence", "returns"]] = "returns"

    name: str

    @abstractmethod
    def weights(self, returns: FloatArray) -> FloatArray:
        """Return the weights of a window of returns.

        Parameters
        ----------
        returns : float64[window, n_assets]
            Simple returns per bar, oldest first, without NaN.

        Returns
        -------
        float64[n_assets]
            At least 0, summing to 1.
        """

    @classmethod
    def fields(cls) -> list[FieldInfo]:
        """Return the declared fields that a form shows, in order; the name is not one of them."""
        return [info for info in describe(cls) if info.name != "name"]


class Estimated(Allocation):
    """Base of the methods that estimate from a trailing window.

    Attributes
    ----------
    lookback : int
        Bars of the common axis in the window.
    min_history : int
        Returns in bars of its own that an asset needs within the window.
    recompute : str
        Calendar of the estimates; between them the weights stay.
    covariance : str
        ``ledoit_wolf``: shrunk toward one variance and no correlation (divisor T). ``sample``: divisor T - 1.
    max_weight : float
        Cap of one asset. Fewer than 1 / cap assets get the cap each and the rest stays cash.

    Raises
    ------
    InputError
        ``min_history`` is longer than the window.
    """

    lookback: int = field(
        252, low=2, high=100_000, step=21, unit="bars", title="Window",
        help="Bars of past returns that the weights are estimated from",
    )  # fmt: skip
    min_history: int = field(
        60, low=2, high=100_000, step=10, unit="bars", title="Least history",
        help="An asset gets weight once it has this many returns in bars of its own within the window",
    )  # fmt: skip
    recompute: Literal["monthly", "weekly", "quarterly", "daily"] = field(
        "monthly", title="Recompute",
        help="Weights are estimated at the first close of each period and stay until the next one",
    )  # fmt: skip
    covariance: Literal["ledoit_wolf", "sample"] = field(
        "ledoit_wolf", title="Covariance",
        help="ledoit_wolf shrinks the sample covariance and works with few returns; sample takes it as it is",
    )  # fmt: skip
    max_weight: float = field(
        1.0, low=0.001, high=1, step=0.05, title="Largest weight",
        help="No asset gets more. With fewer than 1 / this many assets the rest stays cash",
    )  # fmt: skip

    def model_post_init(self, _context: Any) -> None:
        """Refuse a history that no window can hold."""
        if self.min_history > self.lookback:
            raise InputError(
                f"min_history ({self.min_history}) is longer than lookback ({self.lookback})",
                field="allocation.min_history", value=self.min_history,
                hint="Raise lookback or lower min_history",
            )  # fmt: skip

    def weights(self, returns: FloatArray) -> FloatArray:
        """Return the weights of a window of returns.

        Parameters
        ----------
        returns : float64[window, n_assets]
            Simple returns per bar, oldest first, without NaN.

        Returns
        -------
        float64[n_assets]
            Between 0 and `max_weight`, summing to 1, or to n_assets x `max_weight` when that is less.

        Raises
        ------
        DataError
            A value is missing, an asset did not move, or the covariance has no inverse and needs one.
        """
        window = np.ascontiguousarray(returns, dtype=np.float64)
        _check(window)
        count = window.shape[1]
        if count * self.max_weight <= 1.0 + 1e-12:
            return np.full(count, min(self.max_weight, 1.0 / count))
        return self.share(window)

    @abstractmethod
    def share(self, returns: FloatArray) -> FloatArray:
        """Return the weights of two or more assets of which at least one may stay below the cap.

        Parameters
        ----------
        returns : float64[window, n_assets]
            Checked: finite, every column moves.
        """


def _check(window: FloatArray) -> None:
    if window.ndim != 2 or window.shape[0] < 2 or not window.shape[1]:
        raise DataError(
            f"returns have shape {window.shape}", where="allocation",
            hint="Give two or more bars (rows) of one or more assets (columns)",
        )  # fmt: skip
    bad = np.flatnonzero(~np.isfinite(window).all(axis=0))
    if bad.size:
        raise DataError(
            f"returns of asset {bad[0]} are not all finite", where="allocation",
            hint="Leave out assets and bars without a price",
        )  # fmt: skip
    still = np.flatnonzero(~moves(window))
    if still.size:
        raise DataError(
            f"the price of asset {still[0]} did not move in {window.shape[0]} bars", where="allocation",
            hint="Leave it out: it has no risk to measure",
        )  # fmt: skip


registry: Registry[Allocation] = Registry(Allocation, "engine.allocation", "allocation")


def allocation_names() -> list[str]:
    """Return the names of all methods, sorted."""
    return registry.names()


def load_allocation(name: str) -> Allocation:
    """Return the method of that name with its defaults.

    Raises
    ------
    InputError
        Unknown name; the nearest one is suggested.
    """
    return parse_allocation({"name": name})


def parse_allocation(values: Mapping[str, Any] | Allocation | str) -> Allocation:
    """Return a method from its name, a mapping with ``name`` and fields, or itself.

    Raises
    ------
    InputError
        Unknown name or field (the nearest one is suggested), or a value out of range.
    """
    if isinstance(values, Allocation):
        return values
    given = {"name": values} if isinstance(values, str) else dict(values)
    name = given.get("name")
    if not isinstance(name, str):
        raise InputError(
            "has no name", field="allocation.name", value=name,
            hint=f"Give one of: {', '.join(allocation_names())}",
        )  # fmt: skip
    return parse(registry.get(name), given, where="allocation")
