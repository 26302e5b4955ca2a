"""What a strategy saw and said on one leg of a run, worked out again from the result alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.backtest.market import known_from
from engine.backtest.panel_targets import weights_of
from engine.backtest.references import joined, references_of
from engine.backtest.result import BacktestResult
from engine.backtest.signals import derived_bars
from engine.backtest.spec import BacktestSpec, StrategySpec
from engine.backtest.targets import targets_of
from engine.core.bars import Bars, FloatArray, IntArray, Panel
from engine.core.errors import InputError
from engine.data.split import RunMode
from engine.regimes import GateSeries, allowed
from engine.strategies import PortfolioStrategy, Strategy, StrategyParams, load


@dataclass(frozen=True, eq=False)
class LegContext:
    """One leg of a run.

    Parameters
    ----------
    result : BacktestResult
    asset : int
    sleeve : StrategySpec
        The strategy that decided on it.
    strategy : Strategy
    params : StrategyParams
    bars : Bars
        Its own bars in the run; of a formula those of the synthetic instrument.
    full : Bars
        The same with the bars before the run's part, where they are known.
    first : int
        Bar of ``full`` at which ``bars`` begin.
    seen : Bars
        What the strategy decided on.
    index : int64[len(full)] or None
        For each bar of ``full`` the last of ``seen`` known at its close; None when they are the same.
    said : float64[len(seen)]
        Target of the strategy at each bar that it saw.
    panel : Panel or None
        What a portfolio strategy saw.
    column : int
        Column of this leg in the panel.
    weights : float64[n_bars, n_assets] or None
        What a portfolio strategy gave every leg.
    """

    result: BacktestResult
    asset: int
    sleeve: StrategySpec
    strategy: Strategy
    params: StrategyParams
    bars: Bars
    full: Bars
    first: int
    seen: Bars
    index: IntArray | None
    said: FloatArray
    panel: Panel | None = None
    column: int = 0
    weights: FloatArray | None = None

    def own_bar(self, bar: int) -> int:
        """Return the leg's last bar known at a bar of the axis; -1 before its first."""
        time = self.result.bars.time[bar]
        return int(np.searchsorted(self.bars.time, time, side="right")) - 1

    def axis_bar(self, own: int) -> int:
        """Return the bar of the run's axis at which a bar of the leg is known."""
        at = int(np.searchsorted(self.result.bars.time, self.bars.time[own]))
        return min(at, len(self.result.bars) - 1)

    def seen_bar(self, own: int) -> int:
        """Return the bar that the strategy saw last at the close of a bar of the leg; -1 when none yet."""
        at = own + self.first
        if at < 0:
            return -1
        return at if self.index is None else int(self.index[at])

    def place(self, seen: int) -> tuple[int, str]:
        """Return the axis bar from which a seen bar was known, and its stamp; -1 outside the run."""
        at = seen if self.index is None else int(np.searchsorted(self.index, seen))
        own = at - self.first
        if not 0 <= own < len(self.bars):
            return -1, self.seen.label(seen)
        bar = self.axis_bar(own)
        return bar, label_of(self.result, bar)

    def said_at(self, own: int) -> float:
        """Return what the strategy said at the close of a bar of the leg; 0 before it saw anything."""
        seen = self.seen_bar(own)
        return float(self.said[seen]) + 0.0 if seen >= 0 else 0.0

    def can_size(self, own: int) -> bool:
        """Return whether the sizing rule could size an order at that close."""
        known = known_from(self.full, self.result.spec)
        return known is None or bool(known[own + self.first])

    def gates(self) -> tuple[GateSeries, ...]:
        """Return what the gates said about the leg's bars, on ``bars``."""
        result = self.result
        if not result.spec.gates:
            return ()
        first = result.instruments[0]
        formula = result.spec.data.formula is not None
        same = first.symbol == self.bars.symbol and np.array_equal(first.time, self.bars.time)
        if result.gates and (same or (formula and result.gates[0].open.size == len(self.bars))):
            return result.gates
        from engine.backtest.run import cut_gates  # noqa: PLC0415  (only legs after the first need it)

        return cut_gates(allowed(self.full, result.spec.gates)[1], self.first, self.first + len(self.bars))


def label_of(result: BacktestResult, bar: int) -> str:
    """Return the stamp of a bar of the run's axis."""
    return result.bars.label(bar) if 0 <= bar < len(result.bars) else ""


