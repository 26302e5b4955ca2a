"""Executors for the tests of jobs; the process pool is started once."""

from __future__ import annotations

import pytest

from engine.jobs.inline import InlineExecutor
from engine.jobs.process import ProcessExecutor
from engine.jobs.thread import ThreadExecutor
from tests.fakes.plugins import BODIES, write_plugin


@pytest.fixture(scope="session")
def plugin_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugins")
    for name in BODIES:
        write_plugin(folder, name)
    return folder


@pytest.fixture(scope="session")
def pool(plugin_folder):
    """A warm process executor that the whole session shares."""
    executor = ProcessExecutor(2, (plugin_folder,))
    executor.warm()
    yield executor
    executor.close()


@pytest.fixture(params=["inline", "thread", "process"])
def executor(request, plugin_folder):
    if request.param == "process":
        yield request.getfixturevalue("pool")
        return
    kind = {"inline": InlineExecutor, "thread": ThreadExecutor}[request.param]
    made = kind((plugin_folder,))
    yield made
    made.close()


@pytest.fixture(autouse=True, scope="session")
def _no_plugin_stays(plugin_folder):
    """The registry of this process is shared with other tests."""
    yield
    from engine.strategies import registry

    for path in plugin_folder.glob("*.py"):
        path.unlink()
    registry.scan(plugin_folder)
