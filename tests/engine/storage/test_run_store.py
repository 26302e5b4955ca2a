"""The run store: what is kept comes back bit for bit, from any number of writers."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import InputError, StorageError
from engine.core.instrument import AssetClass, Instrument
from engine.storage.run_store import RunStore
from tests.engine.storage.conftest import NOW, a_result, later
from tests.fakes.prices import random_bars

ARRAYS = ("equity", "signals", "positions", "orders", "trades")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def assert_same(one, other):
    for name in ARRAYS:
        left, right = getattr(one, name), getattr(other, name)
        assert left.dtype == right.dtype
        assert left.tobytes() == right.tobytes(), name
    assert one.metrics.keys() == other.metrics.keys()
    assert np.array(list(one.metrics.values())).tobytes() == np.array(list(other.metrics.values())).tobytes()
    assert [type(value) for value in one.metrics.values()] == [type(value) for value in other.metrics.values()]
    assert (one.spec, one.receipt, one.warnings) == (other.spec, other.receipt, other.warnings)
    assert one.bars.digest == other.bars.digest
    assert (one.bars.instrument, one.bars.timeframe) == (other.bars.instrument, other.bars.timeframe)
    assert one.bars.session.tobytes() == other.bars.session.tobytes()


# -- keeping and loading ------------------------------------------------------------------------------


def test_that_a_run_comes_back_bit_for_bit_in_another_program(store):
    result = a_result()
    run_id = store.save(result, now=NOW)
    assert run_id == result.run_id
    assert_same(RunStore(store.folder).load(run_id), result)


def test_that_a_run_with_stops_costs_columns_and_no_trades_comes_back(store):
    bars = random_bars(300, seed=3, sentiment=np.where(np.arange(300) % 7, 0.5, np.nan))
    with_stops = a_result(bars=bars, execution={"stop_loss": 0.02, "close_at_end": True}, costs={"commission_bps": 3})
    flat = a_result(50, 350, bars=bars)
    assert len(flat.trades) == 0
    for result in (with_stops, flat):
        assert_same(store.load(store.save(result, now=NOW)), result)
    assert list(store.load(flat.run_id).bars.columns) == ["sentiment"]


def test_that_numbers_that_compare_equal_keep_their_bits(store):
    odd = np.array([0.0, -0.0, np.nan, -np.nan, 1e-310, np.inf])
    result = a_result()
    equity = np.concatenate((odd, result.equity[odd.size :]))
    result = replace(result, equity=equity, metrics={**result.metrics, "profit_factor": float("inf"), "trades": 7})
    assert_same(store.load(store.save(result, now=NOW)), result)


def test_that_a_liquidated_run_that_is_shorter_than_its_bars_comes_back(store):
    result = a_result()
    short = replace(result, **{name: getattr(result, name)[:100] for name in ("equity", "signals", "positions")})
    assert_same(store.load(store.save(short, now=NOW)), short)


def test_that_runs_on_the_same_prices_share_one_file_and_one_object(store):
    first, second = (store.save(a_result(fast), now=NOW) for fast in (5, 6))
    assert len(list((store.folder / "bars").iterdir())) == 1
    fresh = RunStore(store.folder)
    assert fresh.load(first).bars is fresh.load(second).bars


def test_that_prices_that_differ_only_in_their_instrument_keep_it(store):
    plain = random_bars()
    crypto = replace(plain, instrument=Instrument("TEST", AssetClass.CRYPTO))
    assert plain.digest == crypto.digest
    results = [a_result(bars=plain), a_result(bars=crypto)]
    assert results[0].receipt != results[1].receipt
    for result in results:
        assert_same(store.load(store.save(result, now=NOW)), result)


def test_that_the_same_run_again_counts_up_and_keeps_its_first_time(store):
    result = a_result()
    for minutes, note in ((0, "first"), (5, "")):
        store.save(result, now=later(minutes), note=note)
    (summary,) = store.summaries()
    assert (summary.created, summary.last_run, summary.count, summary.note) == (NOW, later(5), 2, "first")


def test_that_a_time_without_zone_is_refused(store):
    with pytest.raises(InputError, match="time zone"):
        store.save(a_result(), now=dt.datetime(2024, 1, 1))  # noqa: DTZ001
    assert not store.folder.exists()


def test_that_a_run_folder_holds_a_spec_that_can_be_run_again(store):
    result = a_result()
    folder = store.folder / "results" / store.save(result, now=NOW)
    assert sorted(path.name for path in folder.iterdir()) == [
        "journal.json", "metrics.json", "orders.parquet", "record.json", "series.parquet", "spec.yaml", "trades.parquet",
    ]  # fmt: skip
    assert type(result.spec).read(folder / "spec.yaml") == result.spec


# -- finding ------------------------------------------------------------------------------------------


def test_that_a_summary_says_what_was_run_and_what_came_out(store):
    bars = random_bars()
    result = a_result(bars=bars)
    store.save(result, now=NOW, note="a note")
    (summary,) = store.summaries()
    assert (summary.run_id, summary.receipt) == (result.run_id, result.receipt)
    assert (summary.strategy, summary.params) == ("ema_cross", "fast=5, slow=20")
    assert (summary.symbol, summary.timeframe, summary.bars) == ("TEST", "1d", 400)
    assert (summary.start, summary.end) == (bars.label(0), bars.label(399))
    for name in ("total_return", "cagr", "sharpe", "max_drawdown", "trades"):
        assert getattr(summary, name) == result.metrics[name]
    assert (summary.note, summary.starred) == ("a note", False)


def test_that_an_empty_store_has_no_runs_and_makes_no_files(store):
    assert store.summaries() == []
    assert store.find("sha256:none") is None
    store.delete("none")
    assert not store.folder.exists()


def test_that_runs_are_found_by_receipt(store):
    result = a_result()
    store.save(result, now=NOW)
    assert store.find(result.receipt).run_id == result.run_id
    assert store.find("sha256:other") is None


@pytest.fixture
def filled(store):
    """Runs a, b and c: two symbols, two strategies, known Sharpe ratios."""
    results = {
        "a": replace(a_result(3, 30), metrics={"sharpe": 0.5, "max_drawdown": -0.3, "trades": 10.0}),
        "b": replace(a_result(10, 50, bars=random_bars(symbol="ES=F")), metrics={"sharpe": 1.5, "max_drawdown": -0.1}),
        "c": replace(a_result(strategy="buy_and_hold"), metrics={"sharpe": float("nan"), "trades": 0.0}),
    }
    ids = {store.save(result, now=later(at), note=f"Note {key}"): key for at, (key, result) in enumerate(results.items())}
    store.set_star(next(iter(ids)), starred=True)
    return lambda search, limit=100: "".join(ids[one.run_id] for one in store.summaries(search, limit))


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", "cba"), ("ema", "ba"), ("EMA test", "a"), ("note", "cba"), ('"note b"', "b"), ("100%", ""), ("_", "cba"),
        ("symbol:es=f", "b"), ("ES=F", "b"), ("symbol!=TEST", "b"), ("strategy:buy", "c"), ("note:b", "b"),
        ("timeframe:1d", "cba"), ("sharpe>0.8", "b"), ("sharpe<=0.5", "a"), ("sharpe>", "cba"),
        ("max_drawdown>-20%", "b"), ("trades=10", "a"), ("trades:0", "c"), ("fast>=10", "b"), ("fast:3", "a"), ("fast=1", ""),
        ("slow<40 sharpe>0", "a"), ("starred:yes", "a"), ("is:starred", "a"), ("starred:no", "cb"),
        ("created:2024-05-01", "cba"), ("created>2024-05-01", ""), ("created>2024-05-01T12:30", "cb"), ("bars:400", "cba"),
        ("nothing:5", ""), ("it's ; DROP TABLE runs", ""), ("x'\"y:\"", ""),
    ],
)  # fmt: skip
def test_that_search_finds_by_words_fields_metrics_and_parameters(filled, search, found):
    assert filled(search) == found


def test_that_the_latest_runs_come_first_and_no_more_than_asked(filled):
    assert filled("", 2) == "cb"


# -- changing -----------------------------------------------------------------------------------------


def test_that_notes_and_stars_are_kept_and_found(store):
    run_id = store.save(a_result(), now=NOW)
    store.set_note(run_id, "Größe 50 %")
    store.set_star(run_id, starred=True)
    (summary,) = RunStore(store.folder).summaries("größe starred:yes")
    assert (summary.note, summary.starred, summary.last_run) == ("Größe 50 %", True, NOW)


@pytest.mark.parametrize("name", ["none", "", "..", "../bars"])
def test_that_an_unknown_run_is_told(store, name):
    store.save(a_result(), now=NOW)
    with pytest.raises(InputError, match="no run"):
        store.load(name)
    with pytest.raises(InputError, match="no run"):
        store.set_note(name, "x")


def test_that_deleting_removes_the_run_and_prices_that_no_other_run_uses(store):
    first, second = (store.save(a_result(fast), now=NOW) for fast in (5, 6))
    store.delete(first)
    assert [one.run_id for one in store.summaries()] == [second]
    assert not (store.folder / "results" / first).exists()
    assert store.load(second).bars is not None
    store.delete(second)
    store.delete(second)
    assert [name for name in files(store.folder) if "sqlite" not in name] == []


def test_that_a_path_in_place_of_an_id_deletes_nothing(store):
    store.save(a_result(), now=NOW)
    before = files(store.folder)
    for name in ("..", "../bars", "", "."):
        store.delete(name)
    assert files(store.folder) == before


# -- many writers -------------------------------------------------------------------------------------


def _write(folder, fasts):
    store = RunStore(folder)
    for at, fast in enumerate(fasts):
        store.save(a_result(fast, 40), now=later(at))


def test_that_one_writer_waits_for_the_other(store):
    store.save(a_result(), now=NOW)
    with store._index.writing():
        writer = threading.Thread(target=RunStore(store.folder).save, args=(a_result(9),), kwargs={"now": NOW})
        writer.start()
        writer.join(0.3)
        assert writer.is_alive()
        assert len(store.summaries()) == 1
    writer.join(30)
    assert len(store.summaries()) == 2


def test_that_two_processes_may_write_at_once(store):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(store.folder, range(start, start + 6))) for start in (2, 5)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0, 0]
    found = store.summaries()
    assert len(found) == 9
    assert sum(one.count for one in found) == 12
    assert len(list((store.folder / "bars").iterdir())) == 1
    for one in found:
        assert_same(store.load(one.run_id), a_result(int(one.params.split(",")[0].removeprefix("fast=")), 40))


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_that_a_killed_writer_leaves_a_store_that_works(store):
    code = (
        "import sys, itertools; from pathlib import Path; from tests.engine.storage.test_run_store import _write\n"
        "for lap in itertools.count():\n"
        "    _write(Path(sys.argv[1]), range(2 + lap, 6 + lap)); print(lap, flush=True)"
    )
    command = [sys.executable, "-c", code, str(store.folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        writer.stdout.readline()
        time.sleep(0.05)
        writer.send_signal(signal.SIGKILL)
    mended = RunStore.open(store.folder)
    found = mended.summaries()
    assert len(found) >= 4
    for one in found:
        mended.load(one.run_id)
    assert not [name for name in files(store.folder) if ".partial" in name]
    mended.save(a_result(99, 300), now=NOW)


def test_that_a_run_deleted_by_another_program_while_it_is_saved_again_is_complete(store, monkeypatch):
    result = a_result()
    store.save(result, now=NOW)
    other, keep = RunStore(store.folder), RunStore._keep_bars

    def delete_then_keep(self, prices):
        keep(self, prices)
        monkeypatch.setattr(RunStore, "_keep_bars", keep)
        os.environ.get("")
        is_known.append((store.folder / "results" / result.run_id).is_dir())

    is_known: list[bool] = []
    monkeypatch.setattr(RunStore, "_keep_bars", delete_then_keep)
    writing = store._index.writing

    def delete_first():
        monkeypatch.setattr(store._index, "writing", writing)
        other.delete(result.run_id)
        return writing()

    monkeypatch.setattr(store._index, "writing", delete_first)
    store.save(result, now=NOW)
    assert is_known == [True]
    assert_same(RunStore(store.folder).load(result.run_id), result)


def test_that_a_run_id_of_another_run_is_not_overwritten(store):
    result = a_result()
    store.save(result, now=NOW)
    twin = replace(result, receipt=result.receipt[:-4] + "0000")
    with pytest.raises(StorageError, match="another run already has the id"):
        store.save(twin, now=NOW)
    assert store.load(result.run_id).receipt == result.receipt
