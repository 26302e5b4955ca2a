"""Whole-file writes."""

from __future__ import annotations

import os

import pytest

from engine.core.errors import StorageError
from engine.storage.files import PARTIAL_PREFIX, place_whole, remove_partials, write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("sync", [False, True])
def test_that_a_file_is_written_with_missing_folders_and_nothing_beside_it(tmp_path, sync):
    path = tmp_path / "a" / "b" / "file.txt"
    write_whole(path, "größer\r\n", sync=sync)
    assert path.read_bytes() == "größer\r\n".encode()
    assert names(path.parent) == ["file.txt"]


def test_that_an_older_file_is_replaced(tmp_path):
    path = tmp_path / "file.bin"
    write_whole(path, b"1")
    write_whole(path, b"22")
    assert path.read_bytes() == b"22"


def test_that_the_old_content_stays_when_writing_breaks_off(tmp_path):
    path = tmp_path / "file.txt"
    write_whole(path, "old")

    def break_off(temporary):
        temporary.write_text("half of the n")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place_whole(path, break_off)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file.txt"]


def test_that_a_full_disk_is_told_in_words_and_leaves_the_old_file(small_disk):
    path = small_disk / "file.bin"
    write_whole(path, b"old")
    with pytest.raises(StorageError, match=r"the disk is full\. Free some space") as caught:
        write_whole(path, bytes(2_000_000))
    assert caught.value.where == str(path)
    assert path.read_bytes() == b"old"
    assert names(small_disk) == ["file.bin"]


def test_that_a_read_only_folder_is_told_in_words(read_only):
    folder, lock = read_only
    lock()
    with pytest.raises(StorageError, match="the folder is read-only"):
        write_whole(folder / "file.txt", "x")


def test_that_a_file_in_the_place_of_a_folder_is_told_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="a part of the path is a file"):
        write_whole(tmp_path / "file" / "below.txt", "x")


def test_that_leftovers_of_dead_processes_are_removed_and_others_stay(tmp_path):
    mine = tmp_path / f"{PARTIAL_PREFIX}{os.getpid()}-aa"
    dead_file, dead_folder = tmp_path / f"{PARTIAL_PREFIX}999999999-bb", tmp_path / f"{PARTIAL_PREFIX}999999998-cc"
    kept = tmp_path / "kept.txt"
    for path in (mine, dead_file, kept):
        path.write_text("x")
    dead_folder.mkdir()
    (dead_folder / "inside").write_text("x")

    remove_partials(tmp_path)

    assert names(tmp_path) == sorted([mine.name, kept.name])
