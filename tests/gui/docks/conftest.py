"""Fixtures of the docks' tests: a workspace, and a view on the screen."""

from __future__ import annotations

import pytest

from ivybt_desktop.context import Workspace


@pytest.fixture
def workspace():
    return Workspace()


@pytest.fixture
def on_screen(qtbot):
    """Show a view at a size with its presenter, which is closed at the end."""
    presenters = []

    def show(view, presenter, width, height):
        qtbot.addWidget(view)
        presenters.append(presenter)
        view.resize(width, height)
        view.show()
        qtbot.waitExposed(view)
        return view

    yield show
    for presenter in presenters:
        presenter.close()
