"""`run_backtest`: one spec on one account, from bars to metrics, orders, trades and receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.account import Account, Outcome, band_of, positions_of, settle_account
from engine.backtest.finer import fine_columns
from engine.backtest.levels import bracket_of, fill_in_bracket
from engine.backtest.market import NO_EXTRA, extra_of, is_plain, market_of, terms_of
from engine.backtest.receipt import receipt_of
from engine.backtest.references import all_references, with_references
from engine.backtest.result import BacktestResult
from engine.backtest.signals import signals_of
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars, FloatArray
from engine.core.errors import DataError, InputError, nearest
from engine.core.trade import Reason
from engine.data.split import RunMode, span, split_at
from engine.execution.fills import Fill
from engine.kernels.terms import Extra, Market
from engine.metrics import METRIC_NAMES, TAIL_NAMES
from engine.metrics.returns import tail_risk
from engine.regimes import GateSeries
from engine.strategies import StrategyParams, load, registry, weighs_portfolio


@registry.steady()  # a file that is edited meanwhile changes neither the run nor its receipt
def run_backtest(
    bars: Bars | Sequence[Bars], spec: BacktestSpec, finer: Bars | Sequence[Bars] | None = None
) -> BacktestResult:
    """Run one backtest.

    Parameters
    ----------
    bars : Bars or sequence of Bars
        Prices; the spec's date range is applied to them. Several instruments share one account.
    spec : BacktestSpec
        What to run.
    finer : Bars or sequence of Bars, optional
        Shorter bars of the same instruments; they decide what came first inside a bar.

    Returns
    -------
    BacktestResult

    Raises
    ------
    InputError
        Unknown strategy or parameter, value out of range, no bars in the date range, a symbol or a piece of
        history that the spec needs is missing.
    StrategyError
        The strategy failed or left [-1, 1].
    DataError
        A price at or below zero in an instrument that is sized by value.
    """
    series = instruments_of(bars, spec)
    fine = (finer,) if isinstance(finer, Bars) else tuple(finer or ())
    if len(series) > 1 or is_portfolio(spec):
        from engine.backtest.shared_account import run_portfolio  # noqa: PLC0415  (built on this module's parts)

        return run_portfolio(series, spec, fine)
    one = check_prices(series[0])
    check_symbols(spec, [one.symbol])
    params = parse_params(spec)
    full = fill_in(spec, params, periods_of(one, spec))
    signals, gates = signals_of(one, spec.strategy.name, params[0], spec)
    first, stop = span(len(one), spec.data.train_split, spec.data.run_mode)
    bracket, levels = bracket_of(one, spec.strategy.name, params[0], spec), None
    if bracket is not None:
        full, levels = fill_in_bracket(full, bracket), bracket.levels
    if (first, stop) == (0, len(one)):
        return simulate_signals(one, signals, full, gates=gates, finer=fine, levels=levels)
    part = one.slice(first, stop)
    market, extra = market_of(one, full), extra_of(one, full, levels)
    market, extra = cut_market(market, first, stop), cut_extra(extra, first, stop)
    return simulate_signals(
        part, signals[first:stop], full, gates=cut_gates(gates, first, stop), finer=fine,
        prepared=(market, extra), whole=one,
    )  # fmt: skip


def is_portfolio(spec: BacktestSpec) -> bool:
    """Return whether a spec takes the way of a portfolio even with one instrument.

    A formula, sleeves or a weight do; so does a strategy that weighs several, which is refused there.
    """
    several = bool(spec.data.formula or spec.sleeves) or spec.strategy.weight != 1.0
    return several or weighs_portfolio(spec.strategy.name)


def parse_params(spec: BacktestSpec) -> list[StrategyParams]:
    """Return the checked parameters of every strategy of the spec, in order.

    Raises
    ------
    InputError, StrategyError
        Unknown or broken strategy, unknown parameter, value out of range.
    """
    return [load(sleeve.name).parse(sleeve.params) for sleeve in (spec.strategy, *spec.sleeves)]


def fill_in(spec: BacktestSpec, params: Sequence[StrategyParams], periods: float) -> BacktestSpec:
    """Return the spec with every parameter of every strategy and the bars per year filled in."""
    strategy, *others = (
        sleeve.model_copy(update={"params": given.model_dump(mode="json")})
        for sleeve, given in zip((spec.strategy, *spec.sleeves), params, strict=True)
    )
    return spec.model_copy(
        update={"strategy": strategy, "sleeves": tuple(others), "periods_per_year": periods}
    )


def instruments_of(bars: Bars | Sequence[Bars], spec: BacktestSpec) -> tuple[Bars, ...]:
    """Return the instruments that the spec trades, within its date range.

    Those that a strategy only reads are columns of the others (`engine.backtest.references`).

    Raises
    ------
    InputError
        Something else than bars, a symbol that is not there, or no bar in the range.
    DataError
        No bars.
    """
    given: tuple[Any, ...] = (bars,) if isinstance(bars, Bars) else tuple(bars)
    if not given or not all(isinstance(one, Bars) for one in given):
        raise InputError(
            f"prices must be Bars, was {type(bars).__name__}", field="data",
            hint="Make them with engine.read_bars(path) or engine.Bars.from_frame(frame)",
        )  # fmt: skip
    if not isinstance(spec, BacktestSpec):
        raise InputError(
            f"the spec must be a BacktestSpec, was {type(spec).__name__}", field="spec",
            hint="Make it with engine.BacktestSpec(strategy=..., ...) or BacktestSpec.parse(mapping)",
        )  # fmt: skip
    for one in given:
        if len(one) == 0:
            raise DataError("no bars", where=one.symbol, hint="Load a file with at least one row")
    symbols = [one.symbol for one in given if one.symbol]
    if len(set(symbols)) < len(symbols):
        twice = next(symbol for symbol in symbols if symbols.count(symbol) > 1)
        raise InputError(
            f"'{twice}' is given twice", field="data.symbols", value=twice, hint="Give each instrument once"
        )
    if spec.data.symbols:
        by_symbol = {one.symbol: one for one in given}
        # Kept bars hold their references as columns.
        read = {name for name in all_references(spec) if all(name in one.columns for one in given)}
        for symbol in spec.data.symbols:
            if symbol not in by_symbol and symbol not in read:
                raise InputError(
                    f"no prices of '{symbol}'", field="data.symbols", value=symbol,
                    hint=nearest(symbol, by_symbol),
                )  # fmt: skip
        given = tuple(by_symbol[symbol] for symbol in spec.data.symbols if symbol in by_symbol)
    # Joined before they are cut: what a reference closed at before the range is known in it.
    given = with_references(tuple(as_traded(one, spec) for one in given), spec)
    if spec.data.start or spec.data.end:
        given = tuple(one.between(spec.data.start, spec.data.end) for one in given)
    return given


def as_traded(bars: Bars, spec: BacktestSpec) -> Bars:
    """Return the bars with what the spec says about its instrument: kind, multiplier, tick."""
    own = spec.data.instrument
    if own.asset_class is None and own.multiplier is None and own.tick_size is None:
        return bars
    told = {name: getattr(own, name) for name in ("asset_class", "multiplier", "tick_size")}
    told = {name: value for name, value in told.items() if value is not None}
    return replace(bars, instrument=replace(bars.instrument, **told))


def select(bars: Bars | Sequence[Bars], spec: BacktestSpec) -> Bars:
    """Return the only instrument of a run, within the spec's date range, checked for orders.

    Raises
    ------
    InputError
        Several instruments, or no bar in the range.
    DataError
        No bars, or a price at or below zero.
    """
    series = instruments_of(bars, spec)
    if len(series) != 1:
        raise InputError(
            f"{len(series)} instruments were given for a run of one", field="data", hint="Give one instrument"
        )
    return check_prices(series[0])


def check_prices(bars: Bars) -> Bars:
    """Return the bars if orders can be sized on them.

    Raises
    ------
    DataError
        A price is at or below zero.
    """
    if bars.lowest <= 0.0:
        at = int(np.argmax(np.minimum(np.minimum(bars.open, bars.low), bars.close) <= 0.0))
        raise DataError(
            f"the price is {bars.lowest:g} or less at {bars.label(at)}", where=bars.symbol,
            hint="Sizing by value needs prices above zero: choose a range without it",
        )  # fmt: skip
    return bars


def check_symbols(spec: BacktestSpec, symbols: Sequence[str]) -> None:
    """Check that what the spec says about single symbols is about symbols that are there.

    Raises
    ------
    InputError
        Names the field and suggests the nearest symbol.
    """
    if not (spec.symbol_costs or spec.strategy.symbols or spec.sleeves):
        return
    named = [("symbol_costs", symbol) for symbol in spec.symbol_costs]
    for place, sleeve in enumerate((spec.strategy, *spec.sleeves)):
        field = f"sleeves.{place - 1}.symbols" if place else "strategy.symbols"
        named += [(field, symbol) for symbol in sleeve.symbols]
    for field, symbol in named:
        if symbol not in symbols:
            hint = nearest(symbol, symbols)
            raise InputError(f"no prices of '{symbol}'", field=field, value=symbol, hint=hint)


def periods_of(bars: Bars, spec: BacktestSpec) -> float:
    """Return bars per year: the spec's number, else the calendar's (rule 20)."""
    return spec.periods_per_year or bars.periods_per_year


def simulate_signals(
    bars: Bars,
    signals: FloatArray,
    spec: BacktestSpec,
    *,
    gates: tuple[GateSeries, ...] = (),
    finer: tuple[Bars, ...] = (),
    prepared: tuple[Market, Extra] | None = None,
    levels: tuple[FloatArray, FloatArray] | None = None,
    whole: Bars | None = None,
) -> BacktestResult:
    """Simulate given targets under a spec whose parameters and periods are filled in.

    Parameters
    ----------
    bars : Bars
    signals : float64[n]
        Target known at each close, in [-1, 1].
    spec : BacktestSpec
    gates : tuple of GateSeries
        What shut or opened the signals, for the result.
    finer : tuple of Bars
        Shorter bars of the instrument.
    prepared : (Market, Extra), optional
        When their history reaches further back than ``bars``.
    levels : (float64[n], float64[n]), optional
        Prices to buy and to sell at of a bracket (``execution.entry``), known at each close.
    whole : Bars, optional
        What the signals were made of, when that is more than ``bars``: the receipt is over all of it.

    Returns
    -------
    BacktestResult
    """
    if prepared is None:
        prepared = market_of(bars, spec), NO_EXTRA if is_plain(spec) else extra_of(bars, spec, levels)
    market, extra = prepared
    if finer:
        extra = fine_columns(extra, [bars], finer)
    targets = np.require(signals, np.float64, ["C", "W"]).reshape(1, -1)
    account = Account(
        market, extra, terms_of(spec, fine=bool(finer)), targets, bars.time,
        (float(spec.periods_per_year or bars.periods_per_year), spec.risk_free, benchmark_of(bars)),
    )  # fmt: skip
    outcome = settle_account(account)
    n = outcome.equity.size
    split = spec.data.train_split is not None and spec.data.run_mode is RunMode.FULL
    return BacktestResult(
        spec=spec,
        bars=bars,
        metrics=metrics_of(outcome),
        equity=outcome.equity,
        signals=targets[0, :n],
        positions=positions_of(outcome.orders, 1, n)[0],
        orders=outcome.orders,
        trades=outcome.trades,
        receipt=receipt_of([one.digest for one in (whole or bars, *finer)], spec),
        warnings=warnings_of(spec, bars, outcome),
        band=band_of(account, outcome) if spec.execution.can_be_ambiguous else None,
        gates=gates,
        stops=outcome.stops,
        charges=outcome.charges,
        split=split_at(len(bars), spec.data.train_split or 0.5) if split else None,
    )


def benchmark_of(bars: Bars) -> float:
    """Return last close / first close - 1."""
    return float(bars.close[-1] / bars.close[0] - 1.0)


def metrics_of(outcome: Outcome) -> dict[str, float]:
    """Return the metrics by name, tail risk included."""
    metrics = dict(zip(METRIC_NAMES, outcome.values.tolist(), strict=True))
    return metrics | dict(zip(TAIL_NAMES, tail_risk(outcome.returns), strict=True))


def cut_market(market: Market, first: int, stop: int) -> Market:
    """Return the columns ``first:stop`` of a market."""
    names = [name for name in Market._fields if name != "fees"]
    return market._replace(**{name: _cut(getattr(market, name), first, stop) for name in names})


def cut_extra(extra: Extra, first: int, stop: int) -> Extra:
    """Return the columns ``first:stop`` of what runs need besides; finer bars are added afterwards."""
    names = ("gear", "level", "volume", "alive")
    rank = extra.rank[first:stop] if extra.rank.shape[0] > 1 else extra.rank
    return extra._replace(
        rank=np.ascontiguousarray(rank), **{name: _cut(getattr(extra, name), first, stop) for name in names}
    )


def _cut[T: np.generic](array: npt.NDArray[T], first: int, stop: int) -> npt.NDArray[T]:
    if array.shape[-1] <= 1:
        return array
    part = np.ascontiguousarray(array[..., first:stop])
    part.flags.writeable = False
    return part


def cut_gates(gates: tuple[GateSeries, ...], first: int, stop: int) -> tuple[GateSeries, ...]:
    """Return the gates on bars ``first:stop``."""
    return tuple(
        replace(
            gate, open=gate.open[first:stop],
            lines={name: line[first:stop] for name, line in gate.lines.items()},
            refits=gate.refits[(gate.refits >= first) & (gate.refits < stop)] - first,
        )
        for gate in gates
    )  # fmt: skip


def warnings_of(spec: BacktestSpec, bars: Bars, outcome: Outcome) -> tuple[str, ...]:
    """Return the sentences that every report of the run prints."""
    found, orders, equity = [], outcome.orders, outcome.equity
    if spec.costs.is_free and all(costs.is_free for costs in spec.symbol_costs.values()):
        found.append("Zero costs: no commission, spread or slippage is charged")
    if spec.execution.fill is Fill.THIS_CLOSE:
        found.append(Fill.THIS_CLOSE.sentence)
    when = bars.label(equity.size - 1)
    if orders.size and orders["reason"][-1] == Reason.LIQUIDATION:
        level = spec.execution.maintenance
        cause = f"equity fell to {level:.0%} of the positions" if level else "equity fell to zero"
        found.append(f"Liquidated at the close of {when}: {cause}, the run ends there")
    elif equity.size < len(bars) or equity[-1] <= 0.0:
        found.append(f"Nothing is left at the close of {when}: the run ends there")
    if outcome.unsent:
        found.append(f"{outcome.unsent:,} orders were below the minimum and not sent")
    return tuple(found)
