"""Portfolio strategies on one account: weights become fills; each way of running them works or says why not."""

import numpy as np
import pytest

import engine
from engine.backtest.panel_targets import weights_of
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Panel
from engine.core.errors import InputError
from engine.core.trade import Reason
from engine.storage.run_store import RunStore
from engine.strategies import load
from tests.conformance.panels import calendars, leg, ragged, walks

PAIR = {"name": "pairs_trading", "params": {"retest": None, "window": 25, "entry": 1.5}}
MOMENTUM = {"name": "cross_sectional_momentum", "params": {"lookback": 60, "skip": 5, "top": 3}}


def run(series, strategy, **fields):
    return engine.run_backtest(series, BacktestSpec.parse({"strategy": strategy, **fields}))


def pair(n=600):
    session = 15_000 + np.arange(n)
    return [leg(name, x, session) for name, x in zip(("A", "B"), walks(n, 21)[:2], strict=True)]


def weights(series, strategy):
    made = load(strategy["name"])
    return weights_of(made, Panel.align(series), made.parse(strategy["params"]))


def test_that_a_pair_is_filled_in_the_proportion_of_its_hedge_ratio():
    series = pair()
    result, target = run(series, PAIR, costs={"slippage_bps": 0}), weights(series, PAIR)
    entries = np.flatnonzero((target[1:, 0] != target[:-1, 0]) & (target[1:, 0] != 0)) + 1
    assert entries.size > 5
    opens = np.array([bars.open for bars in series])
    for bar in entries:
        if bar + 1 < len(series[0]):
            # The order of the close of a bar is filled at the next open: equity there times the weight.
            value = result.positions[:, bar + 1] * opens[:, bar + 1]
            cash = result.equity[bar + 1] - (result.positions[:, bar + 1] * [s.close[bar + 1] for s in series]).sum()
            equity = cash + value.sum()
            np.testing.assert_allclose(value / equity, target[bar], rtol=1e-9)
            hedge = -target[bar, 1] / target[bar, 0]
            np.testing.assert_allclose(-value[1] / value[0], hedge, rtol=1e-9)


def test_that_quantities_stay_fixed_while_a_pair_is_held():
    series = pair()
    result, target = run(series, PAIR), weights(series, PAIR)
    same = (target[1:-1] == target[:-2]).all(axis=1)
    np.testing.assert_array_equal(result.positions[:, 2:][:, same], result.positions[:, 1:-1][:, same])


@pytest.mark.parametrize("series", [ragged, calendars], ids=["ragged", "calendars"])
@pytest.mark.parametrize(
    "strategy",
    [
        MOMENTUM, PAIR, {"name": "market_regime_follower", "params": {"top": 3}},
        {"name": "cluster_mean_reversion", "params": {"lookback": 100, "correlation": 0.7, "entry": 1.5}},
    ],
    ids=lambda strategy: strategy["name"],
)  # fmt: skip
def test_that_profits_of_trades_sum_to_the_change_of_equity(series, strategy):
    costs = {"slippage_bps": 5, "commission_bps": 1, "borrow_rate": 0.02}
    result = run(series(), strategy, costs=costs)
    assert result.trades.size > 5
    change = result.equity[-1] - result.spec.capital
    np.testing.assert_allclose(result.trades["pnl"].sum(), change, rtol=0, atol=1e-6)
    paid = sum(result.trades[name] for name in ("commission", "slippage", "financing"))
    np.testing.assert_allclose(result.trades["gross_pnl"] - paid, result.trades["pnl"], atol=1e-9)
    assert (paid > 0).all()


def test_that_the_signals_of_a_run_are_the_weights_at_each_legs_own_bars():
    series = ragged()
    result, target = run(series, MOMENTUM), weights(series, MOMENTUM)
    own = ~np.isnan(Panel.align(series).close)
    np.testing.assert_array_equal(result.signals.T[own], target[own])
    assert (result.scaling == 1.0).all()
    assert [one.symbol for one in result.legs] == [one.symbol for one in series]


def test_that_a_leg_whose_data_end_is_closed_and_one_without_an_early_price_waits():
    series = ragged()
    result = run(series, {"name": "market_regime_follower", "params": {"top": 7, "holding": 60}})
    ended, late = ([one.symbol for one in series].index(name) for name in ("OIH", "DIA"))
    last = result.orders[result.orders["asset"] == ended][-1]
    assert last["position"] == 0.0
    assert last["reason"] in (Reason.DATA_ENDED, Reason.SIGNAL)
    assert result.orders[result.orders["asset"] == late]["fill_bar"].min() > 260


