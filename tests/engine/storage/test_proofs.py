"""Proofs of the Leak Lab on disk."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.leak import Finding, LeakReport, check_leaks
from engine.backtest.proof_words import LOOKS_AHEAD, PAST_ONLY, UNPROVEN, status_of
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError, StorageError
from engine.core.instrument import Instrument
from engine.storage.proofs import Proof, ProofStore, proof_on
from engine.strategies import registry
from tests.fakes.plugins import write_plugin
from tests.fakes.prices import random_bars

KEY = "a1" * 32
LEAK = LeakReport(
    leak=True, findings=(Finding("signals", 12, 1, "negative shift"), Finding("gate: hmm", 0, None, "fit")),
    warmup=-1, bars=5_000, probes=80, seconds=1.25, key=KEY,
)  # fmt: skip
CLEAN = LeakReport(leak=False, findings=(), warmup=49, bars=5_000, probes=80, seconds=0.5, key=KEY)


@pytest.fixture
def store(tmp_path):
    return ProofStore(tmp_path / "proofs")


@pytest.mark.parametrize("report", [LEAK, CLEAN], ids=["leak", "clean"])
def test_that_a_report_comes_back_equal(store, report):
    store.put(report)
    assert store.get(KEY) == report


def test_that_what_is_known_about_its_making_comes_back_too(store):
    proof = Proof(LEAK, "2024-05-01T10:00:00Z", "GOOG 1d", (5, 9), ("a", "b"))
    store.keep(proof)
    assert store.read(KEY) == proof


def test_that_a_later_report_replaces_the_earlier_one(store):
    store.put(LEAK)
    store.put(CLEAN)
    assert store.get(KEY) == CLEAN
    assert [path.name for path in store.folder.iterdir()] == [f"{KEY}.json"]


def test_that_a_key_that_was_never_checked_has_no_report_and_makes_no_folder(store, caplog):
    assert store.get(KEY) is None
    assert not store.folder.exists()
    assert not caplog.records


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"format": 2}', '{"format": 1, "report": {}}', '{"format": 1, "report": {"leak": 1}}', "\x00"],
)
def test_that_a_broken_file_is_ignored_with_a_warning(store, caplog, text):
    store.put(CLEAN)
    (store.folder / f"{KEY}.json").write_text(text)
    with caplog.at_level(logging.WARNING):
        assert store.get(KEY) is None
    assert "the check is made again" in caplog.text
    store.put(CLEAN)
    assert store.get(KEY) == CLEAN


def test_that_dates_that_do_not_fit_the_findings_make_a_file_broken(store, caplog):
    store.keep(Proof(LEAK, labels=("only one",)))
    assert store.read(KEY) is None
    assert "do not fit" in caplog.text


def test_that_a_report_is_dated_on_the_bars_within_the_dates_of_its_spec():
    bars = random_bars(300)
    spec = BacktestSpec(strategy="ema_cross", data={"end": bars.label(199)})
    found = (Finding("signals", 12, 1, "negative shift"), Finding("size", 99, None, "scaling"))
    report = LeakReport(True, found, 0, 100, 80, 0.1, KEY)
    proof = proof_on(report, (bars,), spec, dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC))
    assert proof.labels == (bars.label(112), bars.label(199))
    assert proof.times == (int(bars.time[112]), int(bars.time[199]))
    assert (proof.on, proof.made) == ("TEST 1d", "2024-05-01T12:00:00Z")


def test_that_a_file_under_a_foreign_name_does_not_speak_for_it(store, caplog):
    store.put(CLEAN)
    (store.folder / f"{KEY}.json").rename(store.folder / f"{'b2' * 32}.json")
    with caplog.at_level(logging.WARNING):
        assert store.get("b2" * 32) is None
    assert "another source" in caplog.text


@pytest.mark.parametrize("key", ["", "../escape", "xyz", "A1" * 32, f"{KEY}/x", "sha256:"])
def test_that_a_word_that_is_no_key_reads_nothing_and_is_not_written(store, key):
    (store.folder.parent / "escape.json").write_text("{}")
    assert store.get(key) is None
    with pytest.raises(InputError, match="key of a proof"):
        store.put(LeakReport(False, (), 0, 0, 0, 0.0, key))


def test_that_a_folder_that_cannot_be_written_is_told_in_words(tmp_path):
    (tmp_path / "proofs").write_text("a file")
    with pytest.raises(StorageError, match="a part of the path is a file"):
        ProofStore(tmp_path / "proofs").put(CLEAN)


def test_that_readers_never_see_half_a_file(store):
    store.put(CLEAN)
    seen = []
    stop = threading.Event()

    def read():
        while not stop.is_set():
            seen.append(store.get(KEY))

    reader = threading.Thread(target=read)
    reader.start()
    for report in (LEAK, CLEAN) * 50:
        store.put(report)
    stop.set()
    reader.join()
    assert seen
    assert all(report in (LEAK, CLEAN) for report in seen)


def test_that_the_badge_word_follows_from_the_report():
    assert status_of(None) == UNPROVEN
    assert status_of(LEAK) == LOOKS_AHEAD
    assert status_of(CLEAN) == PAST_ONLY
    raised = LeakReport(False, (), -1, 0, 0, 0.0, KEY, problem="it raised")
    assert status_of(raised) == UNPROVEN


findings = st.builds(
    Finding, st.text(max_size=20), st.integers(0, 10**9), st.none() | st.integers(1, 10**6), st.text(max_size=20)
)
reports = st.builds(
    LeakReport, leak=st.booleans(), findings=st.lists(findings, max_size=3).map(tuple),
    warmup=st.integers(-1, 10**6), bars=st.integers(0, 10**9), probes=st.integers(0, 10**4),
    seconds=st.floats(0, 1e6), key=st.just(KEY), problem=st.text(max_size=20),
)  # fmt: skip


@given(report=reports)
def test_that_any_report_survives_the_disk(tmp_path_factory, report):
    folder = tmp_path_factory.getbasetemp() / "any-proof"
    ProofStore(folder).put(report)
    assert ProofStore(folder).get(KEY) == report


def test_that_a_finding_of_an_instrument_that_begins_later_has_the_date_of_its_own_bar(tmp_path):
    write_plugin(tmp_path, "Peeking", "return np.where(np.append(bars.close[1:], 0.0) > bars.close, 1.0, -1.0)")
    registry.scan(tmp_path)
    try:
        whole = random_bars(200)
        late = replace(random_bars(200, seed=5), instrument=Instrument("LATE")).slice(100, 200)
        peeking = {"name": "peeking", "symbols": ["LATE"]}
        spec = BacktestSpec(strategy=peeking, sleeves=[{"name": "buy_and_hold", "symbols": ["TEST"]}])
        report = check_leaks((whole, late), spec, probes=12)
        proof = proof_on(report, (whole, late), spec, dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC))
        assert [found.output for found in report.findings] == ["signals of peeking"]
        assert proof.labels == (late.label(0),)
    finally:
        (tmp_path / "peeking.py").unlink()
        registry.scan(tmp_path)
