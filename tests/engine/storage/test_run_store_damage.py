"""The run store when files are damaged, the disk is full or the folder is read-only."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from engine.core.errors import StorageError
from engine.storage.run_store import RunStore
from tests.engine.storage.conftest import NOW, a_result, later
from tests.fakes.prices import random_bars


@pytest.fixture
def store(tmp_path):
    made = RunStore(tmp_path / "runs")
    for minutes, fast in enumerate((5, 6, 7)):
        made.save(a_result(fast), now=later(minutes), note=f"number {fast}")
    made.set_star(a_result(6).run_id, starred=True)
    made.save(a_result(7), now=later(9))
    return made


def index_of(store):
    return store.folder / "runs.sqlite"


def ruin(path, how):
    if how == "text":
        path.write_text("this is no database" * 100)
    elif how == "empty table":
        path.unlink()
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 1")
        connection.close()
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    elif how == "overwritten":
        data = bytearray(path.read_bytes())
        data[200:4000] = b"\xff" * 3800
        path.write_bytes(data)


@pytest.mark.parametrize("how", ["text", "cut", "overwritten", "empty table"])
def test_that_a_damaged_index_is_told_moved_aside_and_rebuilt(store, how):
    before = store.summaries()
    ruin(index_of(store), how)
    with pytest.raises(StorageError, match="the run index is damaged") as caught:
        RunStore(store.folder).summaries()
    assert caught.value.where == str(index_of(store))
    assert "Start IvyBT again" in caught.value.hint

    mended = RunStore.open(store.folder)

    assert len(mended.notices) == 1
    assert "runs.sqlite.corrupt-1 and rebuilt" in mended.notices[0]
    assert (store.folder / "runs.sqlite.corrupt-1").is_file()
    assert mended.summaries() == before
    assert RunStore.open(store.folder).notices == ()


def test_that_a_second_damage_keeps_the_first_file(store):
    for number in (1, 2):
        index_of(store).write_text("no database")
        RunStore.open(store.folder)
        assert (store.folder / f"runs.sqlite.corrupt-{number}").is_file()


def test_that_a_lost_index_is_rebuilt(store):
    before = store.summaries()
    index_of(store).unlink()
    assert RunStore.open(store.folder).summaries() == before


def test_that_opening_a_sound_store_or_none_says_nothing(store, tmp_path):
    assert RunStore.open(store.folder).notices == ()
    assert RunStore.open(tmp_path / "none").notices == ()
    assert not (tmp_path / "none").exists()


def test_that_a_run_whose_files_are_gone_is_taken_off_the_list_and_told(store):
    gone = a_result(5).run_id
    shutil.rmtree(store.folder / "results" / gone)
    mended = RunStore.open(store.folder)
    assert mended.notices == (f"The files of run {gone} are gone; it was taken off the list.",)
    assert gone not in {one.run_id for one in mended.summaries()}


def test_that_a_run_that_a_killed_process_left_out_of_the_index_is_added(store):
    left_out = a_result(5).run_id
    with sqlite3.connect(index_of(store)) as connection:
        connection.execute("DELETE FROM runs WHERE run_id = ?", (left_out,))
    connection.close()
    RunStore.open(store.folder)
    assert left_out in {one.run_id for one in store.summaries("number")}


def test_that_an_unreadable_run_is_told_and_the_others_are_listed(store):
    broken = a_result(5).run_id
    (store.folder / "results" / broken / "record.json").write_text("{")
    index_of(store).unlink()
    mended = RunStore.open(store.folder)
    assert len(mended.summaries()) == 2
    assert any(broken in notice and "record.json is not JSON" in notice for notice in mended.notices)


PARQUET = ["series.parquet", "trades.parquet", "orders.parquet"]
WRITTEN_ONCE = ["record.json", "metrics.json", "spec.yaml", *PARQUET]
DAMAGES = [(name, damage) for damage in ("missing", "text") for name in WRITTEN_ONCE]


@pytest.mark.parametrize(("name", "damage"), [*DAMAGES, *((name, "flipped") for name in PARQUET)])
def test_that_a_damaged_run_is_told_with_its_place(store, name, damage):
    run_id = a_result(5).run_id
    path = store.folder / "results" / run_id / name
    if damage == "missing":
        path.unlink()
    elif damage == "text":
        path.write_text("[not, {what: it was")
    else:
        data = bytearray(path.read_bytes())
        middle = len(data) // 3
        data[middle : middle + 16] = bytes(255 - value for value in data[middle : middle + 16])
        path.write_bytes(data)
    with pytest.raises(StorageError) as caught:
        RunStore(store.folder).load(run_id)
    assert run_id in caught.value.where
    assert caught.value.hint


def test_that_damaged_prices_are_told(store):
    (path,) = (store.folder / "bars").iterdir()
    data = bytearray(path.read_bytes())
    data[1000:1016] = bytes(16)
    path.write_bytes(data)
    with pytest.raises(StorageError, match="cannot be read"):
        RunStore(store.folder).load(a_result(5).run_id)


def test_that_an_index_of_a_newer_version_is_left_alone(store):
    with sqlite3.connect(index_of(store)) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StorageError, match="has version 99"):
        store.summaries()
    with pytest.raises(StorageError, match="has version 99"):
        RunStore.open(store.folder)


def test_that_a_full_disk_is_told_and_leaves_nothing_half_written(small_disk):
    store = RunStore(small_disk / "runs")
    kept = store.save(a_result(bars=random_bars(300)), now=NOW)
    before = sorted(path for path in small_disk.rglob("*") if path.is_file())
    with pytest.raises(StorageError, match="the disk is full"):
        store.save(a_result(bars=random_bars(20_000, seed=5)), now=NOW)
    assert sorted(path for path in small_disk.rglob("*") if path.is_file()) == before
    assert [one.run_id for one in RunStore.open(store.folder).summaries()] == [kept]


@pytest.mark.parametrize("room", range(0, 120_000, 6_000))
def test_that_a_disk_that_fills_up_at_any_point_leaves_whole_runs_only(small_disk, room):
    store = RunStore(small_disk / "runs")
    store.save(a_result(), now=NOW)
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(bytes(max(0, free - room)))
    result = a_result(9, 33, bars=random_bars(500, seed=8))
    try:
        store.save(result, now=NOW)
        is_saved = True
    except StorageError as error:
        assert "the disk is full" in str(error)  # noqa: PT017
        is_saved = False
    (small_disk / "filler").unlink()
    names = {path.name for path in (store.folder / "results").iterdir()}
    assert (result.run_id in names) == is_saved
    assert not list(small_disk.rglob(".partial*"))
    assert RunStore.open(store.folder).notices == ()
    assert len(RunStore(store.folder).summaries()) == 1 + is_saved
    store.save(result, now=NOW)
    assert store.load(result.run_id).receipt == result.receipt


def test_that_a_read_only_folder_can_be_read_and_tells_when_written(read_only):
    folder, lock = read_only
    store = RunStore(folder / "runs")
    run_id = store.save(a_result(), now=NOW)
    lock()
    with pytest.raises(StorageError, match="read-only"):
        store.save(a_result(9), now=NOW)
    with pytest.raises(StorageError, match="read-only"):
        store.set_note(run_id, "x")
    with pytest.raises(StorageError, match="read-only"):
        store.delete(run_id)
    assert [one.run_id for one in RunStore.open(store.folder).summaries()] == [run_id]
    assert RunStore(store.folder).load(run_id).run_id == run_id


def test_that_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(StorageError, match="a file, not a folder"):
        RunStore(tmp_path / "runs").save(a_result(), now=NOW)
