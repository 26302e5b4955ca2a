"""One account per instrument: the bits of single runs, and errors that stay with their instrument."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.errors import InputError, StrategyError
from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import Timeframe
from engine.kernels import addresses
from engine.metrics import METRIC_NAMES
from engine.strategies import registry
from engine.studies import chunks as chunks_module
from engine.studies import each as module
from engine.studies.each import run_each
from tests.engine.cases import make_bars, random_bars

COSTLY = BacktestSpec(strategy="ema_cross", params={"fast": 3, "slow": 12}, costs={"slippage_bps": 10})
SHORT = {"name": "ema_cross", "params": {"fast": 3, "slow": 8}}


def several(*sizes, first=0):
    return [random_bars(first + k, size) for k, size in enumerate(sizes)]


def with_instrument(bars, instrument):
    return Bars(
        instrument, bars.timeframe, bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume, bars.session,
        bars.columns,
    )  # fmt: skip


def check_bits(result):
    """Every metric of every instrument is the one of its own run, to the last bit."""
    for row, bars in enumerate(result.bars):
        single = run_backtest(bars, result.own_spec(row)).metrics
        own = np.array([single[name] for name in METRIC_NAMES])
        each = np.array([result.metrics[name][row] for name in METRIC_NAMES])
        assert each.tobytes() == own.tobytes(), (row, dict(zip(METRIC_NAMES, zip(each, own, strict=True), strict=True)))


@pytest.fixture
def alone(monkeypatch):
    """Symbols of the instruments that were run one by one."""
    seen = []
    run = module.run_backtest
    monkeypatch.setattr(module, "run_backtest", lambda bars, spec: (seen.append(bars.symbol), run(bars, spec))[1])
    return seen


SPECS = {
    "free": COSTLY.replace(costs={"slippage_bps": 0}),
    "costs": COSTLY.replace(costs={"commission_bps": 5, "commission_min": 1, "spread_bps": 4, "slippage_range": 0.1}),
    "accrual": COSTLY.replace(costs={"borrow_rate": 0.05, "margin_rate": 0.07}, execution={"max_leverage": 2.0}),
    "impact": COSTLY.replace(costs={"impact_bps": 30}, execution={"max_participation": 0.2}),
    "stops": COSTLY.replace(execution={"stop_loss": 0.04, "take_profit": 0.06, "lot": 1}),
    "stops in ATR": COSTLY.replace(execution={"trailing_stop": 2.0, "stop_unit": "atr", "reentry": "allowed"}),
    "calendar": COSTLY.replace(execution={"rebalance": "weekly", "fill": "next_close", "close_at_end": True}),
    "band": COSTLY.replace(execution={"rebalance": "band", "band": 0.02}, sizing={"fraction": 0.5}),
    "limit entry": COSTLY.replace(execution={"entry": "limit", "entry_distance": 0.01, "entry_bars": 3}),
    "geared": COSTLY.replace(sizing={"name": "volatility_target"}),
    "kelly": COSTLY.replace(sizing={"name": "kelly", "min_trades": 2}),
    "risk in ATR": COSTLY.replace(
        sizing={"name": "risk_per_trade"}, execution={"stop_loss": 2.0, "stop_unit": "atr", "atr_length": 30}
    ),
    "contract": COSTLY.replace(capital=1e6, data={"instrument": {"multiplier": 20.0, "asset_class": "future"}}),
    "gate": COSTLY.replace(gates=[{"name": "moving_average", "length": 20}]),
    "other strategy": BacktestSpec(strategy="turtle", params={"entry": 10, "exit": 5}),
    "no lines": BacktestSpec(strategy="buy_and_hold"),
}


@pytest.mark.parametrize("name", SPECS)
def test_that_each_instrument_has_the_bits_of_its_own_run(name, alone):
    result = run_each(several(250, 90, 251, 400), SPECS[name])
    assert result.errors == {}
    assert alone == []
    check_bits(result)


@settings(max_examples=15, deadline=None)
@given(
    sizes=st.lists(st.integers(2, 160), min_size=1, max_size=12), seed=st.integers(0, 10_000),
    room=st.sampled_from([1, 2_000, 10_000, 1_000_000]), most=st.integers(1, 5),
)  # fmt: skip
def test_that_any_lengths_and_chunks_have_the_bits_of_single_runs(sizes, seed, room, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks_module, "CHUNK_BYTES", room)
        patch.setattr(chunks_module, "MOST_IN_CHUNK", most)
        result = run_each(several(*sizes, first=seed), COSTLY)
    check_bits(result)


SLOW = {
    "longer bars": COSTLY.replace(strategy=SHORT, data={"candles": {"timeframe": "1wk"}}),
    "Heikin Ashi": COSTLY.replace(data={"candles": {"kind": "heikin_ashi"}}),
    "test part": COSTLY.replace(data={"train_split": 0.6, "run_mode": "test"}),
    "sleeves": COSTLY.replace(sleeves=[{"name": "buy_and_hold"}]),
}


@pytest.mark.parametrize("name", SLOW)
def test_that_what_does_not_compile_as_one_runs_alone(name, alone):
    result = run_each(several(250, 180), SLOW[name])
    assert alone == ["RND0", "RND1"]
    check_bits(result)


def test_that_the_error_of_one_instrument_does_not_lose_the_others(alone):
    good = several(200, 150)
    below = make_bars(np.linspace(10, -5, 60), symbol="BELOW")
    empty = random_bars(5, 10).slice(0, 0)
    result = run_each([good[0], below, empty, good[1]], COSTLY)
    assert sorted(result.errors) == [1, 2]
    assert "the price is" in result.errors[1]
    assert "no bars" in result.errors[2]
    assert alone == ["BELOW", "RND5"]
    for row in result.errors:
        assert np.isnan([result.metrics[name][row] for name in METRIC_NAMES]).all()
    only = run_each(good, COSTLY)
    for name in METRIC_NAMES:
        assert result.metrics[name][[0, 3]].tobytes() == only.metrics[name].tobytes()


def test_that_a_missing_column_is_the_error_of_its_instrument():
    signals = np.tile([0.0, 1.0, 1.0, -1.0], 10)
    series = [make_bars(np.linspace(10, 20, 40), symbol=s, columns=c) for s, c in (("A", {"target": signals}), ("B", {}))]
    result = run_each(series, BacktestSpec(strategy="external_signals"))
    assert list(result.errors) == [1]
    assert "no column 'target'" in result.errors[1]
    assert result.metrics["trades"][0] > 0


def test_that_a_target_outside_its_range_is_the_error_of_its_instrument():
    series = [
        make_bars(np.linspace(10, 20, 4), symbol=s, columns={"target": [0.0, 1.0, top, 0.0]}) for s, top in (("A", 1.5), ("B", 1.0))
    ]
    result = run_each(series, BacktestSpec(strategy="external_signals"))
    assert list(result.errors) == [0]
    assert "outside [-1, 1]" in result.errors[0]


def test_that_a_liquidated_account_ends_like_its_own_run(alone):
    # Short 3x into a rise of 60 %: nothing is left.
    fatal = np.concatenate([np.linspace(100, 80, 30), np.linspace(130, 300, 20)])
    series = [*several(120), make_bars(fatal, symbol="FATAL"), random_bars(9, 80)]
    spec = COSTLY.replace(strategy=SHORT, sizing={"fraction": 3.0}, execution={"max_leverage": 3.0})
    result = run_each(series, spec)
    assert run_backtest(series[1], spec).equity.size < 50
    assert result.metrics["final_equity"][1] <= 0.0
    assert alone == []
    check_bits(result)


def test_that_multipliers_ticks_and_calendars_are_the_instrument_s_own(alone):
    plain, future, coin = several(200, 200, 200)
    series = [
        plain, with_instrument(future, Instrument("ES", AssetClass.FUTURE, multiplier=50.0, tick_size=0.25)),
        with_instrument(coin, Instrument("BTC", AssetClass.CRYPTO)),
    ]  # fmt: skip
    result = run_each(series, COSTLY.replace(capital=1e6))
    assert alone == []
    check_bits(result)
    assert result.metrics["periods_per_year"].tolist() == [252.0, 252.0, 365.0]
    ticks = run_each(series, COSTLY.replace(capital=1e6, costs={"slippage_ticks": 1}))
    assert sorted(ticks.errors) == [0, 2]  # no tick size is known
    stocks = [with_instrument(one, Instrument(one.symbol, tick_size=size)) for one, size in zip(series, (0.01, 0.5, 0.1), strict=True)]
    check_bits(run_each(stocks, COSTLY.replace(costs={"slippage_ticks": 1})))


def test_that_bars_too_few_for_the_split_are_the_error_of_their_instrument():
    series, spec = several(100, 1), COSTLY.replace(data={"train_split": 0.5})
    with pytest.raises(InputError) as told:
        run_backtest(series[1], spec)
    assert run_each(series, spec).errors == {1: str(told.value)}


def test_that_costs_by_symbol_go_to_their_instrument(alone):
    series = several(150, 160, 170)
    costs = {"RND1": {"borrow_rate": 0.2, "impact_bps": 20}}
    result = run_each(series, COSTLY.replace(symbol_costs=costs))
    assert alone == []
    check_bits(result)
    free = run_each(series, COSTLY)
    same = result.metrics["final_equity"] == free.metrics["final_equity"]
    assert same.tolist() == [True, False, True]
    with pytest.raises(InputError, match="no prices of 'RND7'"):
        run_each(series, COSTLY.replace(symbol_costs={"RND7": {}}))


def test_that_dates_and_symbols_choose():
    series = several(200, 40, 200)
    day = str(np.datetime64(int(series[0].session[100]), "D"))
    result = run_each(series, COSTLY.replace(data={"start": day, "symbols": ["RND2", "RND1"]}))
    assert result.symbols == ("RND2", "RND1")
    assert list(result.errors) == [1]
    assert "no bars from" in result.errors[1]
    own = run_backtest(series[2], result.own_spec(0)).metrics
    assert result.metrics["sharpe"][0] == own["sharpe"]


def test_that_what_is_wrong_for_all_is_raised_once():
    series = several(30, 30)
    for wrong in ([], [1.0]):
        with pytest.raises(InputError, match="list of Bars"):
            run_each(wrong, COSTLY)
    with pytest.raises(InputError, match="unknown"):
        run_each(series, COSTLY.replace(strategy={"name": "ema_cross", "params": {"quick": 3}}))
    with pytest.raises(InputError, match="one account"):
        run_each(series, COSTLY.replace(strategy={"name": "ema_cross", "symbols": ["RND0"]}))


def test_that_tails_are_computed_when_they_are_read(monkeypatch):
    result = run_each(several(100, 120), COSTLY)
    calls = []
    run = module.run_backtest
    monkeypatch.setattr(module, "run_backtest", lambda bars, spec: (calls.append(1), run(bars, spec))[1])
    assert result.metrics["sharpe"].shape == (2,)
    assert calls == []
    assert np.isfinite(result.metrics["var_95"]).all()
    assert (result.metrics["cvar_95"] <= result.metrics["var_95"]).all()
    assert len(calls) == 2
    with pytest.raises(KeyError):
        result.metrics["luck"]


WILD = """
    from engine.indicators.moving_average import sma
    from engine.strategies import Strategy, StrategyParams, param, rule

    class Wild(Strategy):
        '''Reads beyond its prices when they are few, or decides during its warm-up.'''
        title = "Wild"
        class Params(StrategyParams):
            early: bool = param(False)
        def indicators(self, p):
            return {"mean": sma("close", 5)}
        @rule
        def decide(bars, bank, rows, params, target):
            n = bars.close.shape[0]
            if n == 77:
                target[0] = bars.close[n + 5]
            for t in range(0 if params[0] != 0.0 and n == 78 else 4, n):
                target[t] = 1.0