def test_that_a_training_and_a_test_part_trade_the_weights_of_the_whole():
    series = ragged()
    whole = run(series, MOMENTUM).signals
    train = run(series, MOMENTUM, data={"train_split": 0.6, "run_mode": "train"})
    later = run(series, MOMENTUM, data={"train_split": 0.6, "run_mode": "test"})
    n = len(train.bars)
    np.testing.assert_array_equal(train.signals, whole[:, :n])
    np.testing.assert_array_equal(later.signals, whole[:, n:])
    assert later.signals[:, 0].any()  # known from the bars before


def test_that_symbols_choose_the_panel_and_the_pair_follows_their_order():
    series = ragged()
    chosen = run(series, PAIR, data={"symbols": ["IWM", "SPY"]})
    assert [one.symbol for one in chosen.legs] == ["IWM", "SPY"]
    bound = run(series, PAIR | {"symbols": ["IWM", "SPY"]})
    np.testing.assert_array_equal(bound.signals[:2], chosen.signals)
    turned = run(series, PAIR | {"symbols": ["SPY", "IWM"]})
    assert [one.symbol for one in turned.legs] == ["SPY", "IWM"]
    assert (turned.signals != chosen.signals[::-1]).any()  # a regression of the other on the one


def test_that_sleeves_of_both_kinds_share_the_account():
    series = ragged()
    sleeves = [
        PAIR | {"symbols": ["SPY", "IWM"], "weight": 0.3}, {"name": "ema_cross", "symbols": ["MDY"], "weight": 0.2},
    ]  # fmt: skip
    result = run(series, MOMENTUM | {"weight": 0.5}, sleeves=sleeves)
    assert result.sleeves == ("cross_sectional_momentum",) * 8 + ("pairs_trading",) * 2 + ("ema_cross",)
    momentum, pairs = run(series, MOMENTUM).signals, run(series, PAIR | {"symbols": ["SPY", "IWM"]}).signals
    np.testing.assert_allclose(result.signals[:8], momentum * 0.5, rtol=1e-12)
    np.testing.assert_allclose(result.signals[8:10], pairs * 0.3, rtol=1e-12)
    np.testing.assert_allclose(result.trades["pnl"].sum(), result.equity[-1] - 10_000, atol=1e-6)


def test_that_a_gate_shuts_single_names_of_a_list_and_a_pair_as_a_whole():
    gates = [{"name": "moving_average", "length": 50}]
    series = pair()
    bare, gated = run(series, PAIR).signals, run(series, PAIR, gates=gates).signals
    both = np.ones(600, bool)
    for bars in series:
        mean = np.convolve(bars.close, np.full(50, 1 / 50), "valid")
        both &= np.concatenate((np.zeros(49, bool), bars.close[49:] > mean))
    np.testing.assert_array_equal(gated, np.where(both, bare, 0.0))
    assert gated.any()
    assert (gated != bare).any()
    listed = run(ragged(), MOMENTUM, gates=gates).signals
    assert ((listed != 0).sum(axis=0) < (run(ragged(), MOMENTUM).signals != 0).sum(axis=0)).any()


def test_that_a_volatility_target_waits_for_both_legs_of_a_pair():
    series = pair()
    result = run(series, PAIR, sizing={"name": "volatility_target", "length": 60})
    assert not result.signals[:, :60].any()
    assert ((result.signals[0] != 0) == (result.signals[1] != 0)).all()


def test_that_caps_and_ranking_work_on_weights():
    result = run(ragged(), MOMENTUM, portfolio={"max_name": 0.2})
    assert np.abs(result.signals).max() <= 0.2 + 1e-12
    ranked = run(ragged(), MOMENTUM, portfolio={"when_short": "rank", "rank_by": "signal", "max_positions": 2})
    assert ((ranked.positions != 0).sum(axis=0) <= 2).all()
    assert ranked.rejected.size


def test_that_longer_bars_and_heikin_ashi_are_seen_and_real_bars_filled():
    series = ragged()[:2]
    weekly = run(series, PAIR, data={"candles": {"timeframe": "1wk"}})
    at = np.flatnonzero((np.diff(weekly.signals, axis=1) != 0).any(axis=0)) + 1
    assert at.size
    # A week is known at its last close: signals change on Fridays.
    assert set(((weekly.bars.session[at] + 3) % 7).tolist()) == {4}
    smooth = run(series, PAIR, data={"candles": {"kind": "heikin_ashi"}})
    assert (smooth.signals != run(series, PAIR).signals).any()


