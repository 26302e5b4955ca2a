"""Rule 2 for instruments that a strategy reads and does not trade: joined as of each close, never later."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.references import as_of, joined
from engine.backtest.run import instruments_of, run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.errors import InputError
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.studies.each import run_each
from engine.studies.sweep import sweep_here
from tests.conformance.series import random_walk

HOUR = NS_PER_DAY // 24


def bars_at(symbol, closes_at, close, timeframe="1d", **columns):
    """Bars whose four prices are the close, at instants given in nanoseconds."""
    time, close = np.asarray(closes_at, np.int64), np.asarray(close, float)
    return Bars(
        Instrument(symbol), Timeframe.parse(timeframe), time, close, close, close, close, np.ones(close.size),
        (time - 1) // NS_PER_DAY, columns,
    )  # fmt: skip


def walk(symbol, seed, n=400, late=0):
    """A random walk whose bars close ``late`` nanoseconds after midnight."""
    bars = random_walk(n, seed)
    return dataclasses.replace(bars, instrument=Instrument(symbol), time=bars.time + late, columns={})


METAL, MINERS, OTHER = walk("METAL", 21), walk("MINERS", 22), walk("OTHER", 23)


def spec_of(reference="METAL", **changes):
    params = {"reference": reference, "length": 10, "threshold": 1.0} | changes.pop("params", {})
    return BacktestSpec(strategy="intermarket_zscore", params=params, costs={"slippage_bps": 5}, **changes)


def ratio_column(bars, other):
    """The same bars with the other's closes as a column of the file: bars of one calendar."""
    return dataclasses.replace(bars, columns={other.symbol: other.close})


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_that_the_joined_close_is_the_last_one_at_or_before_the_close_of_the_bar_rule_2(data):
    own = np.cumsum(data.draw(st.lists(st.integers(1, 5 * 24), min_size=1, max_size=30))) * HOUR
    theirs = np.cumsum(data.draw(st.lists(st.integers(1, 20 * 24), min_size=1, max_size=30))) * HOUR
    bars = bars_at("A", own, np.ones(own.size))
    found = as_of(bars, bars_at("B", theirs, np.arange(theirs.size) + 1.0))
    for t, value in zip(own, found, strict=True):
        known = [(at, k + 1.0) for k, at in enumerate(theirs) if at <= t and t - at <= 10 * NS_PER_DAY]
        np.testing.assert_equal(value, known[-1][1] if known else np.nan)


def test_that_a_close_one_nanosecond_later_is_not_known():
    bars = bars_at("A", [10 * HOUR, 34 * HOUR], [1, 1])
    on_time, late = ([10 * HOUR + late, 34 * HOUR + late] for late in (0, 1))
    np.testing.assert_array_equal(as_of(bars, bars_at("B", on_time, [5, 6])), [5, 6])
    np.testing.assert_array_equal(as_of(bars, bars_at("B", late, [5, 6])), [np.nan, 5])


def test_that_a_reference_that_has_ended_has_no_price():
    bars = bars_at("A", np.arange(1, 31) * NS_PER_DAY, np.ones(30))
    found = as_of(bars, bars_at("B", [1 * NS_PER_DAY, 2 * NS_PER_DAY], [5, 6]))
    assert found[11] == 6.0
    assert np.isnan(found[12:]).all()
    monthly = as_of(bars, bars_at("B", [1 * NS_PER_DAY], [5], "1mo"))
    assert (monthly == 5.0).all()


@pytest.mark.parametrize("seed", range(3))
def test_that_later_bars_of_the_reference_change_nothing_before_them(seed):
    rng = np.random.default_rng(seed)
    bars, other = walk("A", seed), walk("B", seed + 10, late=7 * HOUR)
    whole = as_of(bars, other)
    for cut in rng.integers(1, 400, 20):
        until = bars.time[cut]
        known = other.slice(0, int(np.searchsorted(other.time, until, side="right")))
        np.testing.assert_array_equal(as_of(bars.slice(0, cut + 1), known), whole[: cut + 1])