"""


MIXED = """
    from engine.indicators.moving_average import sma
    from engine.strategies import Strategy, StrategyParams, rule

    class Mixed(Strategy):
        '''One kind on several inputs.'''
        title = "Mixed"
        def indicators(self, p):
            return {"a": sma("high", 4), "b": sma("low", 6), "c": sma("hl2", 4), "d": sma("close", 4), "e": sma("close", 9)}
        @rule
        def decide(bars, bank, rows, params, target):
            a, b, c, d, e = bank[rows[0]], bank[rows[1]], bank[rows[2]], bank[rows[3]], bank[rows[4]]
            for t in range(8, bars.close.shape[0]):
                target[t] = 1.0 if a[t] + b[t] > 2.0 * c[t] else (-1.0 if d[t] > e[t] else 0.0)
"""


@pytest.fixture
def plugin(tmp_path):
    """Return a callable that writes a strategy file and makes it known until the test is over."""

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        registry.scan(tmp_path)
        return name

    yield write
    for file in tmp_path.glob("*.py"):
        file.unlink()
    registry.scan(tmp_path)


@pytest.fixture
def wild(plugin):
    return plugin("wild", WILD)


def test_that_every_line_reads_its_own_input(plugin, alone):
    result = run_each(several(60, 90, 80), BacktestSpec(strategy=plugin("mixed", MIXED)))
    assert alone == []
    assert (result.metrics["trades"] > 3).all()
    check_bits(result)


def test_that_a_position_built_in_many_steps_fits(alone):
    steps = np.concatenate([np.linspace(0, 1, 60), np.linspace(1, 0, 60)])
    series = [make_bars(random_bars(k, 120).close, symbol=f"S{k}", columns={"target": steps}) for k in range(3)]
    result = run_each(series, BacktestSpec(strategy="external_signals"))
    assert (result.metrics["orders"] > 100).all()
    assert alone == []
    check_bits(result)


def test_that_a_rule_that_raises_on_one_instrument_spares_the_others(wild, alone):
    result = run_each(several(60, 77, 80), BacktestSpec(strategy=wild))
    assert list(result.errors) == [1]
    assert "IndexError" in result.errors[1]
    assert alone == ["RND1", "RND2"]  # the first was done when the second failed
    assert np.isfinite(result.metrics["final_equity"][[0, 2]]).all()


def test_that_a_target_during_the_warm_up_is_refused_as_in_its_own_run(wild):
    series, spec = several(60, 78), BacktestSpec(strategy=wild, params={"early": True})
    with pytest.raises(StrategyError, match="warm-up"):
        run_backtest(series[1], spec)
    result = run_each(series, spec)
    assert list(result.errors) == [1]
    assert "warm-up" in result.errors[1]


def test_that_the_public_name_takes_intraday_bars_too():
    n = 300
    bars = random_bars(1, n)
    time = np.arange(1, n + 1) * 60_000_000_000
    minute = Bars(
        Instrument("M"), Timeframe.parse("1m"), time, bars.open, bars.high, bars.low, bars.close, bars.volume, np.zeros(n)
    )
    result = engine.run_each([minute, bars], COSTLY)
    assert isinstance(result, engine.EachResult)
    assert result.backtests_per_second > 0
    check_bits(result)


def test_that_views_at_addresses_are_the_arrays_themselves():
    bars = random_bars(3, 40)
    row = np.array([getattr(bars, name).__array_interface__["data"][0] for name in ("open", "high", "low", "close", "volume", "time", "session")])
    prices = addresses.prices_at(row, 40)
    for name in prices._fields:
        seen = getattr(prices, name)
        assert np.shares_memory(seen, getattr(bars, name))
        assert not seen.flags.writeable
        np.testing.assert_array_equal(seen, getattr(bars, name))
    assert addresses.row_at(row[0], 40).shape == (1, 40)
    flags = np.array([1, 0, 1], np.uint8)
    assert addresses.flags_at(flags.__array_interface__["data"][0], 3).tolist() == [[1, 0, 1]]
