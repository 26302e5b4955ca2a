"""Presets: named specs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError, StorageError
from engine.storage.presets import Presets

SPEC = BacktestSpec(
    strategy="ema_cross", params={"fast": 7, "slow": 31}, capital=12_345.67, costs={"slippage_bps": 0.1},
    data={"start": "2015-01-02"},
)  # fmt: skip


@pytest.fixture
def presets(tmp_path):
    return Presets(tmp_path / "presets")


def test_that_a_saved_preset_comes_back_equal(presets):
    presets.save("My trend (1.5 %)", SPEC)
    assert presets.load("My trend (1.5 %)") == SPEC


def test_that_a_preset_is_a_spec_file_that_the_command_line_reads(presets):
    path = presets.save("trend", SPEC)
    assert path.name == "trend.yaml"
    assert BacktestSpec.read(path) == SPEC


def test_that_names_are_sorted_without_regard_to_case_and_other_files_are_left_out(presets):
    for name in ("beta", "Alpha", "gamma"):
        presets.save(name, SPEC)
    (presets.folder / "notes.txt").write_text("")
    (presets.folder / ".hidden.yaml").write_text("")
    assert presets.names() == ["Alpha", "beta", "gamma"]


def test_that_an_empty_folder_has_no_names(presets):
    assert presets.names() == []


def test_that_deleting_removes_and_deleting_again_is_no_error(presets):
    presets.save("trend", SPEC)
    presets.delete("trend")
    presets.delete("trend")
    assert presets.names() == []


def test_that_an_unknown_name_suggests_the_nearest(presets):
    presets.save("trend", SPEC)
    with pytest.raises(InputError, match="Did you mean 'trend'"):
        presets.load("trent")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "a\\b", "a:b", "nul", "CON.txt", "com1", "x" * 81, "end.", "end ", " x", "a\nb", "-x"]
)
def test_that_a_name_that_is_no_file_name_is_refused(presets, name):
    with pytest.raises(InputError, match="cannot be the name of a preset"):
        presets.save(name, SPEC)
    assert not presets.folder.exists()


@given(st.text(max_size=90))
def test_that_no_name_leads_out_of_the_folder(tmp_path_factory, name):
    presets = Presets(tmp_path_factory.getbasetemp() / "folder")
    try:
        path = presets.path_of(name)
    except InputError:
        return
    assert path.parent == presets.folder
    assert path.name == f"{name}.yaml"


def test_that_a_damaged_preset_is_told_in_words(presets):
    presets.save("trend", SPEC).write_text("strategy: [")
    with pytest.raises(InputError, match="is not YAML"):
        presets.load("trend")


def test_that_a_full_disk_keeps_the_older_preset(small_disk):
    presets = Presets(small_disk)
    presets.save("trend", SPEC)
    (small_disk / "filler").write_bytes(bytes(400_000))
    big = SPEC.replace(strategy={"name": "ema_cross", "params": {"fast": 7, "remark": "x" * 200_000}})
    with pytest.raises(StorageError, match="the disk is full"):
        presets.save("trend", big)
    assert presets.load("trend") == SPEC
    assert presets.names() == ["trend"]
