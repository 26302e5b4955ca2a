"""`run_portfolio`: several instruments or strategies on one cash account, in one date-ordered pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.allocation import WeightSeries, weights_over_time
from engine.backtest.account import Account, band_of, positions_of, settle_account
from engine.backtest.axis import Axis
from engine.backtest.caps import cap_targets
from engine.backtest.finer import fine_columns
from engine.backtest.levels import place_brackets
from engine.backtest.market import extra_of_axis, market_of_axis, terms_of
from engine.backtest.ranking import ranking
from engine.backtest.receipt import receipt_of
from engine.backtest.rejected import rejected_of
from engine.backtest.result import BacktestResult
from engine.backtest.run import (
    benchmark_of,
    check_prices,
    check_symbols,
    cut_extra,
    cut_gates,
    cut_market,
    fill_in,
    metrics_of,
    parse_params,
    warnings_of,
)
from engine.backtest.signals import signals_of, signals_of_panel
from engine.backtest.spec import BacktestSpec, StrategySpec
from engine.backtest.targets import declare
from engine.backtest.weighing import check_weighing, legs_of
from engine.core.bars import Bars, FloatArray
from engine.core.errors import InputError
from engine.data.formula import parse_formula, synthetic_bars
from engine.data.split import RunMode, span, split_at
from engine.regimes import GateSeries
from engine.sizing import FixedFraction
from engine.strategies import PortfolioStrategy, StrategyParams, load

# Sizing rules whose exposure is known before the account is simulated.
_SHARES = ("fixed_fraction", "volatility_target")


@dataclass(frozen=True, eq=False)
class _Rows:
    """What the account trades, one row per leg.

    Parameters
    ----------
    legs : list of Bars
    sleeves : list of StrategySpec
    signals : list of float64[k]
        On each leg's own bars.
    gears : list of float64[k] or None
        Share of each leg in a formula's exposure.
    gates : tuple of GateSeries
        Of the first row.
    """

    legs: list[Bars]
    sleeves: list[StrategySpec]
    signals: list[FloatArray]
    gears: list[FloatArray] | None
    gates: tuple[GateSeries, ...]


def run_portfolio(series: Sequence[Bars], spec: BacktestSpec, finer: tuple[Bars, ...] = ()) -> BacktestResult:
    """Run one account over several legs.

    Parameters
    ----------
    series : sequence of Bars
        Instruments, within the spec's date range.
    spec : BacktestSpec
    finer : tuple of Bars
        Shorter bars of some of them.

    Returns
    -------
    BacktestResult

    Raises
    ------
    InputError, StrategyError, DataError
        As `engine.backtest.run.run_backtest`.
    """
    symbols = [one.symbol for one in series]
    check_symbols(spec, symbols)
    check_weighing(symbols, spec)
    params = parse_params(spec)
    rows = _of_formula(series, spec, params) if spec.data.formula else _of_sleeves(series, spec, params)
    for leg in rows.legs:
        check_prices(leg)
    axis = Axis.of(rows.legs)
    full = fill_in(spec, params, spec.periods_per_year or axis.periods_per_year)
    full, levels = place_brackets(rows.legs, rows.sleeves, full)
    weights, targets, scaling, gear = _targets(rows, axis, full)
    market = market_of_axis(axis, full)
    extra = extra_of_axis(axis, gear, ranking(axis, targets, full.portfolio), full, levels)
    first, stop = span(axis.time.size, full.data.train_split, full.data.run_mode)
    market, extra = cut_market(market, first, stop), cut_extra(extra, first, stop)
    basket = axis.basket().slice(first, stop)
    if finer:
        at = [np.clip(where - first, -1, stop - first) for where in axis.positions]
        extra = fine_columns(extra, rows.legs, finer, at, stop - first)
    terms = terms_of(full, plain=False, gear=gear is not None, gaps=not axis.is_even, fine=bool(finer))
    account = Account(
        market, extra, terms, np.ascontiguousarray(targets[:, first:stop]), basket.time,
        (float(full.periods_per_year or 1.0), full.risk_free, benchmark_of(basket)),
    )  # fmt: skip
    outcome = settle_account(account)
    n = outcome.equity.size
    splits = full.data.train_split is not None and full.data.run_mode is RunMode.FULL
    legs = tuple(_within(leg, basket, n) for leg in rows.legs)
    return BacktestResult(
        spec=full, bars=basket, metrics=metrics_of(outcome), equity=outcome.equity,
        signals=account.targets[:, :n], positions=positions_of(outcome.orders, len(legs), n),
        orders=outcome.orders, trades=outcome.trades,
        receipt=receipt_of([one.digest for one in (*series, *finer)], full),
        warnings=warnings_of(full, basket, outcome), legs=legs,
        sleeves=tuple(sleeve.name for sleeve in rows.sleeves),
        rejected=rejected_of(outcome.rejected, account, outcome), gates=_gates(rows.gates, axis, first, stop),
        band=band_of(account, outcome) if full.execution.can_be_ambiguous else None,
        allocation=_cut_weights(weights, first, first + n), scaling=scaling[first : first + n],
        stops=outcome.stops, charges=outcome.charges,
        split=split_at(len(basket), full.data.train_split or 0.5) if splits else None,
    )  # fmt: skip


def _of_formula(series: Sequence[Bars], spec: BacktestSpec, params: Sequence[StrategyParams]) -> _Rows:
    if spec.sleeves or spec.strategy.symbols:
        raise InputError(
            "a formula is traded by one strategy", field="data.formula", value=spec.data.formula,
            hint="Remove the further strategies and strategy.symbols",
        )  # fmt: skip
    formula = parse_formula(spec.data.formula or "")
    synthetic, legs = synthetic_bars(formula, series)
    signals, gates = signals_of(synthetic, spec.strategy.name, params[0], spec, sized=legs)
    shares = formula.gearing({leg.symbol: leg.close for leg in legs})
    gears = [np.asarray(shares[leg.symbol]) for leg in legs]
    return _Rows(list(legs), [spec.strategy] * len(legs), [signals] * len(legs), gears, gates)


def _of_sleeves(series: Sequence[Bars], spec: BacktestSpec, params: Sequence[StrategyParams]) -> _Rows:
    rows = _Rows([], [], [], None, ())
    gates: list[tuple[GateSeries, ...]] = []
    for sleeve, given in zip((spec.strategy, *spec.sleeves), params, strict=True):
        strategy, chosen = load(sleeve.name), legs_of(series, sleeve)
        if isinstance(strategy, PortfolioStrategy):
            chosen = [check_prices(bars) for bars in chosen]
            signals, found = signals_of_panel(chosen, strategy, given, spec)
            rows.signals.extend(signals)
            gates.extend(found)
        else:
            declared = declare(strategy, given)
            for bars in chosen:
                signal, own = signals_of(bars, sleeve.name, given, spec, declared=declared)
                rows.signals.append(signal)
                gates.append(own)
        rows.legs.extend(chosen)
        rows.sleeves.extend([sleeve] * len(chosen))
    return replace(rows, gates=gates[0])


def _targets(
    rows: _Rows, axis: Axis, spec: BacktestSpec
) -> tuple[WeightSeries, FloatArray, FloatArray, FloatArray | None]:
    """Return allocation weights, capped targets, their scaling, and what multiplies them at an order."""
    weights = weights_over_time(spec.portfolio.allocation, axis.closes(), axis.session)
    asked = axis.carry(rows.signals, 0.0) * weights.weights
    asked *= np.array([sleeve.weight for sleeve in rows.sleeves]).reshape(-1, 1)
    gear = _gearing(rows, axis, spec)
    if spec.sizing.name not in _SHARES:
        # What these rules ask for depends on the account: room by rank keeps the gross limit.
        _refuse_caps(spec)
        return weights, asked, np.ones(axis.time.size), gear
    size = spec.sizing.fraction if isinstance(spec.sizing, FixedFraction) else 1.0
    if size == 0.0:
        return weights, asked, np.ones(axis.time.size), gear
    exposure = asked * size if gear is None else asked * size * gear
    symbols = [leg.symbol for leg in axis.legs]
    capped, scaling = cap_targets(exposure, symbols, spec.portfolio, spec.execution.max_leverage)
    if gear is None:
        return weights, capped / size, scaling, None
    # A gearing that moves every bar must not cause an order every bar: the cut goes into the gearing.
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(exposure == 0.0, 1.0, capped / exposure)
    return weights, asked, scaling, gear * kept


def _refuse_caps(spec: BacktestSpec) -> None:
    for name in ("max_name", "max_group", "max_net"):
        value = getattr(spec.portfolio, name)
        if value is not None:
            raise InputError(
                f"a cap on exposure does not go with sizing by {spec.sizing.name}",
                field=f"portfolio.{name}", value=value,
                hint="Use fixed_fraction or volatility_target, or max_positions and max_leverage",
            )  # fmt: skip


def _gearing(rows: _Rows, axis: Axis, spec: BacktestSpec) -> FloatArray | None:
    own = [spec.sizing.gearing(leg, spec.periods_per_year) for leg in axis.legs]
    known = [series for series in own if series is not None]
    volatility = axis.carry(known, 0.0) if known else None
    if rows.gears is None:
        return volatility
    shares = axis.carry(rows.gears, 0.0)
    # The legs of a formula are sized together: by the most volatile estimate among them.
    return shares if volatility is None else shares * volatility.min(axis=0)


def _gates(gates: tuple[GateSeries, ...], axis: Axis, first: int, stop: int) -> tuple[GateSeries, ...]:
    """Return the first leg's gates on the bars of its own that lie in ``first:stop`` of the axis."""
    begin, end = np.searchsorted(axis.positions[0], (first, stop)).tolist()
    return cut_gates(gates, begin, end)


def _within(leg: Bars, axis: Bars, n: int) -> Bars:
    """Return the bars of a leg that lie in the run."""
    if len(leg) == n and leg.time[0] == axis.time[0] and leg.time[-1] == axis.time[n - 1]:
        return leg
    first = int(np.searchsorted(leg.time, axis.time[0]))
    stop = int(np.searchsorted(leg.time, axis.time[n - 1], side="right"))
    return leg if (first, stop) == (0, len(leg)) else leg.slice(first, stop)


def _cut_weights(weights: WeightSeries, first: int, stop: int) -> WeightSeries:
    at = weights.recomputed
    kept: npt.NDArray[np.int64] = at[(at >= first) & (at < stop)] - first
    return WeightSeries(weights.weights[:, first:stop], kept)
