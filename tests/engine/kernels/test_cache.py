"""The folder of numba's disk cache: writable, private, the same from every launch folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.kernels import cache

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def frozen(monkeypatch, tmp_path):
    """The surroundings of the frozen app; returns the user's cache home."""
    home = tmp_path / "cache"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setattr(cache, "_NUMBA_CONFIG", "no.such.module")
    monkeypatch.setenv(cache.VARIABLE, "")
    return home


@pytest.mark.skipif(sys.platform != "linux", reason="the user's cache folder has another name elsewhere")
def test_that_the_frozen_app_keeps_kernels_in_the_users_cache(frozen):
    assert cache.use_writable_folder() == frozen / "ivybt" / "numba"
    assert os.environ[cache.VARIABLE] == str(frozen / "ivybt" / "numba")


def test_that_an_unwritable_home_leads_to_the_temporary_folder(frozen, monkeypatch, tmp_path):
    frozen.write_text("a file, so nothing can be made below it")
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path))
    folder = cache.use_writable_folder()
    assert folder is not None
    assert folder.parent == tmp_path
    assert not list(folder.iterdir())


def test_that_a_folder_set_by_the_user_comes_first(frozen, monkeypatch, tmp_path):
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "mine"))
    assert cache.use_writable_folder() == tmp_path / "mine"


def test_that_a_numba_that_was_imported_earlier_is_told(frozen, monkeypatch):
    config = SimpleNamespace(CACHE_DIR="")
    monkeypatch.setitem(sys.modules, "stand_in_config", config)
    monkeypatch.setattr(cache, "_NUMBA_CONFIG", "stand_in_config")
    folder = cache.use_writable_folder()
    assert str(folder) == config.CACHE_DIR


def test_that_a_checkout_keeps_numbas_own_choice(monkeypatch):
    monkeypatch.setenv(cache.VARIABLE, "")
    assert cache.use_writable_folder() is None
    assert cache.VARIABLE not in os.environ


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes of folders")
def test_that_a_folder_that_others_may_write_is_refused(tmp_path):
    assert cache.is_writable(tmp_path / "own")
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700
    (tmp_path / "own").chmod(0o777)
    assert not cache.is_writable(tmp_path / "own")


PROGRAM = """
import sys
sys.frozen = True
from engine.strategies import load
stats = load("ema_cross").decide.compiled.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


@pytest.mark.slow
def test_that_a_kernel_is_found_again_from_another_launch_folder(tmp_path):
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    environment = {
        "HOME": str(nowhere), "XDG_CACHE_HOME": str(nowhere), "TMPDIR": str(tmp_path),
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    told = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=tmp_path / name, env=environment, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        told.append(done.stdout.split())
        assert not list((tmp_path / name).iterdir())
    assert told == [["0", "1"], ["1", "0"]]
