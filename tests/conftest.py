"""What every test file starts from."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture(autouse=True, scope="module")
def _no_plugin_outlives_its_file():
    """The registry of strategies belongs to the process: what one file's tests found is no other's business."""
    yield
    strategies = sys.modules.get("engine.strategies")
    if strategies is not None:
        registry = strategies.registry
        registry._files, registry._broken, registry._folders, registry._last = {}, {}, {}, {}
