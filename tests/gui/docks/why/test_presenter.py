"""What the Why dock explains, and when it is worked out."""

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import StrategyError
from ivybt_desktop.docks.why.presenter import NO_RUN, NOTHING, WhyPresenter
from ivybt_desktop.signal import Signal
from ivybt_desktop.theme.tokens import LIGHT
from tests.fakes.prices import random_bars


class FakeWhy:
    """Records what it is shown."""

    def __init__(self):
        self.uncovered, self.place_asked, self.cleared = Signal(), Signal(), Signal()
        self.seen, self.state, self.words, self.busy, self.theme = True, None, "", 0, None

    def is_seen(self):
        return self.seen

    def show_empty(self, words):
        self.state, self.words = None, words

    def show_busy(self):
        self.busy += 1

    def show_state(self, state):
        self.state, self.words = state, ""

    def set_theme(self, theme):
        self.theme = theme


class Later:
    """Holds work until it is told to do it."""

    def __init__(self):
        self.waiting = []

    def __call__(self, work, then, failed):
        self.waiting.append((work, then, failed))

    def answer(self, place=0):
        work, then, _ = self.waiting.pop(place)
        then(work())


@pytest.fixture(scope="module")
def result():
    return run_backtest(random_bars(600), BacktestSpec(strategy="ema_cross", costs={"slippage_bps": 5}))


@pytest.fixture
def later():
    return Later()


@pytest.fixture
def view():
    return FakeWhy()


@pytest.fixture
def raised():
    return []


@pytest.fixture
def presenter(view, workspace, later, raised):
    made = WhyPresenter(view, workspace, later, raised.append)
    yield made
    made.close()


@pytest.mark.usefixtures("presenter")
def test_that_an_empty_dock_says_what_to_do(view, workspace, result):
    assert view.words == NO_RUN
    workspace.set_result(result)
    assert view.words == NOTHING


@pytest.mark.usefixtures("presenter")
def test_that_the_selected_trade_is_explained_off_the_window(view, workspace, later, result):
    workspace.set_result(result)
    workspace.select_trade(2)
    assert view.state is None
    assert view.busy == 1
    later.answer()
    side = "Long" if result.trades["side"][2] > 0 else "Short"
    assert view.state.heading.startswith(side)
    assert [block.title for block in view.state.blocks][:3] == ["Decision", "Size", "Fill"]
    assert view.state.decision_bar == result.trades["entry_decision"][2]


@pytest.mark.usefixtures("presenter")
def test_that_the_newest_request_wins(view, workspace, later, result):
    workspace.set_result(result)
    workspace.select_trade(1)
    workspace.select_trade(3)
    later.answer(1)
    newest = view.state
    later.answer(0)
    assert view.state is newest
    assert newest.decision_bar == result.trades["entry_decision"][3]


@pytest.mark.usefixtures("presenter")
def test_that_a_bar_comes_before_the_trade_until_it_is_cleared_or_a_trade_is_chosen(
    view, workspace, later, result
):
    workspace.set_result(result)
    workspace.select_trade(1)
    later.answer()
    workspace.ask_bar(0, 300)
    later.answer()
    assert view.state.is_bar
    view.cleared.emit()
    later.answer()
    assert not view.state.is_bar
    workspace.ask_bar(0, 300)
    workspace.ask_bar(0, 300)  # asked again: let go
    assert workspace.asked is None
    workspace.ask_bar(0, 301)
    workspace.select_trade(1)  # the same trade, chosen again
    assert workspace.asked is None


@pytest.mark.usefixtures("presenter")
def test_that_nothing_is_worked_out_while_nobody_looks_and_a_clicked_bar_brings_the_dock_to_the_front(
    view, workspace, later, raised, result
):
    view.seen = False
    workspace.set_result(result)
    workspace.select_trade(1)
    assert later.waiting == []
    assert raised == []
    workspace.ask_bar(0, 200)
    assert raised == ["why"]
    assert later.waiting == []
    view.seen = True
    view.uncovered.emit()
    later.answer()
    assert view.state.is_bar


def test_that_links_bring_the_chart_to_their_bar(view, workspace, later, presenter, result):
    places = []
    workspace.place_asked.connect(lambda *place: places.append(place))
    workspace.set_result(result)
    workspace.select_trade(1)
    later.answer()
    view.place_asked.emit(17)
    presenter.show_decision()
    assert places == [(0, 17), (0, int(result.trades["entry_decision"][1]))]


@pytest.mark.usefixtures("presenter")
def test_that_what_cannot_be_explained_says_why(view, workspace, later, result):
    workspace.set_result(result)
    workspace.select_trade(0)
    later.waiting.pop()[2](StrategyError("the file is gone", where="mine.py"))
    assert "the file is gone" in view.words


def test_that_after_closing_no_answer_is_shown(view, workspace, later, result):
    presenter = WhyPresenter(view, workspace, later)
    workspace.set_result(result)
    workspace.select_trade(0)
    presenter.close()
    later.answer()
    assert view.state is None
    workspace.set_theme(LIGHT)
    assert view.theme is None


@pytest.mark.usefixtures("presenter")
def test_that_what_the_strategy_saw_is_worked_out_once_for_a_run(view, workspace, later, result, monkeypatch):
    from engine.backtest import why

    made, real = [], why.context_of
    monkeypatch.setattr(why, "context_of", lambda *given: made.append(given) or real(*given))
    workspace.set_result(result)
    for row in (0, 1, 2):
        workspace.select_trade(row)
        later.answer()
    assert len(made) == 1
    flat = int(np.flatnonzero(result.positions == 0)[0])
    workspace.ask_bar(0, flat)
    later.answer()
    assert len(made) == 1
    assert view.state.is_bar


def test_that_the_bars_beside_are_explained_without_a_mouse(view, workspace, later, presenter, result):
    places = []
    workspace.place_asked.connect(lambda *place: places.append(place))
    presenter.step(1)
    workspace.set_result(result)
    workspace.select_trade(1)
    later.answer()
    decision = view.state.decision_bar
    presenter.step(1)
    assert workspace.asked == (0, decision + 1)
    presenter.step(-1)
    later.answer(-1)
    presenter.step(-1)
    assert workspace.asked == (0, decision - 1)
    assert places == [(0, decision + 1), (0, decision), (0, decision - 1)]
