"""The fixture strategies, scanned for each file of tests."""

from __future__ import annotations

import pytest

from engine.backtest.leak import check_leaks
from engine.backtest.spec import BacktestSpec
from engine.registry import snake_case
from engine.strategies import registry
from tests.engine.backtest.leak.fixtures import series, write_fixtures


@pytest.fixture(scope="session")
def plugins(tmp_path_factory):
    """One folder for all files: an indicator of the same name in another file would be refused."""
    folder = tmp_path_factory.mktemp("plugins")
    write_fixtures(folder)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _scanned(plugins):
    registry.scan(plugins)
    assert not registry.broken


@pytest.fixture
def check():
    """Check a fixture strategy by its class name; further fields of the spec as keywords."""

    def run(name, bars=None, *, probes=40, **fields):
        spec = BacktestSpec(strategy=snake_case(name), **fields)
        return check_leaks(series() if bars is None else bars, spec, probes=probes)

    return run
