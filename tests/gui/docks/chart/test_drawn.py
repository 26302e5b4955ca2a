"""Indicators that a person puts on the chart: list, parameters, lines, answers that come too late."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine.core.errors import DataError
from engine.fields import FieldInfo
from engine.indicators.catalogue import CatalogueEntry
from engine.jobs.events import Cancelled, Failed, Finished
from engine.jobs.requests import DrawJob
from ivybt_desktop.docks.chart.catalogue_jobs import JobCatalogue
from ivybt_desktop.docks.chart.drawn import LOADING, DrawnIndicators
from ivybt_desktop.docks.chart.presenter import ChartPresenter
from ivybt_desktop.docks.chart.view import ChartView
from ivybt_desktop.theme.tokens import DARK
from tests.fakes.desk import FakeJobs
from tests.gui.docks.fakes import FakeCatalogue, FakeChart, FakeWorker
from tests.gui.plots.samples import random_bars

LENGTH = FieldInfo("length", "int", 10, 1, 500, 1, (), "", "Period", optional=False, title="Length")
SMA = CatalogueEntry("sma", "Simple Moving Average", "Averages and levels", "A mean.", ("close",), (LENGTH,), "")
DPO = CatalogueEntry("dpo", "Detrend Price Oscillator", "Trend", "Shifted.", ("close",), (), "centred")
BARS = random_bars(200)


def line(value, pane="price"):
    return (np.full(len(BARS), value), pane)


@pytest.fixture
def desk():
    view, source, redrawn = FakeChart(), FakeCatalogue(), []
    drawn = DrawnIndicators(view, source, lambda: redrawn.append(dict(drawn.lines)))
    drawn.open()
    source.asked[0][0]((SMA, DPO))
    drawn.show_bars(BARS)
    drawn.view, drawn.source, drawn.redrawn = view, source, redrawn
    return drawn


def state_of(drawn):
    return drawn.view.last("show_indicators")[0]


def answer(drawn, place, **lines):
    drawn.source.drawn[place][3](lines)


def test_that_the_catalogue_is_fetched_once_and_says_so_meanwhile():
    view, source = FakeChart(), FakeCatalogue()
    drawn = DrawnIndicators(view, source, lambda: None)
    drawn.open()
    drawn.open()
    assert len(source.asked) == 1
    assert view.last("show_indicators")[0].words == LOADING
    source.asked[0][0]((SMA,))
    assert view.last("show_indicators")[0].entries == (SMA,)
    drawn.open()
    assert len(source.asked) == 1


def test_that_a_catalogue_that_could_not_be_fetched_says_why_and_is_asked_for_again():
    view, source = FakeChart(), FakeCatalogue()
    drawn = DrawnIndicators(view, source, lambda: None)
    drawn.open()
    source.asked[0][1](DataError("no workers", hint="Wait"))
    assert "no workers" in view.last("show_indicators")[0].words
    drawn.open()
    assert len(source.asked) == 2


def test_that_an_indicator_is_drawn_with_its_defaults_and_shown_with_its_parameters(desk):
    desk.add("sma")
    assert desk.source.drawn[0][:3] == (BARS, "sma", {})
    assert desk.lines == {}
    answer(desk, 0, SMA_10=line(5.0))
    assert list(desk.lines) == ["SMA_10"]
    assert list(desk.redrawn[-1]) == ["SMA_10"]
    [row] = state_of(desk).rows
    assert (row.title, dict(row.values), row.note) == ("Simple Moving Average", {"length": 10}, "")


def test_that_a_changed_parameter_draws_anew_and_a_late_answer_to_the_old_one_is_dropped(desk):
    desk.add("sma")
    desk.change(0, "length", 20)
    assert desk.source.drawn[1][2] == {"length": 20}
    answer(desk, 1, SMA_20=line(2.0))
    answer(desk, 0, SMA_10=line(1.0))
    assert list(desk.lines) == ["SMA_20"]
    desk.change(0, "length", 20)
    assert len(desk.source.drawn) == 2  # nothing changed
    desk.change(0, "length", 10)
    assert desk.source.drawn[2][2] == {}  # back at the default


def test_that_a_removed_indicator_is_gone_even_when_its_answer_comes_later(desk):
    desk.add("sma")
    desk.add("dpo")
    desk.remove(0)
    answer(desk, 0, SMA_10=line(1.0))
    answer(desk, 1, DPO_20=line(0.0, "own"))
    assert list(desk.lines) == ["DPO_20"]
    desk.remove(0)
    desk.remove(5)
    assert desk.lines == {}
    assert desk.redrawn[-1] == {}


def test_that_other_bars_draw_everything_anew(desk):
    desk.add("sma")
    answer(desk, 0, SMA_10=line(1.0))
    other = random_bars(300)
    desk.show_bars(other)
    assert desk.lines == {}
    assert desk.source.drawn[1][0] is other


def test_that_two_of_one_kind_stand_side_by_side(desk):
    for _ in range(3):
        desk.add("sma")
    for place in range(3):
        answer(desk, place, SMA_10=line(float(place)))
    assert list(desk.lines) == ["SMA_10", "SMA_10 2", "SMA_10 3"]


def test_that_looking_ahead_and_failing_are_told_at_the_indicator(desk):
    desk.add("dpo")
    assert state_of(desk).rows[0].note == "Looks ahead, for the eye only: centred"
    desk.source.drawn[0][4](DataError("too few bars"))
    assert "too few bars" in state_of(desk).rows[0].note


def test_that_lines_come_from_jobs_and_answers_of_other_jobs_are_left_alone():
    jobs, found, failures = FakeJobs(), [], []
    source = JobCatalogue(jobs)
    source.draw(BARS, "sma", {"length": 5}, found.append, failures.append)
    source.entries(found.append, failures.append)
    source.draw(BARS, "dpo", {}, found.append, failures.append)
    assert jobs.submitted == [DrawJob(BARS, "sma", {"length": 5}), DrawJob(), DrawJob(BARS, "dpo")]
    jobs.event.emit(Finished("somebody else's", 0.1, value="no"))
    jobs.event.emit(Finished("job-2", 0.1, value=(SMA,)))
    jobs.event.emit(Failed("job-1", "broken", "", "", ""))
    jobs.event.emit(Cancelled("job-3"))
    assert found == [(SMA,)]
    assert ["broken" in str(failures[0]), "cancelled" in str(failures[1])] == [True, True]
    source.draw(BARS, "sma", {}, found.append, failures.append)
    source.close()
    assert jobs.cancelled == ["job-4"]
    jobs.event.emit(Finished("job-4", 0.1, value="late"))
    assert found == [(SMA,)]


@pytest.fixture
def chart(qtbot, workspace):
    view, source = ChartView(DARK), FakeCatalogue()
    qtbot.addWidget(view)
    view.presenter, view.source = ChartPresenter(view, workspace, FakeWorker(), source), source
    view.panel.added.connect(view.presenter.drawn.add)
    view.panel.changed.connect(view.presenter.drawn.change)
    view.panel.removed.connect(view.presenter.drawn.remove)
    view.resize(900, 560)
    view.show()
    qtbot.waitExposed(view)
    workspace.set_bars(BARS)
    yield view
    view.presenter.close()


def test_that_an_indicator_is_found_and_drawn_by_keyboard_and_taken_off_again(chart, qtbot):
    chart.toggle_indicators()
    assert chart.panel.isVisible()
    chart.source.asked[0][0]((SMA, DPO))
    chart.panel.begin()
    qtbot.keyClicks(chart.panel.list.search, "simple")
    qtbot.keyClick(chart.panel.list.search, Qt.Key.Key_Return)
    chart.source.drawn[0][3]({"SMA_10": line(float(BARS.close.mean()))})
    assert [layer.title for layer in chart.price.legend] == ["SMA 10"]
    card = chart.panel._cards[0]
    card.form.committed.emit("length", 33)
    assert chart.source.drawn[1][2] == {"length": 33}
    card.off.click()
    assert chart.price.legend == []
    assert chart.panel._cards == []
    qtbot.keyClick(chart.panel.list.search, Qt.Key.Key_Escape)
    assert not chart.panel.isVisible()


def test_that_an_oscillator_gets_a_pane_of_its_own(chart):
    chart.toggle_indicators()
    chart.source.asked[0][0]((SMA, DPO))
    chart.panel.added.emit("dpo")
    panes = len(chart.stack.panes)
    chart.source.drawn[0][3]({"DPO_20": line(0.5, "own")})
    assert len(chart.stack.panes) == panes + 1


def test_that_what_is_on_the_chart_is_told_with_its_parameters_whenever_it_changes(desk):
    told = []
    desk.changed.connect(told.append)
    desk.add("sma")
    desk.change(0, "length", 20)
    desk.add("dpo")
    desk.remove(0)
    assert told == [
        (("sma", {}),), (("sma", {"length": 20}),), (("sma", {"length": 20}), ("dpo", {})), (("dpo", {}),),
    ]  # fmt: skip


def test_that_those_of_the_last_session_are_drawn_only_once_there_are_bars():
    view, source = FakeChart(), FakeCatalogue()
    drawn = DrawnIndicators(view, source, lambda: None)
    kept = (("sma", {"length": 20}), ("dpo", {}))
    drawn.restore(kept)
    assert source.asked == []
    drawn.show_bars(BARS)
    drawn.show_bars(BARS)
    assert len(source.asked) == 1
    assert (drawn.kept, source.drawn) == (kept, [])
    source.asked[0][0]((SMA, DPO))
    assert [asked[:3] for asked in source.drawn] == [(BARS, "sma", {"length": 20}), (BARS, "dpo", {})]
    assert drawn.kept == kept


def test_that_a_catalogue_that_could_not_be_fetched_loses_nothing_and_is_asked_for_on_other_bars():
    view, source = FakeChart(), FakeCatalogue()
    drawn = DrawnIndicators(view, source, lambda: None)
    drawn.restore((("sma", {"length": 20}),))
    drawn.show_bars(BARS)
    source.asked[0][1](DataError("no workers", hint="Wait"))
    assert drawn.kept == (("sma", {"length": 20}),)
    drawn.show_bars(random_bars(300))
    source.asked[1][0]((SMA,))
    assert drawn.lines == {}
    assert drawn.kept == (("sma", {"length": 20}),)


def test_that_an_indicator_that_is_gone_is_named_and_values_that_do_not_fit_are_left_out():
    view, source = FakeChart(), FakeCatalogue()
    drawn = DrawnIndicators(view, source, lambda: None)
    drawn.restore((("old", {}), ("sma", {"length": "long", "width": 3}), ("sma", {"length": 900})))
    drawn.show_bars(BARS)
    source.asked[0][0]((SMA,))
    assert view.last("show_indicators")[0].words == "Not in the catalogue any more: old"
    assert drawn.kept == (("sma", {}), ("sma", {}))
