"""Presets with the instruments they were saved on, and strategies whose file is gone or broken."""

from __future__ import annotations

import pytest

from engine.backtest.spec import BacktestSpec
from engine.strategies import registry
from tests.fakes.plugins import write_plugin
from tests.gui.docks.setup.desk import Desk

GROUPS = {"SPY": "stocks", "TLT": "bonds"}


@pytest.fixture
def desk():
    made = Desk(with_bars=False)
    made.load("SPY", "TLT", "GLD")
    yield made
    made.presenter.close()


def save(desk, name, *symbols):
    desk.presenter.commit("data.symbols", symbols)
    desk.presenter.commit("portfolio.groups", GROUPS)
    desk.presenter.commit("strategy.symbols", symbols[:1])
    desk.presenter.choose_strategy("turtle")
    desk.presenter.save_preset(name)


def test_that_a_preset_brings_its_instruments_back(desk):
    save(desk, "Two", "SPY", "TLT")
    desk.presenter.commit("data.symbols", ())
    desk.presenter.commit("portfolio.groups", {})
    desk.presenter.choose_strategy("ema_cross")
    desk.presenter.open_preset("Two")
    spec = desk.spec
    assert spec.strategy.name == "turtle"
    assert (spec.data.symbols, spec.strategy.symbols, spec.portfolio.groups) == (("SPY", "TLT"), ("SPY",), GROUPS)
    assert (desk.state.preset, desk.state.preset_note, desk.state.can_load) == ("Two", "", False)


def test_that_all_instruments_are_named_in_the_file_and_stay_all_in_the_form(desk):
    desk.presenter.save_preset("All")
    assert desk.presets.kept["All"].data.symbols == ("SPY", "TLT", "GLD")
    desk.presenter.open_preset("All")
    assert desk.spec.data.symbols == ()


def test_that_instruments_that_are_not_loaded_are_told_and_can_be_loaded(desk, tmp_path):
    file = tmp_path / "oil.csv"
    file.write_text("x")
    desk.presets.kept["Oil"] = BacktestSpec(
        strategy="turtle", data={"file": str(file), "symbols": ["SPY", "OIL"]},
        portfolio={"groups": {"OIL": "energy", "SPY": "stocks"}},
    ).replace(symbol_costs={"OIL": {"slippage_bps": 5}})  # fmt: skip
    desk.presenter.open_preset("Oil")
    assert desk.state.preset_note == "Saved on OIL, not loaded here. The prices in use stay"
    assert desk.state.can_load
    assert desk.spec.strategy.name == "turtle"
    assert (desk.spec.data.symbols, desk.spec.portfolio.groups, desk.spec.symbol_costs) == ((), {"SPY": "stocks"}, {})
    desk.presenter.load_preset_prices()
    assert [str(path) for path in desk.opened] == ["/presets/Oil.yaml"]
    desk.load("OIL")
    assert (desk.state.preset_note, desk.state.can_load) == ("", False)


def test_that_files_that_are_gone_are_named_and_nothing_is_offered(desk):
    desk.presets.kept["Old"] = BacktestSpec(strategy="turtle", data={"file": "/no/old.csv", "symbols": ["OLD"]})
    desk.presenter.open_preset("Old")
    assert desk.state.preset_note == (
        "Saved on OLD, not loaded here, and old.csv is not there any more. The prices in use stay"
    )
    assert not desk.state.can_load
    desk.presenter.load_preset_prices()
    assert desk.opened == []


def test_that_a_preset_is_applied_to_chosen_instruments(desk):
    save(desk, "Two", "SPY", "TLT")
    desk.presenter.apply_preset("Two", {"GLD", "TLT"})
    spec = desk.spec
    assert (spec.data.symbols, spec.strategy.symbols, spec.portfolio.groups) == (("TLT", "GLD"), (), GROUPS)
    assert desk.state.preset_note == ""


def test_that_the_menu_of_the_window_opens_and_applies_presets_here(desk):
    save(desk, "Two", "SPY", "TLT")
    desk.presenter.commit("data.symbols", ("GLD",))
    desk.presenter.commit("strategy.symbols", ())
    desk.workspace.preset_asked.emit("Two", True)
    assert desk.spec.data.symbols == ("GLD",)
    desk.workspace.preset_asked.emit("Two", False)
    assert desk.spec.data.symbols == ("SPY", "TLT")


@pytest.fixture
def own(tmp_path):
    write_plugin(tmp_path, "Steady")
    registry.scan(tmp_path)
    made = Desk(spec=BacktestSpec(strategy="steady", params={"x": 5}))

    def rewrite(text):
        path = tmp_path / "steady.py"
        path.unlink() if text is None else path.write_text(text)
        registry.scan(tmp_path)
        made.workspace.strategies_changed.emit()

    made.text, made.rewrite = (tmp_path / "steady.py").read_text(), rewrite
    yield made
    made.presenter.close()
    (tmp_path / "steady.py").unlink(missing_ok=True)
    registry.scan(tmp_path)


def test_that_a_file_that_is_gone_blocks_run_keeps_the_parameters_and_comes_back(own):
    own.rewrite(None)
    reason = "steady.py, the file of Steady, is gone. Put it back or choose another strategy; the parameters are kept"
    assert (own.state.reason, own.state.problem, own.workspace.problem) == (reason,) * 3
    assert own.state.title == "Steady"
    assert [info.name for info in own.state.params] == ["strategy.params.x"]
    assert own.state.values["strategy.params.x"] == 5
    own.presenter.commit("strategy.params.x", 6)
    own.presenter.run()
    assert own.ran == []
    own.rewrite(own.text)
    assert (own.state.reason, own.workspace.problem) == ("", "")
    assert own.spec.strategy.params == {"x": 6}


def test_that_a_broken_file_is_told_with_its_line_and_what_to_do(own):
    own.rewrite("x = 1\ny = (\n")
    assert own.state.reason == (
        "steady.py has an error in line 2. SyntaxError: '(' was never closed. "
        "Mend it and it loads by itself; the parameters are kept"
    )
    own.rewrite(own.text.replace("x: int", "z: int"))
    assert (own.state.reason, dict(own.spec.strategy.params)) == ("", {"z": 1})


def test_that_an_edited_strategy_runs_again_live_and_its_older_run_is_marked(own):
    own.presenter.change("strategy.params.x", 7)
    own.finish()
    asked = len(own.live.requests)
    own.rewrite(own.text + "# edited\n")
    assert len(own.live.requests) == asked + 1
    own.finish()
    assert own.state.stale == ""
    own.presenter.set_live(False)
    own.rewrite(own.text)
    assert own.state.stale == "The strategy was edited since this run. F5 runs again."


def test_that_why_a_live_run_failed_stays_until_the_next_change(own):
    from engine.core.errors import StrategyError

    own.presenter.change("strategy.params.x", 8)
    own.live.failed.emit(StrategyError("no volume", where="/home/ann/plugins/steady.py:9, bar 3 (x)", hint="Mend it"))
    assert own.state.problem == "steady.py:9, bar 3 (x): no volume. Mend it"
    own.workspace.badges_changed.emit()
    assert own.state.problem
    assert own.state.reason == ""
    own.presenter.change("strategy.params.x", 9)
    assert own.state.problem == ""
