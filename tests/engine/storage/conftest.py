"""Runs to keep, and small disks to fill."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess

import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from tests.fakes.prices import random_bars

NOW = dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC)


def later(minutes: int) -> dt.datetime:
    """A time after `NOW`."""
    return NOW + dt.timedelta(minutes=minutes)


def a_result(fast=5, slow=20, *, bars=None, strategy="ema_cross", **fields):
    """A run of its own for each pair of spans."""
    params = {"fast": fast, "slow": slow} if strategy == "ema_cross" else {}
    spec = BacktestSpec(strategy=strategy, params=params, **fields)
    return run_backtest(bars if bars is not None else random_bars(), spec)


def _mount(path, options):
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root")
    path.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"mount was refused: {done.stderr.decode().strip()}")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 512 kB."""
    path = tmp_path / "disk"
    _mount(path, "size=512k")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


@pytest.fixture
def read_only(tmp_path):
    """Makes a folder on a disk of its own read-only when called."""
    path = tmp_path / "locked"
    _mount(path, "size=8m")

    def lock():
        subprocess.run(["mount", "-o", "remount,ro", str(path)], check=True)

    yield path, lock
    subprocess.run(["umount", "-l", str(path)], check=True)
