"""`BacktestSpec`: everything that determines a run, in one frozen, hashable, YAML-ready value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from engine.core.errors import InputError
from engine.execution.costs import CostModel
from engine.execution.fills import ExecutionModel
from engine.fields import Model, field, input_error, parse
from engine.sizing import FixedFraction


class DataSpec(Model):
    """Where the bars come from and which of them are used.

    Attributes
    ----------
    file : str or None
        Path of a price file; its text is not part of the receipt, its prices are.
    start, end : date or None
        First and last session, inclusive.
    timeframe : str or None
        Bar length such as 1d or 15m; the default (`None`) infers it.
    """

    file: str | None = field(None, help="Price file: CSV, TXT or Parquet")
    start: dt.date | None = field(None, help="First session, inclusive")
    end: dt.date | None = field(None, help="Last session, inclusive")
    timeframe: str | None = field(None, help="Bar length, such as 1d or 15m; empty infers it")


class StrategySpec(Model):
    """A strategy's id and the parameters that differ from its defaults."""

    name: str
    params: dict[str, Any] = Field(default_factory=dict)


class BacktestSpec(Model):
    """Everything that determines a run besides the prices themselves.

    Attributes
    ----------
    strategy : StrategySpec
        In Python also ``strategy="ema_cross", params={...}``.
    data : DataSpec
        File and dates.
    capital : float
        Initial cash in account currency.
    sizing, costs, execution
        Models of their packages.
    periods_per_year : float or None
        The default (`None`) takes it from the instrument's calendar and the bar length.
    risk_free : float
        Yearly risk-free rate of Sharpe and Sortino ratios.
    """

    strategy: StrategySpec
    data: DataSpec = DataSpec()
    capital: float = field(10_000.0, low=1e-9, high=1e15, step=1_000, unit="USD", help="Initial cash")
    sizing: FixedFraction = FixedFraction()
    costs: CostModel = CostModel()
    execution: ExecutionModel = ExecutionModel()
    periods_per_year: float | None = field(
        None, low=1e-9, high=1e9, title="Bars per year",
        help="Bars in one year; empty takes it from the calendar",
    )
    risk_free: float = field(
        0.0, low=-1, high=1, step=0.005, unit="per year", title="Risk-free rate",
        help="Risk-free rate of Sharpe and Sortino ratios",
    )

    @model_validator(mode="before")
    @classmethod
    def _accept_short_form(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        values = dict(values)
        if isinstance(values.get("strategy"), str):
            values["strategy"] = {"name": values["strategy"], "params": values.pop("params", {})}
        return values

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise input_error(error, type(self)) from None

    @classmethod
    def parse(cls, values: Mapping[str, Any], where: str = "") -> Self:
        """Build a spec from a mapping as read from YAML or JSON.

        Raises
        ------
        InputError
            Unknown field, value out of range; the message names the field.
        """
        return parse(cls, values, where=where)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a spec from a YAML or JSON file.

        Raises
        ------
        InputError
            The file is missing, is not YAML, or a field is wrong.
        """
        return cls.parse(read_mapping(path))

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as plain values: JSON and YAML ready."""
        return self.model_dump(mode="json")

    def to_yaml(self) -> str:
        """Return the spec as YAML text that `read` accepts."""
        return str(yaml.safe_dump(self.to_dict(), sort_keys=False, allow_unicode=True))

    def replace(self, **changes: Any) -> Self:
        """Return a checked copy with some fields changed."""
        return self.parse(self.to_dict() | changes)

    def replace_params(self, params: Mapping[str, Any], periods_per_year: float) -> Self:
        """Return a copy with every parameter and the bars per year filled in; values are already checked."""
        strategy = StrategySpec.model_construct(name=self.strategy.name, params=dict(params))
        return self.model_copy(update={"strategy": strategy, "periods_per_year": periods_per_year})


def read_mapping(path: Path) -> dict[str, Any]:
    """Return what a YAML or JSON spec file holds, unchecked.

    Raises
    ------
    InputError
        The file is missing, cannot be read, or is not a YAML mapping.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("no such file", where=str(path), hint="Check the path") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"is not YAML ({str(error).splitlines()[0]})", where=str(path)) from None
    if not isinstance(values, Mapping):
        raise InputError("holds no spec", where=str(path), hint="Start with 'strategy: {name: ...}'")
    return dict(values)
