"""The plain half of the Leak Lab, with a fake view and fake proofs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.backtest.leak import Finding, LeakReport
from engine.backtest.proof_words import CHECKING, LOOKS_AHEAD, PAST_ONLY, UNPROVEN
from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.storage.proofs import Proof
from ivybt_desktop.bridge.proof_control import Standing
from ivybt_desktop.docks.leak_lab.presenter import LeakLabPresenter
from ivybt_desktop.docks.leak_lab.state import CLEAN, EMPTY, WAITING, copied
from ivybt_desktop.theme.tokens import LIGHT
from tests.fakes.hand_made import made_portfolio
from tests.fakes.plugins import write_plugin
from tests.fakes.prices import random_bars
from tests.fakes.proofs import clean_report, leaky_report

KEY = "a1" * 32
SPEC = BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20})


class FakeView:
    def __init__(self):
        self.states, self.themes = [], []

    def show_state(self, state):
        self.states.append(state)

    def set_theme(self, theme):
        self.themes.append(theme)


class FakeProofs:
    def __init__(self):
        self.standing, self.asked = Standing(), []

    def check_again(self):
        self.asked.append("check")

    def cancel(self):
        self.asked.append("cancel")


class Lab:
    def __init__(self, workspace):
        self.workspace, self.view, self.proofs, self.edited, self.places = workspace, FakeView(), FakeProofs(), [], []
        workspace.place_asked.connect(lambda *place: self.places.append(place))
        self.presenter = LeakLabPresenter(
            self.view, workspace, self.proofs, lambda path, line: self.edited.append((path, line))
        )

    def load(self, bars=None, spec=SPEC):
        self.workspace.set_bars(random_bars(300) if bars is None else bars)
        self.workspace.set_spec(spec)

    def stand(self, status, report=None, problem="", **about):
        proof = None if report is None else Proof(report, **about)
        self.proofs.standing = Standing(KEY, status, proof, problem, 3.2)
        self.workspace.badges_changed.emit()
        return self.state

    @property
    def state(self):
        return self.view.states[-1]


@pytest.fixture
def lab(workspace):
    made = Lab(workspace)
    yield made
    made.presenter.close()


def test_that_an_empty_lab_says_what_it_does_and_what_to_do(lab):
    assert (lab.state.words, lab.state.status, lab.state.can_check) == (EMPTY, "", False)


def test_that_a_lab_without_a_service_shows_its_empty_state(workspace):
    view = FakeView()
    presenter = LeakLabPresenter(view, workspace, None)
    presenter.check_again()
    presenter.cancel()
    presenter.bring(0)
    presenter.open_source(0)
    assert view.states[-1].words == EMPTY
    presenter.close()


def test_that_a_clean_proof_is_told_with_its_probes_and_both_warm_ups(lab):
    lab.load()
    state = lab.stand(PAST_ONLY, clean_report(KEY, warmup=71), made="2024-05-01T10:00:00Z", on="TEST 1d")
    assert state.heading == "Past only: no output changes with later bars"
    assert state.detail == "80 probes on 300 bars of TEST 1d in 0.4 s, checked 2024-05-01 10:00 UTC"
    assert state.warmup == "Warm-up: 71 bars needed, 19 declared"
    assert (state.words, state.rows, state.can_check) == (CLEAN, (), True)


@pytest.mark.parametrize(
    ("warmup", "words"),
    [(-1, "the first bars of the data always matter"), (0, "0 bars needed"), (1, "1 bar needed")],
)
def test_that_the_least_warm_up_is_told_in_words(lab, warmup, words):
    lab.load()
    assert words in lab.stand(PAST_ONLY, clean_report(KEY, warmup=warmup)).warmup


def test_that_each_finding_is_a_row_with_date_reach_cause_and_advice(lab):
    lab.load()
    found = (
        Finding("signals", 12, 5, "centred window", "mine.py:14"), Finding("gate: hmm", 0, None, "model fitted on all data"),
    )  # fmt: skip
    report = LeakReport(True, found, 3, 300, 80, 0.4, KEY)
    state = lab.stand(LOOKS_AHEAD, report, times=(5, 9), labels=("2020-01-02", "2020-01-03"))
    assert state.heading == "Looks ahead: 2 outputs read bars of the future"
    first, second = state.rows
    assert (first.output, first.first, first.time, first.reads) == ("signals", "2020-01-02", 5, "5 bars ahead")
    assert (first.cause, first.where) == ("centred window", "mine.py:14")
    assert "center=True" in first.todo
    assert (second.reads, second.where) == ("the whole sample", "")
    text = copied(state)
    assert text.startswith("Looks ahead: 2 outputs")
    assert text.split("\n")[-2].split("\t")[:4] == ["signals", "2020-01-02", "5 bars ahead", "centred window"]


def test_that_a_finding_without_a_date_names_its_bar(lab):
    lab.load()
    [row] = lab.stand(LOOKS_AHEAD, leaky_report(KEY, first_bar=1_234)).rows
    assert (row.first, row.time) == ("bar 1,234", 0)


def test_that_a_check_under_way_shows_its_time_and_can_be_stopped(lab):
    lab.load()
    state = lab.stand(CHECKING)
    assert state.heading == "Checking EMA cross on the last 300 bars of TEST 1d"
    assert (state.detail, state.is_checking, state.can_check) == ("3 s", True, False)
    lab.presenter.cancel()
    assert lab.proofs.asked == ["cancel"]


def test_that_a_strategy_that_is_not_checked_yet_says_when_it_will_be(lab):
    lab.load()
    state = lab.stand(UNPROVEN)
    assert state.heading == "EMA cross is not checked yet for look-ahead"
    assert (state.words, state.can_check) == (WAITING, True)


def test_that_the_reason_stands_there_with_file_and_line(lab):
    lab.load()
    state = lab.stand(UNPROVEN, problem="mine.py:14: ZeroDivisionError: division by zero")
    assert state.heading == "EMA cross could not be checked"
    assert state.words == "mine.py:14: ZeroDivisionError: division by zero"
    lab.presenter.check_again()
    assert lab.proofs.asked == ["check"]


def test_that_a_click_brings_the_chart_to_the_first_bar_of_the_prices_on_the_screen(lab):
    bars = random_bars(300)
    lab.load(bars)
    lab.stand(LOOKS_AHEAD, leaky_report(KEY), times=(int(bars.time[112]),), labels=(bars.label(112),))
    lab.presenter.bring(0)
    assert lab.places == [(0, 112)]


def test_that_the_bar_is_counted_on_the_bars_of_the_shown_run(lab):
    bars = random_bars(300)
    spec = SPEC.replace(data={"start": bars.label(100)})
    lab.load(bars, spec)
    lab.workspace.set_result(run_backtest(bars, spec))
    lab.stand(LOOKS_AHEAD, leaky_report(KEY), times=(int(bars.time[112]),), labels=(bars.label(112),))
    lab.presenter.bring(0)
    assert lab.places == [(0, 12)]


def test_that_the_instrument_of_a_portfolio_has_that_bar(lab):
    result = made_portfolio(3)
    lab.workspace.set_universe(result.legs)
    lab.workspace.set_spec(result.spec)
    lab.workspace.set_result(result)
    last = result.legs[-1]
    lab.stand(LOOKS_AHEAD, leaky_report(KEY), times=(int(last.time[20]),), labels=(last.label(20),))
    lab.presenter.bring(0)
    [(asset, bar)] = lab.places
    assert int(result.bars.time[bar]) == int(last.time[20])
    assert int(last.time[20]) in result.legs[asset].time


def test_that_a_bar_that_is_not_on_the_chart_is_told(lab):
    lines = []
    lab.workspace.logged.connect(lambda _level, words: lines.append(words))
    lab.load()
    lab.stand(LOOKS_AHEAD, leaky_report(KEY), times=(17,), labels=("1970-01-01",))
    lab.presenter.bring(0)
    lab.presenter.bring(5)
    assert lab.places == []
    assert lines == ["1970-01-01 is not among the bars on the chart"]


def test_that_the_line_of_the_cause_opens_in_the_editor(lab, tmp_path):
    from engine.strategies import registry

    write_plugin(tmp_path, "Peeking", "return np.full(n, 1.0)")
    registry.scan(tmp_path)
    try:
        lab.load(spec=BacktestSpec(strategy="peeking"))
        lab.stand(LOOKS_AHEAD, leaky_report(KEY))
        lab.presenter.open_source(0)
        assert lab.edited == [(tmp_path / "peeking.py", 12)]
        elsewhere = replace(leaky_report(KEY), findings=(Finding("gate: hmm", 0, None, "fit", "hmm.py:3"),))
        lab.stand(LOOKS_AHEAD, elsewhere)
        lab.presenter.open_source(0)
        lab.presenter.open_source(9)
        assert len(lab.edited) == 1
        problem = f"{tmp_path / 'peeking.py'}:14: ValueError: no volume. Mend the strategy"
        assert lab.stand(UNPROVEN, problem=problem).where == f"{tmp_path / 'peeking.py'}:14"
        lab.presenter.open_source(-1)
        assert lab.edited[1:] == [(tmp_path / "peeking.py", 14)]
    finally:
        (tmp_path / "peeking.py").unlink()
        registry.scan(tmp_path)


def test_that_a_strategy_that_is_gone_still_has_its_name(lab):
    lab.load(spec=BacktestSpec(strategy="gone_for_good"))
    assert lab.stand(PAST_ONLY, clean_report(KEY)).warmup == "Warm-up: 49 bars needed"
    assert lab.stand(UNPROVEN).heading == "gone_for_good is not checked yet for look-ahead"


def test_that_the_same_state_is_not_shown_twice(lab):
    lab.load()
    lab.stand(PAST_ONLY, clean_report(KEY))
    count = len(lab.view.states)
    lab.workspace.set_spec(SPEC.replace(capital=5_000))
    lab.presenter.refresh()
    assert len(lab.view.states) == count


def test_that_the_theme_is_followed_until_the_end(lab):
    lab.workspace.set_theme(LIGHT)
    assert lab.view.themes[-1] is LIGHT
    lab.presenter.close()
    count = len(lab.view.states)
    lab.load()
    lab.workspace.badges_changed.emit()
    assert len(lab.view.states) == count


def test_that_a_warm_up_that_raises_is_not_told(lab, tmp_path):
    from engine.strategies import registry

    body = "return np.full(n, 1.0)\n    def warmup(self, p):\n        return 10 // (p.x - 3)"
    try:
        write_plugin(tmp_path, "Touchy", body)
        registry.scan(tmp_path)
        lab.load(spec=BacktestSpec(strategy="touchy", params={"x": 3}))
        assert lab.stand(PAST_ONLY, clean_report(KEY)).warmup == "Warm-up: 49 bars needed"
    finally:
        (tmp_path / "touchy.py").unlink()
        registry.scan(tmp_path)