@pytest.mark.parametrize(
    ("fields", "strategy", "field", "told"),
    [
        ({"data": {"symbols": ["SPY"]}}, MOMENTUM, "data.symbols", "needs at least 2 instruments, 1 was given"),
        ({}, MOMENTUM | {"symbols": ["SPY"]}, "strategy.symbols", "needs at least 2 instruments, 1 was given"),
        (
            {"sleeves": [MOMENTUM | {"symbols": ["SPY"]}]}, {"name": "ema_cross"}, "sleeves.0.symbols",
            "needs at least 2 instruments",
        ),
        ({"portfolio": {"allocation": "equal_weight"}}, MOMENTUM, "portfolio.allocation.name", "sets the weights itself"),
        ({"data": {"formula": "SPY - 0.5*IWM"}}, PAIR, "data.formula", "weighs several instruments, and a formula is one"),
        (
            {"data": {"candles": {"kind": "renko", "brick_size": 1}}}, PAIR, "data.candles.kind",
            "compares instruments at one time",
        ),
        (
            {}, {"name": "market_regime_follower", "params": {"reference": "SPX"}}, "strategy.params.reference",
            "no prices of the reference 'SPX'",
        ),
    ],
    ids=["symbols", "own symbols", "sleeve", "allocation", "formula", "renko", "reference"],
)  # fmt: skip
def test_that_what_cannot_be_weighed_is_refused_with_its_field(fields, strategy, field, told):
    with pytest.raises(InputError, match=told) as caught:
        run(ragged(), strategy, **fields)
    assert caught.value.field == field


def test_that_one_instrument_is_refused_by_run_sweep_and_independent_accounts():
    spec = BacktestSpec.parse({"strategy": MOMENTUM})
    with pytest.raises(InputError, match="needs at least 2 instruments, 1 was given"):
        engine.run_backtest(ragged()[0], spec)
    with pytest.raises(InputError, match="needs at least 2 instruments, 1 was given"):
        engine.sweep(ragged()[0], spec, grid={"top": [1, 2]}, workers=1)
    with pytest.raises(InputError, match="weighs several instruments on one account"):
        engine.run_each(ragged(), spec)


def test_that_bars_within_a_session_are_refused_by_the_market_follower():
    import dataclasses

    from engine.core.timeframe import Timeframe

    hourly = [dataclasses.replace(bars, timeframe=Timeframe(1, "h")) for bars in ragged()]
    with pytest.raises(InputError, match="judges whole sessions, and the bars are 1h"):
        run(hourly, {"name": "market_regime_follower", "params": {}})


def test_that_cells_of_a_sweep_equal_single_runs():
    series, spec = ragged(), BacktestSpec.parse({"strategy": MOMENTUM, "costs": {"slippage_bps": 3}})
    study = engine.sweep(series, spec, grid={"top": [1, 3], "rebalance": ["weekly", "monthly"]}, workers=1)
    assert not study.errors
    for cell in range(4):
        alone = engine.run_backtest(series, study.cell_spec(cell)).metrics
        assert study.metrics["final_equity"][cell] == alone["final_equity"]
        assert study.metrics["trades"][cell] == alone["trades"]


def test_that_a_sweep_tells_the_cells_that_cannot_run():
    spec = BacktestSpec.parse({"strategy": {"name": "market_regime_follower", "params": {}}})
    study = engine.sweep(ragged(), spec, grid={"reference": ["SPY", "NONE"]}, workers=1)
    assert list(study.errors) == [1]
    assert "no prices of the reference 'NONE'" in study.errors[1]


def test_that_a_run_is_kept_and_loaded_again(tmp_path):
    import datetime as dt

    result = run(ragged(), MOMENTUM)
    store = RunStore(tmp_path)
    store.save(result, now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    again = store.load(result.run_id)
    np.testing.assert_array_equal(again.equity, result.equity)
    np.testing.assert_array_equal(again.trades, result.trades)
    np.testing.assert_array_equal(again.signals, result.signals)
    assert again.spec == result.spec
    assert again.receipt == result.receipt


def test_that_the_receipt_knows_the_parameters_and_the_order_of_a_pair():
    series = ragged()[:2]
    assert run(series, PAIR).receipt == run(series, PAIR).receipt
    assert run(series, PAIR).receipt != run(series[::-1], PAIR).receipt
    other = {"name": "pairs_trading", "params": PAIR["params"] | {"exit": 0.25}}
    assert run(series, PAIR).receipt != run(series, other).receipt
