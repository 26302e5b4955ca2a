import numpy as np
import pytest

from engine.core.errors import StrategyError
from ivybt_desktop.context import Badge
from ivybt_desktop.docks.chart.history import same_bars
from ivybt_desktop.docks.chart.line_panes import group_lines
from ivybt_desktop.docks.chart.presenter import ChartPresenter
from ivybt_desktop.docks.chart.tip import strategy_words
from ivybt_desktop.plots.scale import price_decimals, value_text
from ivybt_desktop.widgets.run_words import cost_words, needs_care, run_sentence
from tests.gui.docks.fakes import FakeCatalogue, FakeChart, FakeWorker
from tests.gui.plots.samples import random_bars, random_result


@pytest.fixture
def view():
    return FakeChart()


@pytest.fixture
def worker():
    return FakeWorker()


@pytest.fixture
def presenter(view, workspace, worker):
    return ChartPresenter(view, workspace, worker, FakeCatalogue())


@pytest.fixture
def bars():
    return random_bars(300)


def lines_for(bars):
    return {"fast": (bars.close * 1.01, "price"), "rsi": (np.full(len(bars), 50.0), "own")}


def test_that_an_empty_workspace_shows_the_empty_chart(presenter, view):
    assert view.count("show_empty") == 1
    assert view.tip(0) == []


def test_that_loaded_bars_are_shown_with_the_next_step_in_words(presenter, view, workspace, bars):
    workspace.set_bars(bars)
    assert view.last("show_bars")[0] is bars
    heading = view.last("show_heading")[0]
    assert heading.symbol == "RND  1d"
    assert "F5" in heading.strategy


def test_that_the_heading_names_strategy_parameters_fill_and_costs(presenter, view, workspace, bars):
    workspace.set_bars(bars)
    workspace.set_result(random_result(bars))
    heading = view.last("show_heading")[0]
    assert heading.strategy == "EMA cross  fast 10, slow 50"
    assert heading.fill == "Signal at close of bar t, fill at open of bar t+1, costs 10 bps slippage"
    assert not heading.warn


def test_that_fills_on_the_deciding_close_and_free_trading_are_warnings(bars):
    this_close = random_result(bars, execution={"fill": "this_close"}).spec
    assert needs_care(this_close)
    assert "trades on the price it decided with" in run_sentence(this_close)
    free = random_result(bars, costs={"slippage_bps": 0}).spec
    assert needs_care(free)
    assert run_sentence(free).endswith("no costs")


def test_that_parameters_are_written_in_words(bars):
    params = {"entry": 20, "exit": 10, "skip_after_winner": True, "stop_atr": None}
    spec = random_result(bars, strategy="turtle", params=params).spec
    assert strategy_words(spec) == "Turtle  entry 20, exit 10, skip after winner on, stop atr off"


def test_that_a_strategy_that_is_gone_keeps_its_name(bars):
    assert strategy_words(random_result(bars, strategy="my_lost_plugin", params={}).spec) == "my_lost_plugin"


def test_that_every_cost_is_named_with_its_unit(bars):
    spec = random_result(bars, costs={"slippage_bps": 2.5, "commission_fixed": 1, "borrow_rate": 0.03}).spec
    assert cost_words(spec) == "costs 2.5 bps slippage, 1 per order, 3 % a year to borrow"


def test_that_a_new_run_on_the_same_bars_does_not_rebuild_the_candles(presenter, view, workspace, bars):
    workspace.set_bars(bars)
    for seed in range(5):
        copy = bars.slice(0, len(bars))
        workspace.set_result(random_result(copy, seed=seed))
    assert view.count("show_bars") == 1
    assert view.count("show_trades") >= 5


def test_that_a_run_over_fewer_sessions_shows_its_own_bars(presenter, view, workspace, bars):
    workspace.set_bars(bars)
    part = bars.slice(100, 250)
    workspace.set_result(random_result(part))
    assert view.last("show_bars")[0] is part
    assert not same_bars(bars, part)


def test_that_lines_are_computed_once_at_a_time_and_for_the_newest_run(presenter, view, workspace, worker, bars):
    workspace.set_bars(bars)
    first, newest = random_result(bars, seed=1), random_result(bars, seed=3)
    workspace.set_result(first)
    workspace.set_result(random_result(bars, seed=2))
    workspace.set_result(newest)
    assert len(worker.waiting) == 1
    worker.answer(lines_for(bars))
    assert list(view.last("show_lines")[0]) == ["fast", "rsi"]
    assert len(worker.waiting) == 1, "the newest run has its lines computed next"
    worker.answer(lines_for(bars))
    assert worker.waiting == []


def test_that_lines_of_other_bars_are_not_drawn(presenter, view, workspace, worker, bars):
    workspace.set_bars(bars)
    workspace.set_result(random_result(bars))
    other = random_bars(300, seed=99)
    workspace.set_bars(other)
    worker.answer(lines_for(bars))
    assert view.last("show_lines")[0] == {}