def test_that_the_reference_is_read_and_not_traded():
    result = run_backtest([MINERS, METAL], spec_of())
    assert result.bars.symbol == "MINERS"
    np.testing.assert_array_equal(result.bars.columns["METAL"], METAL.close)
    assert result.trades.size
    as_column = run_backtest(ratio_column(MINERS, METAL), spec_of())
    np.testing.assert_array_equal(result.equity, as_column.equity)
    assert result.receipt == as_column.receipt


def test_that_the_order_of_the_instruments_does_not_matter_and_symbols_may_name_both():
    given_either_way = run_backtest([METAL, MINERS], spec_of())
    chosen = run_backtest([OTHER, METAL, MINERS], spec_of(data={"symbols": ["MINERS", "METAL"]}))
    np.testing.assert_array_equal(given_either_way.equity, chosen.equity)


def test_that_a_kept_run_can_be_run_again_on_its_own_bars():
    spec = spec_of(data={"symbols": ["MINERS", "METAL"]})
    first = run_backtest([METAL, MINERS], spec)
    again = run_backtest(first.bars, first.spec)
    assert again.receipt == first.receipt
    np.testing.assert_array_equal(again.equity, first.equity)


def test_that_strategy_symbols_say_what_is_traded():
    strategy = {"name": "intermarket_zscore", "params": {"reference": "METAL", "length": 10, "threshold": 1.0}}
    only = run_backtest([MINERS, METAL, OTHER], BacktestSpec(strategy=strategy | {"symbols": ["OTHER"]}))
    assert only.bars.symbol == "OTHER"
    both = run_backtest([MINERS, METAL, OTHER], BacktestSpec(strategy=strategy))
    assert [leg.symbol for leg in both.legs] == ["MINERS", "OTHER"]
    named = run_backtest([MINERS, METAL], BacktestSpec(strategy=strategy | {"symbols": ["MINERS", "METAL"]}))
    assert [leg.symbol for leg in named.legs] == ["MINERS", "METAL"]
    assert not named.signals[1].any()  # METAL / METAL never leaves its mean


def test_that_one_strategy_may_trade_what_another_reads():
    spec = spec_of(sleeves=[{"name": "ema_cross", "symbols": ["METAL"]}])
    result = run_backtest([MINERS, METAL], spec)
    assert [(leg.symbol, name) for leg, name in zip(result.legs, result.sleeves, strict=True)] == [
        ("MINERS", "intermarket_zscore"), ("METAL", "ema_cross"),
    ]  # fmt: skip
    alone = run_backtest([MINERS, METAL], spec_of())
    np.testing.assert_array_equal(np.sign(result.signals[0]), np.sign(alone.signals))


def test_that_a_column_of_the_data_file_wins():
    columns = {"METAL": np.full(len(MINERS), 2.0)}
    own = dataclasses.replace(MINERS, columns=columns)
    assert joined(own, ["METAL"], [own, METAL]) is own
    plain = run_backtest(own, spec_of())
    beside = run_backtest([own, METAL], spec_of())
    np.testing.assert_array_equal(plain.equity, beside.equity)


def test_that_nothing_left_to_trade_is_told():
    with pytest.raises(InputError, match="'METAL' is only read as a reference, and nothing is left to trade") as caught:
        run_backtest(METAL, spec_of())
    assert caught.value.field == "strategy.symbols"


def test_that_a_reference_that_is_nowhere_is_told():
    with pytest.raises(InputError, match="no column 'METLA' in the data of MINERS"):
        run_backtest(MINERS, spec_of("METLA"))


def test_that_a_formula_is_not_set_beside_another_instrument():
    with pytest.raises(InputError, match=r"reads nothing beside it, was to read 'OTHER'. Write OTHER into the formula"):
        run_backtest([MINERS, METAL, OTHER], spec_of("OTHER", data={"formula": "MINERS - 0.2*METAL"}))
    alone = run_backtest([MINERS, METAL, OTHER], spec_of("", data={"formula": "MINERS / METAL"}))
    assert [leg.symbol for leg in alone.legs] == ["MINERS", "METAL"]


def test_that_other_calendars_and_bar_lengths_can_be_a_reference():
    weekly = METAL.slice(0, 400)
    weekly = bars_at("METAL", weekly.time[6::7] + 3 * HOUR, weekly.close[6::7], "1wk")
    result = run_backtest([MINERS, weekly], spec_of())
    np.testing.assert_array_equal(result.bars.columns["METAL"], as_of(MINERS, weekly))
    assert result.signals.any()


