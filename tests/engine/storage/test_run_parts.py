"""Portfolios and the other parts that not every run has; runs of the first format."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import fields, replace

import numpy as np
import pytest
import yaml

from engine.core.errors import StorageError
from engine.core.instrument import symbols_text
from engine.storage import arrays
from engine.storage.run_store import RunStore
from tests.engine.storage.conftest import NOW, a_result, later
from tests.fakes.portfolio import a_portfolio, bars_on

ARRAYS = ("equity", "signals", "positions", "orders", "trades", "rejected", "scaling", "stops", "charges")
MATRICES = ("signals", "positions", "stops", "charges")


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


@pytest.fixture(scope="module")
def portfolio():
    return a_portfolio()


def assert_equal(one, other):
    """Every part has the same bits."""
    for name in ARRAYS:
        left, right = getattr(one, name), getattr(other, name)
        if left is None:
            assert right is None
            continue
        assert (left.dtype, left.shape) == (right.dtype, right.shape), name
        assert left.tobytes() == right.tobytes(), name
    assert (one.spec, one.receipt, one.warnings) == (other.spec, other.receipt, other.warnings)
    assert (one.sleeves, one.split, one.symbols) == (other.sleeves, other.split, other.symbols)
    assert [leg.digest for leg in one.legs] == [leg.digest for leg in other.legs]
    assert [leg.instrument for leg in one.legs] == [leg.instrument for leg in other.legs]
    assert one.bars.digest == other.bars.digest
    for part in ("band", "allocation"):
        assert_same_part(getattr(one, part), getattr(other, part))
    assert len(one.gates) == len(other.gates)
    for left, right in zip(one.gates, other.gates, strict=True):
        assert_same_part(left, right)


def assert_same_part(one, other):
    assert type(one) is type(other)
    for item in fields(one) if one is not None else ():
        left, right = getattr(one, item.name), getattr(other, item.name)
        if isinstance(left, np.ndarray):
            assert (left.dtype, left.tobytes()) == (right.dtype, right.tobytes()), item.name
        elif isinstance(left, dict):
            assert {k: v.tobytes() for k, v in left.items()} == {k: v.tobytes() for k, v in right.items()}
        else:
            assert left == right, item.name


def test_that_a_portfolio_with_every_part_comes_back_bit_for_bit(store, portfolio):
    run_id = store.save(portfolio, now=NOW)
    assert_equal(RunStore(store.folder).load(run_id), portfolio)


@pytest.mark.parametrize(
    "without",
    [{"band": None}, {"gates": ()}, {"allocation": None}, {"scaling": None}, {"stops": None}, {"charges": None},
     {"split": None}, {"sleeves": ()}, {"rejected": None}],
    ids=lambda without: next(iter(without)),
)  # fmt: skip
def test_that_a_part_that_is_not_there_stays_away(store, portfolio, without):
    if "rejected" in without:
        without = {"rejected": portfolio.rejected[:0]}
    result = replace(portfolio, **without)
    run_id = store.save(result, now=NOW)
    assert_equal(RunStore(store.folder).load(run_id), result)


def test_that_a_portfolio_of_one_leg_keeps_its_tables(store, portfolio):
    one = {name: getattr(portfolio, name)[:1] for name in MATRICES}
    first = {name: getattr(portfolio, name) for name in ("trades", "orders", "rejected")}
    first = {name: rows[rows["asset"] == 0] for name, rows in first.items()}
    result = replace(portfolio, legs=portfolio.legs[:1], sleeves=("ema_cross",), allocation=None, **one, **first)
    run_id = store.save(result, now=NOW)
    assert_equal(RunStore(store.folder).load(run_id), result)


def test_that_a_single_run_with_stops_and_a_band_comes_back(store):
    result = a_result()
    band = a_portfolio().band
    n = result.equity.size
    curves = {name: np.resize(getattr(band, name), n) for name in ("pessimistic", "optimistic")}
    result = replace(result, stops=np.full((1, n), np.nan), band=replace(band, **curves), charges=np.ones((1, n)))
    run_id = store.save(result, now=NOW)
    assert_equal(RunStore(store.folder).load(run_id), result)
    names = {path.name for path in (store.folder / "results" / run_id).iterdir()}
    assert names.isdisjoint({"legs.parquet", "gates.parquet", "rejected.parquet"})


def test_that_prices_of_a_leg_are_kept_once_and_stay_until_the_last_run_that_uses_them_is_gone(store, portfolio):
    other = replace(
        portfolio, receipt="sha256:" + "cd" * 32, legs=(*portfolio.legs[:2], bars_on(np.arange(20_000, 20_040), "D", 9))
    )
    for result in (portfolio, other):
        store.save(result, now=NOW)
    held = {path.stem for path in (store.folder / "bars").iterdir()}
    every = {arrays.bars_key(bars) for result in (portfolio, other) for bars in (result.bars, *result.legs)}
    assert held == every
    assert len(every) == 5
    store.delete(portfolio.run_id)
    left = {path.stem for path in (store.folder / "bars").iterdir()}
    assert left == {arrays.bars_key(bars) for bars in (other.bars, *other.legs)}
    assert_equal(RunStore(store.folder).load(other.run_id), other)
    store.delete(other.run_id)
    assert not list((store.folder / "bars").iterdir())


def test_that_two_runs_share_the_objects_of_their_common_legs(store, portfolio):
    other = replace(portfolio, receipt="sha256:" + "cd" * 32)
    for result in (portfolio, other):
        store.save(result, now=NOW)
    fresh = RunStore(store.folder)
    one, two = fresh.load(portfolio.run_id), fresh.load(other.run_id)
    assert all(left is right for left, right in zip(one.legs, two.legs, strict=True))


def test_that_the_list_names_the_first_symbols_and_every_symbol_is_found(store, portfolio):
    many = tuple(replace(portfolio.legs[0], instrument=replace(portfolio.legs[0].instrument, symbol=name))
                 for name in ("SPY", "TLT", "SPY", "GLD", "EEM", "XLF"))  # fmt: skip
    result = replace(portfolio, legs=many)
    store.save(result, now=NOW)
    (summary,) = store.summaries("xlf")
    assert summary.symbol == "SPY, TLT, GLD +2"
    assert store.summaries("symbol:TLT")
    assert store.summaries("symbol:XLF")
    assert not store.summaries("symbol!=XLF")
    assert not store.summaries("symbol:QQQ")
    assert symbols_text(["SPY"]) == "SPY"
    assert symbols_text(["A", "B", "C"]) == "A, B, C"


@pytest.mark.parametrize("name", ["legs.parquet", "gates.parquet", "rejected.parquet"])
def test_that_a_missing_part_is_told_and_nothing_stands_in_for_it(store, portfolio, name):
    run_id = store.save(portfolio, now=NOW)
    (store.folder / "results" / run_id / name).unlink()
    with pytest.raises(StorageError) as caught:
        RunStore(store.folder).load(run_id)
    assert run_id in caught.value.where


OLD_SPEC = {
    "data": ("file", "start", "end", "timeframe"),
    "costs": ("commission_bps", "commission_fixed", "commission_per_unit", "commission_min", "commission_max",
              "slippage_bps", "spread_bps", "borrow_rate", "margin_rate"),
    "execution": ("fill", "rebalance", "band", "lot", "min_quantity", "min_notional", "stop_loss", "take_profit",
                  "trailing_stop", "stop_unit", "atr_length", "time_stop", "reentry", "close_at_end", "max_leverage"),
    "strategy": ("name", "params"),
}  # fmt: skip
NEW_FIELDS = ("sleeves", "gates", "symbol_costs", "portfolio")


def make_old(store, run_id):
    """Turn a kept run and the index into what the first version wrote."""
    folder = store.folder / "results" / run_id
    record = json.loads((folder / "record.json").read_text())
    record = {name: value for name, value in record.items() if name not in ("symbols", "split", "sleeves")}
    record["format"] = 1
    del record["instrument"]["multiplier"]
    (folder / "record.json").write_text(json.dumps(record))
    trades = arrays.decode(folder / "trades.parquet")
    del trades["ambiguous"]
    (folder / "trades.parquet").write_bytes(arrays.encode(trades))
    series = arrays.decode(folder / "series.parquet")
    old = {name: series[name].reshape(-1) for name in ("time", "equity", "signals", "positions")}
    (folder / "series.parquet").write_bytes(arrays.encode(old))
    spec = yaml.safe_load((folder / "spec.yaml").read_text())
    spec = {name: value for name, value in spec.items() if name not in NEW_FIELDS}
    for section, names in OLD_SPEC.items():
        spec[section] = {name: spec[section][name] for name in names}
    (folder / "spec.yaml").write_text(yaml.safe_dump(spec))
    with sqlite3.connect(store.folder / "runs.sqlite") as connection:
        connection.execute("DROP TABLE run_bars")
        connection.execute("PRAGMA user_version = 1")
    connection.close()


def test_that_runs_of_the_first_format_are_read_and_their_index_is_brought_up_to_date(store):
    result = a_result()
    run_id = store.save(result, now=NOW, note="old")
    make_old(store, run_id)
    later_store = RunStore.open(store.folder)
    assert later_store.notices == ()
    assert [one.note for one in later_store.summaries()] == ["old"]
    loaded = later_store.load(run_id)
    assert loaded.equity.tobytes() == result.equity.tobytes()
    assert not loaded.trades["ambiguous"].any()
    assert loaded.spec.to_dict() == result.spec.to_dict()
    assert (loaded.legs, loaded.band, loaded.gates, loaded.rejected.size) == ((), None, (), 0)
    # Prices of the old run are known to the new table: they stay while it uses them.
    another = later_store.save(a_result(6), now=later(1))
    later_store.delete(another)
    assert RunStore(store.folder).load(run_id).bars.digest == result.bars.digest
    later_store.delete(run_id)
    assert not list((store.folder / "bars").iterdir())


def test_that_a_run_of_a_later_format_is_left_alone(store):
    run_id = store.save(a_result(), now=NOW)
    path = store.folder / "results" / run_id / "record.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 3}))
    with pytest.raises(StorageError, match="has format 3, this IvyBT knows up to 2"):
        RunStore(store.folder).load(run_id)
