"""`BacktestSpec`: everything that determines a run, in one frozen, hashable, YAML-ready value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import Field, SerializeAsAny, ValidationError, field_validator, model_validator

from engine.backtest.portfolio import PortfolioSpec
from engine.core.errors import InputError
from engine.core.instrument import AssetClass
from engine.data.split import RunMode
from engine.execution.costs import CostModel
from engine.execution.fills import ExecutionModel
from engine.fields import Model, field, input_error, parse
from engine.regimes import Gate, parse_gate
from engine.sizing import FixedFraction, Sizer, parse_sizing


class CandleKind(StrEnum):
    """What the strategy sees; fills always use the real bars."""

    STANDARD = "standard"
    HEIKIN_ASHI = "heikin_ashi"
    RENKO = "renko"


class CandleSpec(Model):
    """Candles that the strategy decides on.

    Attributes
    ----------
    kind : CandleKind
    timeframe : str or None
        Longer bars to decide on, each visible from its close; fills stay on the bars of the file.
    brick_size : float or None
        Renko brick in price units.
    brick_atr : int or None
        Renko brick of one average true range of that many bars, known when the brick begins.
    """

    kind: CandleKind = field(
        CandleKind.STANDARD, title="Candles", help="What the strategy decides on; fills use the real bars"
    )
    timeframe: str | None = field(
        None, title="Decide on",
        help="Longer bars to decide on, such as 1h or 1wk; empty decides on every bar",
    )
    brick_size: float | None = field(
        None, low=1e-12, high=1e9, step=1, unit="price", title="Brick", help="Renko brick in price units"
    )
    brick_atr: int | None = field(
        None, low=2, high=5_000, step=1, unit="bars", title="Brick ATR",
        help="Renko brick of one average true range of this many bars",
    )


class InstrumentSpec(Model):
    """What a price file does not say about its instrument; empty fields are guessed from the symbol.

    Attributes
    ----------
    asset_class : AssetClass or None
    multiplier : float or None
        Money per price unit of one contract; 1 for shares.
    tick_size : float or None
        Smallest price step.
    """

    asset_class: AssetClass | None = field(None, title="Kind", help="Kind of instrument; empty guesses it")
    multiplier: float | None = field(
        None, low=1e-9, high=1e9, step=1, unit="per point",
        help="Money per price unit of one contract; empty guesses it",
    )
    tick_size: float | None = field(
        None, low=0, high=1e9, step=0.01, unit="price", title="Tick", help="Smallest price step"
    )


class DataSpec(Model):
    """Where the bars come from and which of them are used.

    Attributes
    ----------
    file : str or None
        Path of a price file; its text is not part of the receipt, its prices are.
    files : tuple of str
        Further price files: the instruments share one account.
    symbols : tuple of str
        Instruments to use of those the files hold; empty uses all.
    formula : str or None
        Synthetic instrument such as ``SPY - 0.8*QQQ``: signals on it, fills on its legs.
    finer : str or None
        Price file of shorter bars that decide what happened first inside a bar.
    start, end : date or None
        First and last session, inclusive.
    train_split : float or None
        Share of the bars that is the training part.
    run_mode : RunMode
        Part that is traded; the strategy always sees all earlier bars.
    timeframe : str or None
        Bar length such as 1d or 15m; the default (`None`) infers it.
    """

    file: str | None = field(None, help="Price file: CSV, TXT or Parquet")
    files: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    formula: str | None = field(
        None, help="Synthetic instrument such as SPY - 0.8*QQQ: signals on it, fills on its legs"
    )
    finer: str | None = field(
        None, title="Finer bars", help="Price file of shorter bars that decide what came first inside a bar"
    )
    train_split: float | None = field(
        None, low=0, high=1, step=0.05, unit="of bars", title="Train on",
        help="Share of bars that is for training",
    )
    run_mode: RunMode = field(
        RunMode.FULL, title="Trade", help="Part that is traded: training part, test part, or all"
    )
    start: dt.date | None = field(None, help="First session, inclusive")
    end: dt.date | None = field(None, help="Last session, inclusive")
    timeframe: str | None = field(None, help="Bar length, such as 1d or 15m; empty infers it")
    candles: CandleSpec = CandleSpec()
    instrument: InstrumentSpec = InstrumentSpec()

    @cached_property
    def without_paths(self) -> str:
        """Canonical text but for the files' names: their prices count."""
        return self.model_copy(update={"file": None, "files": (), "finer": None}).canonical


class StrategySpec(Model):
    """A strategy's id and the parameters that differ from its defaults.

    Attributes
    ----------
    symbols : tuple of str
        Instruments it trades; empty means all.
    weight : float
        Its share of the account when several strategies trade it.
    """

    name: str
    params: dict[str, Any] = Field(default_factory=dict)
    symbols: tuple[str, ...] = ()
    weight: float = Field(1.0, ge=0, le=100)


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
    sleeves : tuple of StrategySpec
        Further strategies on the same account.
    gates : tuple of Gate
        Regime filters; a signal acts only while all are open.
    sizing, costs, execution, portfolio
        Models of their packages.
    symbol_costs : mapping of str to CostModel
        Costs of single symbols, where they differ from ``costs``.
    periods_per_year : float or None
        The default (`None`) takes it from the instrument's calendar and the bar length.
    risk_free : float
        Yearly risk-free rate of Sharpe and Sortino ratios.
    """

    strategy: StrategySpec
    data: DataSpec = DataSpec()
    capital: float = field(10_000.0, low=1e-9, high=1e15, step=1_000, unit="USD", help="Initial cash")
    sleeves: tuple[StrategySpec, ...] = ()
    gates: tuple[SerializeAsAny[Gate], ...] = ()
    sizing: SerializeAsAny[Sizer] = FixedFraction()
    costs: CostModel = CostModel()
    symbol_costs: dict[str, CostModel] = Field(default_factory=dict)
    execution: ExecutionModel = ExecutionModel()
    portfolio: PortfolioSpec = Field(default_factory=PortfolioSpec)
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

    @field_validator("sizing", mode="before")
    @classmethod
    def _read_sizing(cls, value: Any) -> Any:
        return parse_sizing(value) if isinstance(value, Mapping) else value

    @field_validator("gates", mode="before")
    @classmethod
    def _read_gates(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            value = [value]
        return tuple(map(parse_gate, value)) if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _check_parts_together(self) -> Self:
        stops = self.execution
        if self.sizing.name == "risk_per_trade" and not (stops.stop_loss or stops.trailing_stop):
            raise InputError(
                "sizing by risk needs a stop", field="execution.stop_loss", value=None,
                hint="Set execution.stop_loss or execution.trailing_stop, or choose another sizing",
            )  # fmt: skip
        return self

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
