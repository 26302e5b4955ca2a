"""The Trades dock on the screen."""

from __future__ import annotations

import pytest

from ivybt_desktop.docks.trades.presenter import TradesPresenter
from ivybt_desktop.docks.trades.view import TradesView
from ivybt_desktop.theme.tokens import DARK


@pytest.fixture
def view(on_screen, workspace):
    made = TradesView(DARK)
    return on_screen(made, TradesPresenter(made, workspace), 1_000, 260)
