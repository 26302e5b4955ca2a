"""Whether the portfolio strategies of a spec can weigh what it trades: asked before anything heavy runs."""

from __future__ import annotations

from collections.abc import Sequence

from engine.backtest.references import traded_by
from engine.backtest.spec import BacktestSpec, StrategySpec
from engine.core.bars import Bars
from engine.core.errors import InputError
from engine.strategies import PortfolioStrategy, load


def check_weighing(symbols: Sequence[str], spec: BacktestSpec) -> None:
    """Check that the portfolio strategies of a spec can weigh the instruments.

    Parameters
    ----------
    symbols : sequence of str
        Of the instruments that the spec uses.
    spec : BacktestSpec

    Raises
    ------
    InputError
        Too few instruments, a formula, or an allocation that would weigh them a second time.
    """
    for place, sleeve in enumerate((spec.strategy, *spec.sleeves)):
        strategy = load(sleeve.name)
        if not isinstance(strategy, PortfolioStrategy):
            continue
        if spec.data.formula:
            raise InputError(
                f"{strategy.title} weighs several instruments, and a formula is one", field="data.formula",
                value=spec.data.formula, hint="Remove the formula, or choose another strategy",
            )  # fmt: skip
        own = f"sleeves.{place - 1}.symbols" if place else "strategy.symbols"
        count = len(set(sleeve.symbols or symbols))
        check_count(strategy, count, own if sleeve.symbols else "data.symbols")
        if spec.portfolio.allocation.reads != "nothing":
            raise InputError(
                f"{strategy.title} sets the weights itself, an allocation would weigh them again",
                field="portfolio.allocation.name", value=spec.portfolio.allocation.name,
                hint="Use allocation none; the weight of a sleeve scales a whole strategy",
            )  # fmt: skip


def legs_of(series: Sequence[Bars], sleeve: StrategySpec) -> list[Bars]:
    """Return the instruments that a strategy of a spec trades.

    They stand in the order of the instruments; those of a portfolio strategy with symbols of its own in the
    order of these: for a pair it matters.
    """
    legs = traded_by(series, sleeve)
    if sleeve.symbols and isinstance(load(sleeve.name), PortfolioStrategy):
        legs.sort(key=lambda bars: sleeve.symbols.index(bars.symbol))
    return legs


def check_count(strategy: PortfolioStrategy, count: int, field: str) -> None:
    """Check that a strategy has enough instruments.

    Raises
    ------
    InputError
        With the field that names them.
    """
    if count < strategy.least_assets:
        was = "was" if count == 1 else "were"
        raise InputError(
            f"{strategy.title} needs at least {strategy.least_assets} instruments, {count} {was} given",
            field=field, value=count, hint="Give several symbols or files",
        )  # fmt: skip