def sleeve_of(result: BacktestResult, asset: int) -> StrategySpec:
    """Return the strategy that decided on a leg.

    The same one may stand there twice with other parameters: legs keep the order of the settings.
    """
    spec, pairs = result.spec, list(zip(result.symbols, result.sleeves, strict=False))
    if asset >= len(pairs):
        return spec.strategy
    symbol, name = pairs[asset]
    fitting = [
        sleeve for sleeve in (spec.strategy, *spec.sleeves)
        if sleeve.name == name and (not sleeve.symbols or symbol in sleeve.symbols)
    ]  # fmt: skip
    place = pairs[:asset].count((symbol, name))
    return fitting[min(place, len(fitting) - 1)] if fitting else spec.strategy


def context_of(result: BacktestResult, asset: int, history: Sequence[Bars] = ()) -> LegContext:
    """Return what the strategy of a leg saw and said.

    Parameters
    ----------
    result : BacktestResult
    asset : int
    history : sequence of Bars
        Where the bars before a test part are looked for.

    Raises
    ------
    InputError
        There is no such leg, or the strategy refuses the bars.
    StrategyError
        The strategy is gone or failed.
    """
    if not 0 <= asset < len(result.instruments):
        raise InputError(
            f"there is no leg {asset}", field="asset", value=asset,
            hint=f"The run has legs 0 to {len(result.instruments) - 1}",
        )  # fmt: skip
    sleeve, spec = sleeve_of(result, asset), result.spec
    strategy = load(sleeve.name)
    params = strategy.parse(sleeve.params)
    if isinstance(strategy, PortfolioStrategy):
        return _of_panel(result, asset, sleeve, strategy, params, history)
    bars = result.instruments[asset]
    if spec.data.formula:
        bars, full, first = _synthetic(result, history)
    else:
        full, first = whole(result, bars, history)
        # Kept bars hold what a strategy reads of other instruments as columns; the history does not yet.
        full = joined(full, references_of(sleeve), history)
    seen, index = derived_bars(full, spec)
    said = targets_of(strategy, seen, params) if len(seen) else np.zeros(0)
    return LegContext(result, asset, sleeve, strategy, params, bars, full, first, seen, index, said)


def _synthetic(result: BacktestResult, history: Sequence[Bars]) -> tuple[Bars, Bars, int]:
    from engine.data.formula import parse_formula, synthetic_bars  # noqa: PLC0415

    formula = parse_formula(result.spec.data.formula or "")
    legs = list({leg.symbol: leg for leg in result.legs}.values())
    own, _ = synthetic_bars(formula, legs)
    longer = [whole(result, leg, history)[0] for leg in legs]
    full, _ = synthetic_bars(formula, longer)
    full = joined(full, references_of(result.spec.strategy), [*longer, *history])
    return own, full, int(np.searchsorted(full.time, own.time[0]))


def _of_panel(
    result: BacktestResult, asset: int, sleeve: StrategySpec, strategy: PortfolioStrategy,
    params: StrategyParams, history: Sequence[Bars],
) -> LegContext:  # fmt: skip
    mine = [at for at in range(len(result.legs)) if sleeve_of(result, at) is sleeve]
    legs = [whole(result, result.legs[at], history) for at in mine]
    derived = [derived_bars(full, result.spec) for full, _ in legs]
    panel = Panel.align([seen for seen, _ in derived])
    weights = weights_of(strategy, panel, params)
    place = mine.index(asset)
    (full, first), (seen, index) = legs[place], derived[place]
    said = weights[np.searchsorted(panel.time, seen.time), place]
    return LegContext(
        result, asset, sleeve, strategy, params, result.legs[asset], full, first, seen, index, said, panel,
        place, weights,
    )  # fmt: skip


def whole(result: BacktestResult, own: Bars, history: Sequence[Bars]) -> tuple[Bars, int]:
    """Return a leg's bars with those before a test part, and where its own begin among them.

    A run of the test part keeps that part alone, while its strategy had seen the training part.
    """
    data = result.spec.data
    if data.run_mode is not RunMode.TEST:
        return own, 0
    for bars in history:
        first = int(np.searchsorted(bars.time, own.time[0]))
        part = bars.slice(first, min(first + len(own), len(bars)))
        if part.symbol == own.symbol and np.array_equal(part.time, own.time) and (
            np.array_equal(part.close, own.close)
        ):
            day = np.datetime64(str(data.start), "D").astype(np.int64) if data.start else bars.session[0]
            before = int(np.searchsorted(bars.session, day))
            return replace_instrument(bars.slice(before, first + len(own)), own), first - before
    return own, 0


def replace_instrument(bars: Bars, own: Bars) -> Bars:
    """Return bars with the instrument as the run's settings state it."""
    return bars if bars.instrument == own.instrument else replace(bars, instrument=own.instrument)


def is_cut(spec: BacktestSpec, first: int) -> bool:
    """Return whether a strategy had seen bars that are not there now."""
    return spec.data.run_mode is RunMode.TEST and first == 0
