"""The Setup presenter without Qt: what a person does, what the workspace, the view and live runs get."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from dataclasses import replace

import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import StrategyError
from engine.core.instrument import Instrument
from engine.execution.presets import PRESETS
from engine.storage.proofs import with_proof_key
from ivybt_desktop.context import NO_BADGE, Badge
from ivybt_desktop.docks.setup.state import NO_DATA, STALE
from tests.fakes.plugins import write_plugin
from tests.fakes.prices import random_bars
from tests.gui.docks.setup.desk import Desk, result_of

FAST, SLOW = "strategy.params.fast", "strategy.params.slow"


@pytest.fixture
def desk():
    return Desk()


def test_that_the_presenter_loads_no_qt():
    modules = "ivybt_desktop.docks.setup.presenter, ivybt_desktop.docks.metrics.presenter"
    code = f"import sys, {modules}; sys.exit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_that_the_form_begins_with_a_runnable_spec_of_every_parameter(desk):
    assert desk.spec.strategy.name == "ema_cross"
    assert desk.spec.strategy.params == {"fast": 10, "slow": 50}
    assert desk.state.reason == ""
    assert desk.state.title == "EMA cross"


def test_that_without_prices_run_says_what_to_do():
    desk = Desk(with_bars=False)
    assert desk.state.reason == NO_DATA
    desk.presenter.run()
    assert desk.ran == []


def test_that_run_runs_what_the_form_holds(desk):
    desk.presenter.commit(FAST, 20)
    desk.presenter.run()
    assert desk.ran[0].strategy.params["fast"] == 20


def test_that_a_bad_value_is_told_at_its_field_and_stops_run(desk):
    desk.presenter.change(FAST, 500)
    assert desk.state.errors == {FAST: "Fast must be from 2 to 100 bars"}
    assert desk.workspace.problem == desk.state.reason == "Fast must be from 2 to 100 bars"
    assert desk.spec.strategy.params["fast"] == 10
    desk.presenter.run()
    assert desk.ran == []
    desk.presenter.change(FAST, 20)
    assert desk.state.errors == {}
    assert desk.workspace.problem == ""


def test_that_a_broken_constraint_marks_both_fields(desk):
    desk.presenter.change(FAST, 60)
    assert desk.state.errors == dict.fromkeys((FAST, SLOW), "Fast must be less than Slow")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("capital", 0.0, "Capital must be more than 0"),
        ("costs.slippage_bps", -1.0, "Slippage must be from 0 to 1,000 bps"),
        ("sizing.fixed_fraction.fraction", "x", "Invest must be a number"),
        ("data.start", "soon", "Start must be a date such as 2015-01-31"),
        ("execution.time_stop", 0, "Time exit must be from 1 to 1,000,000 bars"),
    ],
)
def test_that_every_section_is_checked_field_by_field(desk, name, value, sentence):
    desk.presenter.commit(name, value)
    assert desk.state.errors == {name: sentence}


def test_that_dates_are_checked_against_each_other_and_the_prices(desk):
    desk.presenter.commit("data.start", dt.date(2050, 1, 1))
    assert "after the last bar, 1998-03-14" in desk.state.errors["data.start"]
    desk.presenter.commit("data.start", dt.date(1997, 12, 31))
    desk.presenter.commit("data.end", dt.date(1997, 12, 1))
    assert set(desk.state.errors) == {"data.start", "data.end"}
    desk.presenter.commit("data.end", dt.date(1998, 1, 31))
    assert desk.spec.data.end == dt.date(1998, 1, 31)
    assert "32 of 300 bars" in desk.state.data.detail


def test_that_a_drag_is_one_step_of_undo(desk):
    for value in range(11, 30):
        desk.presenter.change(FAST, value)
    desk.presenter.commit(FAST, 29)
    desk.presenter.commit("capital", 5_000.0)
    desk.presenter.undo()
    assert desk.state.values["capital"] == 10_000.0
    desk.presenter.undo()
    assert desk.state.values[FAST] == 10
    assert not desk.presenter.can_undo
    desk.presenter.redo()
    assert desk.spec.strategy.params["fast"] == 29


def test_that_parameters_come_back_when_a_strategy_is_chosen_again(desk):
    desk.presenter.commit(FAST, 33)
    desk.presenter.choose_strategy("turtle")
    assert set(desk.spec.strategy.params) == {"entry", "exit", "skip_after_winner", "atr", "stop_atr"}
    assert FAST not in desk.state.values
    desk.presenter.choose_strategy("ema_cross")
    assert desk.spec.strategy.params["fast"] == 33
    desk.presenter.undo()
    assert desk.spec.strategy.name == "turtle"


def test_that_a_drag_runs_live_and_shows_the_result(desk):
    desk.presenter.change(FAST, 12)
    bars, spec = desk.live.requests[-1]
    assert bars is desk.workspace.bars
    assert spec.strategy.params["fast"] == 12
    result = desk.finish()
    assert desk.workspace.result is result
    assert desk.state.stale == ""


def test_that_other_changes_run_live_only_when_a_result_is_shown(desk):
    desk.presenter.commit("costs.slippage_bps", 5.0)
    assert desk.live.requests == []
    desk.workspace.set_result(result_of(desk.workspace.bars, desk.spec))
    desk.presenter.commit("costs.slippage_bps", 7.0)
    assert len(desk.live.requests) == 1
    desk.presenter.undo()
    assert desk.live.requests[-1][1].costs.slippage_bps == 5.0


def test_that_letting_go_of_the_slider_does_not_run_the_same_again(desk):
    desk.presenter.change(FAST, 12)
    desk.finish()
    desk.presenter.commit(FAST, 12)
    assert len(desk.live.requests) == 1


def test_that_nothing_runs_live_while_the_form_is_wrong(desk):
    desk.presenter.change(FAST, 500)
    assert desk.live.requests == []


def test_that_without_live_the_shown_run_is_marked_stale(desk):
    desk.presenter.set_live(False)
    desk.workspace.set_result(result_of(desk.workspace.bars, desk.spec))
    assert desk.state.stale == ""
    desk.presenter.commit(FAST, 12)
    assert desk.live.requests == []
    assert desk.state.stale == STALE
    desk.presenter.commit(FAST, 10)
    assert desk.state.stale == ""


def test_that_turning_live_on_catches_up(desk):
    desk.presenter.set_live(False)
    desk.workspace.set_result(result_of(desk.workspace.bars, desk.spec))
    desk.presenter.commit(FAST, 12)
    desk.presenter.set_live(True)
    assert desk.live.requests[-1][1].strategy.params["fast"] == 12


def test_that_a_live_run_of_other_prices_is_not_shown(desk):
    desk.presenter.change(FAST, 12)
    old = desk.workspace.bars
    desk.workspace.set_bars(replace(random_bars(200), instrument=Instrument("OTHER")))
    desk.finish(bars=old)
    assert desk.workspace.result is None


def test_that_a_failed_live_run_is_told_in_the_form_and_the_log(desk):
    desk.presenter.change(FAST, 12)
    desk.live.failed.emit(StrategyError("division by zero", where="ema_cross", hint="Mend the strategy"))
    assert desk.state.problem == "Division by zero. Mend the strategy"
    assert desk.logged[-1][0] == "error"


def test_that_a_spec_set_elsewhere_fills_the_form_as_one_step(desk):
    for fast in (20, 21, 22):
        spec = BacktestSpec(strategy="sma_cross", params={"fast": fast}, costs={"commission_bps": 2})
        desk.workspace.set_spec(spec)
    assert desk.state.strategy == "sma_cross"
    assert desk.state.values[FAST] == 22
    assert desk.state.values["costs.commission_bps"] == 2.0
    desk.presenter.undo()
    assert desk.state.strategy == "ema_cross"
    assert not desk.presenter.can_undo


def test_that_an_opened_run_is_not_overwritten_by_a_live_run_under_way(desk):
    desk.presenter.change(FAST, 12)
    opened = result_of(desk.workspace.bars, BacktestSpec(strategy="sma_cross"))
    desk.workspace.set_spec(opened.spec)
    desk.workspace.set_result(opened)
    desk.finish()
    assert desk.workspace.result is opened
    assert desk.state.stale == ""
    assert len(desk.live.requests) == 1


def test_that_bars_per_year_of_the_calendar_stay_off_when_a_run_is_opened(desk):
    opened = result_of(desk.workspace.bars, BacktestSpec(strategy="sma_cross"))
    assert opened.spec.periods_per_year == desk.workspace.bars.periods_per_year
    desk.workspace.set_spec(opened.spec)
    assert desk.state.values["periods_per_year"] is None


def test_that_a_spec_there_before_the_dock_is_taken():
    desk = Desk(spec=BacktestSpec(strategy="turtle", params={"entry": 55}))
    assert desk.state.strategy == "turtle"
    assert desk.state.values["strategy.params.entry"] == 55


def test_that_an_unknown_strategy_suggests_the_near_name(desk):
    desk.workspace.set_spec(BacktestSpec(strategy="ema_cros"))
    assert desk.state.problem == "Unknown strategy 'ema_cros'. Did you mean 'ema_cross'?"
    assert desk.state.reason == desk.state.problem


def test_that_a_preset_is_saved_opened_and_deleted(desk):
    desk.presenter.commit(FAST, 20)
    desk.presenter.save_preset("Quick")
    assert desk.state.presets == ("Quick",)
    desk.presenter.commit(FAST, 30)
    desk.presenter.open_preset("Quick")
    assert desk.spec.strategy.params["fast"] == 20
    assert desk.state.preset == "Quick"
    desk.presenter.undo()
    assert desk.spec.strategy.params["fast"] == 30
    desk.presenter.delete_preset("Quick")
    assert desk.state.presets == ()


def test_that_a_preset_leaves_the_loaded_file_alone(desk):
    desk.workspace.set_spec(desk.spec.replace(data={"file": "a.csv"}))
    desk.presenter.save_preset("Mine")
    desk.workspace.set_spec(desk.spec.replace(data={"file": "b.csv"}))
    desk.presenter.open_preset("Mine")
    assert desk.spec.data.file == "b.csv"


def test_that_what_went_wrong_with_a_preset_is_told(desk):
    desk.presenter.save_preset("a/b")
    assert desk.state.preset_error == "'a/b' cannot be the name of a preset. Use letters"
    desk.presenter.open_preset("gone")
    assert desk.state.preset_error == "No preset 'gone'"
    desk.presenter.change(FAST, 500)
    desk.presenter.save_preset("Bad")
    assert desk.state.preset_error == "Mend the settings first: Fast must be from 2 to 100 bars"
    assert desk.presets.kept == {}


def test_that_another_unit_of_stops_brings_distances_that_mean_something(desk):
    desk.presenter.commit("execution.stop_loss", 0.05)
    desk.presenter.commit("execution.stop_unit", "atr")
    assert desk.spec.execution.stop_loss == 2.0
    assert desk.spec.execution.take_profit is None
    units = {change.info.name: change.info.unit for change in desk.state.fields}
    assert units["execution.stop_loss"] == "ATR"
    assert "execution.atr_length" not in desk.state.hidden
    desk.presenter.undo()
    assert desk.spec.execution.stop_loss == 0.05


def test_that_the_fill_on_the_deciding_close_is_a_warning(desk):
    assert not desk.state.fill_is_warning
    desk.presenter.commit("execution.fill", "this_close")
    assert desk.state.fill_is_warning
    assert "trades on the price it decided with" in desk.state.fill_sentence


def test_that_folded_sections_say_what_they_hold(desk):
    assert desk.state.summaries["costs"] == PRESETS["us_equities_free"].title
    desk.presenter.commit("costs.spread_bps", 0.0)
    assert desk.state.summaries["costs"].startswith("2 bps slippage, no commission, 0.278 bps on sales")
    assert desk.state.summaries["stops"] == "off"
    desk.presenter.commit("execution.stop_loss", 0.05)
    desk.presenter.commit("execution.time_stop", 20)
    assert desk.state.summaries["stops"] == "stop 5% of price, time 20 bars"
    desk.presenter.fold("costs", False)
    assert "costs" not in desk.state.folded


def test_that_fields_without_effect_are_left_out(desk):
    assert {"execution.band", "execution.atr_length", "execution.reentry"} <= desk.state.hidden
    desk.presenter.commit("execution.rebalance", "band")
    assert "execution.band" not in desk.state.hidden


def test_that_strategies_stand_by_family_with_their_one_line(desk):
    choices = {choice.id: choice for choice in desk.state.choices}
    assert choices["turtle"].group == "Breakout"
    assert choices["ema_cross"].help == "Long while the fast EMA is above the slow EMA, short while it is below."
    assert desk.state.description == choices["ema_cross"].help


def test_that_a_broken_plug_in_is_listed_with_its_line_and_error(desk, tmp_path):
    from engine.strategies import registry

    (tmp_path / "mine.py").write_text("x = 1\nnope\n")
    try:
        registry.scan(tmp_path)
        desk.workspace.strategies_changed.emit()
        broken = desk.state.choices[-1]
        assert (broken.title, broken.help, broken.usable) == (
            "mine.py, line 2", "NameError: name 'nope' is not defined", False,
        )  # fmt: skip
        assert "Traceback" in desk.state.details[broken.id]
    finally:
        (tmp_path / "mine.py").unlink()
        registry.scan(tmp_path)


def test_that_closing_disconnects_and_ends_live_runs(desk):
    desk.presenter.close()
    shown = len(desk.view.states)
    desk.workspace.set_bars(random_bars(50))
    desk.workspace.set_spec(BacktestSpec(strategy="turtle"))
    assert len(desk.view.states) == shown
    assert desk.live.closed


def test_that_reloading_asks_for_a_scan_of_the_folder(desk):
    desk.presenter.reload_strategies()
    assert desk.rescans == [1]


def test_that_the_badge_of_the_settings_stands_beside_the_strategy():
    desk = Desk()
    badge = Badge("looks ahead", "Signals read 1 bar ahead")
    assert desk.state.badge == NO_BADGE
    desk.workspace.spec_badge = badge
    desk.workspace.badges_changed.emit()
    assert desk.state.badge == badge


def test_that_a_strategy_whose_settings_are_wrong_has_no_badge_of_another():
    desk = Desk()
    desk.workspace.spec_badge = Badge("past only")
    desk.workspace.badges_changed.emit()
    desk.presenter.commit("strategy.params.fast", 60)
    assert desk.state.badge.status == "past only"
    desk.presenter.choose_strategy("sma_cross")
    desk.presenter.commit("strategy.params.fast", 400)
    assert desk.state.errors
    desk.presenter.choose_strategy("turtle")
    desk.presenter.commit("capital", -1.0)
    desk.presenter.choose_strategy("ema_cross")
    assert desk.workspace.spec.strategy.name == "turtle"
    assert desk.state.badge == NO_BADGE


def test_that_a_live_run_of_the_source_before_an_edit_does_not_stand_for_the_new_one(desk, tmp_path):
    from engine.strategies import registry

    source = tmp_path / "steady.py"
    write_plugin(tmp_path, "Steady")
    try:
        registry.scan(tmp_path)
        desk.presenter.choose_strategy("steady")
        desk.workspace.set_result(_made(desk))
        desk.presenter.change("capital", 5_000)
        of_before = _made(desk)
        source.write_text(f"{source.read_text()}\n# edited\n")
        registry.scan(tmp_path)
        desk.workspace.strategies_changed.emit()
        desk.live.result.emit(of_before)
        assert desk.workspace.result is of_before
        of_now = _made(desk)
        desk.live.result.emit(of_now)
        assert desk.workspace.result is of_now
        desk.workspace.set_result(of_before)
        assert "edited" in desk.state.stale
    finally:
        source.unlink()
        registry.scan(tmp_path)


def _made(desk):
    return with_proof_key(run_backtest(desk.workspace.bars, desk.spec))