def test_that_a_strategy_without_lines_says_why_in_the_log(presenter, view, workspace, worker, bars):
    said = []
    workspace.logged.connect(lambda level, text: said.append((level, text)))
    workspace.set_bars(bars)
    workspace.set_result(random_result(bars))
    worker.fail(StrategyError("division by zero", where="mine.py:7", hint="Mend the strategy"))
    assert said == [("warning", "The chart has no indicator lines. mine.py:7: division by zero. Mend the strategy")]


def test_that_selecting_a_trade_brings_it_and_clicking_it_does_not(presenter, view, workspace, bars):
    result = random_result(bars)
    workspace.set_bars(bars)
    workspace.set_result(result)
    workspace.select_trade(4)
    trade = result.trades[4]
    assert view.last("bring") == (int(trade["entry_bar"]), int(trade["exit_bar"]))
    assert view.last("mark_trade") == (4,)
    view.trade_clicked.emit(9)
    assert workspace.trade == 9
    assert view.last("mark_trade") == (9,)
    assert view.count("bring") == 1


def test_that_stepping_stops_at_the_ends(presenter, view, workspace, bars):
    workspace.set_bars(bars)
    workspace.set_result(random_result(bars, trades=3))
    seen = []
    for by in (1, 1, 1, 1, -1):
        view.stepped.emit(by)
        seen.append(workspace.trade)
    assert seen == [0, 1, 2, 2, 1]


def test_that_the_tip_tells_prices_lines_and_account(presenter, view, workspace, worker, bars):
    result = random_result(bars)
    workspace.set_bars(bars)
    workspace.set_result(result)
    worker.answer(lines_for(bars))
    rows = dict(view.tip(200))
    assert list(rows) == [
        "", "Open", "High", "Low", "Close", "Change", "Volume", "fast", "rsi", "Position", "Equity", "Drawdown",
    ]  # fmt: skip
    assert rows["Close"] == value_text(bars.close[200], price_decimals(bars.close))
    assert rows["Equity"] == f"{result.equity[200]:,.2f}"
    assert dict(view.tip(0))["Change"] == "\N{EN DASH}"
    assert view.tip(300) == []


def test_that_a_linked_dock_moves_the_chart_and_the_chart_not_itself(presenter, view, workspace):
    workspace.show_range(10.0, 90.0, "equity")
    assert view.last("follow") == (10.0, 90.0)
    heard = []
    workspace.range_changed.connect(lambda *args: heard.append(args))
    view.range_changed.emit(20.0, 60.0)
    assert heard == [(20.0, 60.0, "chart")]
    assert view.count("follow") == 1


def test_that_a_closed_presenter_hears_nothing_more(presenter, view, workspace, worker, bars):
    presenter.close()
    before = len(view.calls)
    workspace.set_bars(bars)
    workspace.hover_bar(3)
    assert len(view.calls) == before
    assert worker.closed


def test_that_lines_share_a_pane_when_their_scales_agree():
    wave = np.sin(np.arange(100) / 7)
    lines = {
        "fast": (wave + 100, "price"), "macd": (wave, "own"), "signal": (wave * 0.8, "own"),
        "rsi": (50 + 20 * wave, "own"), "empty": (np.full(100, np.nan), "own"),
    }  # fmt: skip
    assert group_lines(lines) == [["macd", "signal"], ["rsi"], ["empty"]]


def test_that_a_clicked_bar_is_asked_about_and_marked_until_it_is_clicked_again(presenter, view, workspace, bars):
    workspace.set_bars(bars)
    workspace.set_result(random_result(bars))
    asked = []
    workspace.bar_asked.connect(lambda *place: asked.append(place))
    view.bar_clicked.emit(120)
    assert asked == [(0, 120)]
    assert view.last("mark_bar") == (120,)
    view.bar_clicked.emit(120)
    assert asked[-1] == (-1, -1)
    assert view.last("mark_bar") == (-1,)
    view.bar_clicked.emit(121)
    view.bar_clicked.emit(-1)
    assert workspace.asked is None
    presenter.close()


def test_that_a_leak_is_told_over_the_chart_also_when_it_is_found_later(presenter, view, workspace, bars):
    workspace.set_result(random_result(bars))
    assert not view.last("show_heading")[0].warn
    workspace.result_badge = Badge("looks ahead")
    workspace.badges_changed.emit()
    heading = view.last("show_heading")[0]
    assert heading.fill.startswith("Looks ahead: nobody can trade this; ")
    assert heading.warn


def test_that_a_bar_can_be_brought_into_sight_before_there_is_a_run(presenter, view, workspace, bars):
    workspace.set_bars(bars)
    workspace.show_place(0, 112)
    assert view.last("bring") == (112, 112)
    assert view.last("set_cursor_bar") == (112,)
    workspace.show_place(0, 10_000)
    assert view.last("bring") == (112, 112)


def test_that_the_bar_in_the_middle_is_asked_about_without_a_mouse(presenter, view, workspace, bars):
    view.middle_bar = lambda: 77
    presenter.ask_middle()
    assert workspace.asked is None
    workspace.set_bars(bars)
    workspace.set_result(random_result(bars))
    presenter.ask_middle()
    assert workspace.asked == (0, 77)