@pytest.mark.parametrize("candles", [{"timeframe": "1wk"}, {"kind": "heikin_ashi"}, {"kind": "renko", "brick_size": 1.0}])
def test_that_derived_candles_keep_the_reference(candles):
    result = run_backtest([MINERS, METAL], spec_of(data={"candles": candles}, params={"length": 5}))
    assert result.signals.any()


def test_that_a_date_range_and_a_test_part_keep_the_reference():
    whole = run_backtest([MINERS, METAL], spec_of())
    part = run_backtest([MINERS, METAL], spec_of(data={"train_split": 0.5, "run_mode": "test"}))
    np.testing.assert_array_equal(part.signals, whole.signals[200:])
    dated = run_backtest([MINERS, METAL], spec_of(data={"start": "1998-01-01"}))
    assert dated.bars.columns["METAL"].size == len(dated.bars)


def test_that_every_cell_of_a_sweep_equals_its_own_run():
    study = sweep_here([MINERS, METAL], spec_of(), {"length": [5, 10, 20], "threshold": [1.0, 2.0]})
    assert not study.errors
    assert instruments_of([MINERS, METAL], spec_of())[0].symbol == "MINERS"
    for cell in range(len(study)):
        run = run_backtest([MINERS, METAL], study.cell_spec(cell))
        assert run.metrics["total_return"] == study.metrics["total_return"][cell]
        assert run.metrics["trades"] == study.metrics["trades"][cell]


def test_that_the_reference_itself_can_be_an_axis():
    spec = spec_of().replace(strategy={"name": "intermarket_zscore", "symbols": ["MINERS"], "params": {"length": 10}})
    study = sweep_here([MINERS, METAL, OTHER], spec, {"reference": ["", "METAL", "OTHER", "NONE"]})
    assert list(study.errors) == [3]
    assert "no column 'NONE'" in study.errors[3]
    for cell in range(3):
        run = run_backtest([MINERS, METAL, OTHER], study.cell_spec(cell))
        assert run.metrics["final_equity"] == study.metrics["final_equity"][cell]


def test_that_accounts_of_their_own_read_the_reference_too():
    found = run_each([MINERS, METAL, OTHER], spec_of())
    assert found.symbols == ("MINERS", "OTHER")
    assert not found.errors
    for row, bars in enumerate((MINERS, OTHER)):
        assert run_backtest([bars, METAL], spec_of()).metrics["final_equity"] == found.metrics["final_equity"][row]


def test_that_the_example_of_the_rules_holds():
    monday = 19_723 * NS_PER_DAY
    share = bars_at("SHARE", [monday + 21 * HOUR, monday + 45 * HOUR], [10, 11])
    metal = bars_at("METAL", [monday + 22 * HOUR, monday + 46 * HOUR], [50, 51])
    [traded] = instruments_of([share, metal], spec_of())
    assert traded.symbol == "SHARE"
    np.testing.assert_array_equal(traded.columns["METAL"], [np.nan, 50.0])


def test_that_a_date_range_knows_the_close_of_a_reference_before_it():
    """The miners close an hour before the metal: at their first close of a range its last one is a day old."""
    early = dataclasses.replace(MINERS, time=MINERS.time - HOUR)
    whole = run_backtest([early, METAL], spec_of())
    for start in range(40, 80):
        spec = spec_of(data={"start": str(np.datetime64(int(early.session[start]), "D"))})
        dated, each = run_backtest([early, METAL], spec), run_each([early, METAL], spec)
        np.testing.assert_array_equal(dated.bars.columns["METAL"], whole.bars.columns["METAL"][start:])
        assert dated.metrics["final_equity"] == each.metrics["final_equity"][0]


def test_that_a_reference_alone_is_refused_whatever_the_strategy_shall_trade():
    for symbols, told in (((), "the instrument to trade"), (("GOLD",), "GOLD")):
        spec = BacktestSpec(
            strategy={"name": "intermarket_zscore", "params": {"reference": "METAL"}, "symbols": symbols}
        )
        with pytest.raises(InputError, match="nothing is left to trade") as caught:
            run_backtest(METAL, spec)
        assert f"Load {told} too" in str(caught.value)
