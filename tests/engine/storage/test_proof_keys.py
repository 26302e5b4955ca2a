"""A kept run knows which proof speaks for it: that of its source as it was then."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

import pytest

from engine.storage.run_store import RunStore
from tests.engine.storage.conftest import NOW, a_result, later

KEY = "c3" * 32


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def test_that_a_kept_run_and_its_summary_keep_the_key(store):
    run_id = store.save(replace(a_result(), proof_key=KEY), now=NOW)
    assert store.load(run_id).proof_key == KEY
    assert [one.proof_key for one in store.summaries()] == [KEY]


def test_that_the_key_is_no_part_of_the_receipt(store):
    plain = store.save(a_result(), now=NOW)
    assert store.save(replace(a_result(), proof_key=KEY), now=later(1)) == plain


def test_that_a_run_without_a_key_gets_it_when_it_is_made_again_and_keeps_it(store):
    run_id = store.save(a_result(), now=NOW)
    assert store.load(run_id).proof_key == ""
    store.save(replace(a_result(), proof_key=KEY), now=later(1))
    store.save(a_result(), now=later(2))
    assert store.load(run_id).proof_key == KEY
    store.set_star(run_id, starred=True)
    assert store.summaries()[0].proof_key == KEY


def test_that_the_key_survives_a_rebuilt_index(store):
    store.save(replace(a_result(), proof_key=KEY), now=NOW)
    (store.folder / "runs.sqlite").unlink()
    assert [one.proof_key for one in RunStore.open(store.folder).summaries()] == [KEY]


def make_old(store, run_id):
    """Take the index and the journal back to the version before proofs."""
    with sqlite3.connect(store.folder / "runs.sqlite") as connection:
        connection.execute("ALTER TABLE runs DROP COLUMN proof_key")
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    path = store.folder / "results" / run_id / "journal.json"
    journal = json.loads(path.read_text())
    del journal["proof_key"]
    path.write_text(json.dumps(journal))


def test_that_an_index_of_the_version_before_is_brought_up_to_date(store):
    run_id = store.save(a_result(), now=NOW, note="old")
    make_old(store, run_id)
    again = RunStore.open(store.folder)
    assert again.notices == ()
    assert [(one.note, one.proof_key) for one in again.summaries()] == [("old", "")]
    assert again.load(run_id).proof_key == ""
    again.save(replace(a_result(6), proof_key=KEY), now=later(1))
    assert {one.proof_key for one in RunStore(store.folder).summaries()} == {"", KEY}
