"""The Equity dock with a fake view, and on the screen."""

from __future__ import annotations

import pytest

from ivybt_desktop.docks.equity.presenter import EquityPresenter
from ivybt_desktop.docks.equity.view import EquityView
from ivybt_desktop.theme.tokens import DARK
from tests.gui.docks.fakes import FakeChart


@pytest.fixture
def view():
    return FakeChart()


@pytest.fixture
def presenter(view, workspace):
    return EquityPresenter(view, workspace)


@pytest.fixture
def screen(on_screen, workspace):
    view = EquityView(DARK)
    return on_screen(view, EquityPresenter(view, workspace), 900, 420)
