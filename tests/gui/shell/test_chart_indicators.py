"""Indicators that were put on the chart by hand stand there again after the next start."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QApplication

from engine.jobs.inline import InlineExecutor
from ivybt_desktop.app import Application
from ivybt_desktop.docks.chart.view import ChartView
from ivybt_desktop.shell.preferences import Preferences
from tests.fakes.prices import random_bars


def test_that_indicators_come_back_with_their_parameters_once_prices_are_shown(
    application: Application, settle: Any
) -> None:
    application.workspace.set_bars(random_bars(200))
    chart = application.window.findChild(ChartView)
    chart.toggle_indicators()
    settle(lambda: bool(chart.panel._entries))
    chart.panel.added.emit("sma")
    chart.panel.changed.emit(0, "length", 20)
    settle(lambda: [layer.title for layer in chart.price.legend] == ["SMA 20"])
    application.window.close()
    home = application.home
    assert [one.name for one in Preferences(home.settings).settings.indicators] == ["sma"]

    again = Application(QApplication.instance(), home, compute=InlineExecutor())
    try:
        again.start_at_once()
        assert again.jobs.live == ()  # nothing to draw on yet
        again.workspace.set_bars(random_bars(200))
        chart = again.window.findChild(ChartView)
        settle(lambda: [layer.title for layer in chart.price.legend] == ["SMA 20"])
    finally:
        again.window.close()
        again.window.deleteLater()
    assert Preferences(home.settings).settings.indicators[0].params == {"length": 20}
