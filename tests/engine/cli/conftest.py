"""The command line in this process, price files to give it, and a data home of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from engine.cli import main


@dataclass(frozen=True)
class Outcome:
    """What one call of the program left: exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def document(self):
        """The JSON document on standard output; nothing else may stand there."""
        return json.loads(self.out)

    def is_refusal(self, *words: str) -> bool:
        """Exit code 2, nothing on standard output, one line on standard error that holds the words."""
        assert self.code == 2, self
        assert self.out == ""
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err, self.err
        return True


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A data home that no other test has seen."""
    folder = tmp_path / "home"
    monkeypatch.setenv("IVYBT_HOME", str(folder))
    return folder


@pytest.fixture
def ivybt(capsys, home):
    """Call the program: ``ivybt("backtest", "--json")``."""

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        streams = capsys.readouterr()
        return Outcome(code, streams.out, streams.err)

    return call


def daily_rows(count: int = 300, seed: int = 1) -> list[str]:
    """Rows of a daily random walk, oldest first, without a header."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0.0003, 0.015, count)))
    open_ = np.concatenate(([100.0], close[:-1])) * (1 + rng.normal(0, 0.002, count))
    high = np.maximum(open_, close) * 1.004
    low = np.minimum(open_, close) * 0.996
    days = np.busday_offset("2015-01-05", np.arange(count), roll="forward")
    return [
        f"{day},{o:.4f},{h:.4f},{lo:.4f},{c:.4f},{1000 + i}"
        for i, (day, o, h, lo, c) in enumerate(zip(days, open_, high, low, close, strict=True))
    ]


HEADER = "Date,Open,High,Low,Close,Volume"


def write_prices(path: Path, rows: list[str], header: str = HEADER) -> Path:
    """Write a price file."""
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.fixture
def prices(tmp_path) -> Path:
    """A daily price file of 300 bars."""
    return write_prices(tmp_path / "prices.csv", daily_rows())


@pytest.fixture(autouse=True)
def _no_plugins_left(tmp_path):
    """Forget the strategies that a test loaded from a folder of its own."""
    yield
    from engine.strategies import registry

    for folder in registry.folders:
        if folder.is_relative_to(tmp_path):
            for path in folder.glob("*.py"):
                path.unlink()
            registry.scan(folder)
