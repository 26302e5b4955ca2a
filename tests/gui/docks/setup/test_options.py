"""Sizing, gates, costs, symbols and portfolio in the Setup presenter, without Qt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.backtest.spec import BacktestSpec
from engine.core.instrument import AssetClass
from engine.execution.costs import CostModel
from engine.execution.presets import PRESETS, default_preset
from ivybt_desktop.docks.setup.edits import (
    AddItem,
    GroupSymbols,
    MoveItem,
    PriceSymbols,
    RemoveItem,
    UseSymbols,
)
from ivybt_desktop.docks.setup.finer import READING
from ivybt_desktop.docks.setup.state import ALONE
from tests.gui.docks.setup.desk import Desk, bars_of, result_of

LOADED = ("SPY", "QQQ", "TLT")


@pytest.fixture
def desk():
    return Desk()


# -- choose a kind, then its fields -----------------------------------------------------------------


def test_that_another_sizing_rule_keeps_the_numbers_of_the_ones_before(desk):
    desk.presenter.commit("sizing.fixed_fraction.fraction", 0.5)
    desk.presenter.commit("sizing.name", "kelly")
    desk.presenter.commit("sizing.kelly.share", 0.25)
    assert (desk.spec.sizing.name, desk.spec.sizing.share) == ("kelly", 0.25)
    desk.presenter.commit("sizing.name", "fixed_fraction")
    assert desk.spec.sizing.fraction == 0.5
    desk.presenter.commit("sizing.name", "kelly")
    assert desk.spec.sizing.share == 0.25
    desk.presenter.undo()
    assert desk.spec.sizing.name == "fixed_fraction"


def test_that_sizing_by_risk_without_a_stop_is_told_at_the_stop_in_the_words_of_the_form(desk):
    desk.presenter.commit("sizing.name", "risk_per_trade")
    assert desk.state.errors == {
        "execution.stop_loss": "Sizing by risk needs a stop. Set Stop loss or Trailing stop, "
        "or choose another sizing"
    }
    desk.presenter.commit("execution.stop_loss", 0.05)
    assert desk.state.errors == {}
    assert desk.spec.sizing.name == "risk_per_trade"


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ({"execution.stop_loss": 1.5}, "execution.stop_loss", "A stop 150% below the entry can never"),
        (
            {"execution.take_profit": 0.05, "execution.break_even": 0.1},
            "execution.break_even", "Break-even at 0.1 is not before the target",
        ),
        (
            {"execution.fill": "this_close", "execution.entry": "limit"},
            "execution.entry", "Use fill next open",
        ),
        (
            {"costs.commission_min": 5.0, "costs.commission_max": 1.0},
            "costs.commission_max", "The largest fee 1 is below the smallest 5",
        ),
    ],
)  # fmt: skip
def test_that_contradictions_are_told_live_at_their_field(desk, settings, field, words):
    for name, value in settings.items():
        desk.presenter.commit(name, value)
    assert list(desk.state.errors) == [field]
    assert words in desk.state.errors[field]


def test_that_an_allocation_that_cannot_be_is_told_at_its_field(desk):
    desk.presenter.commit("portfolio.allocation.name", "risk_parity")
    desk.presenter.commit("portfolio.allocation.risk_parity.lookback", 30)
    assert "Least history (60)" in desk.state.errors["portfolio.allocation.risk_parity.min_history"]


# -- gates and further strategies ------------------------------------------------------------------


def test_that_gates_are_added_changed_moved_and_removed_each_as_one_step(desk):
    for kind in ("moving_average", "garch", "hmm"):
        desk.presenter.edit(AddItem("gates", kind))
    desk.presenter.commit("gates.0.moving_average.length", 100)
    desk.presenter.edit(MoveItem("gates.0", 1))
    assert [gate.name for gate in desk.spec.gates] == ["garch", "moving_average", "hmm"]
    assert desk.spec.gates[1].length == 100
    desk.presenter.edit(RemoveItem("gates.1"))
    assert [gate.name for gate in desk.spec.gates] == ["moving_average", "hmm"]
    for _ in range(3):
        desk.presenter.undo()
    assert [gate.name for gate in desk.spec.gates] == ["moving_average", "garch", "hmm"]
    assert desk.spec.gates[0].length == 200


def test_that_what_a_gate_says_about_its_fields_stands_at_the_right_one_of_two(desk):
    desk.presenter.edit(AddItem("gates", "hmm"))
    desk.presenter.edit(AddItem("gates", "hmm"))
    desk.presenter.commit("gates.1.hmm.to_state", 2)
    assert list(desk.state.errors) == ["gates.1.hmm.to_state"]
    assert "would never close" in desk.state.errors["gates.1.hmm.to_state"]


def test_that_a_further_strategy_is_checked_like_the_first_one(desk):
    desk.presenter.edit(AddItem("sleeves", "ema_cross"))
    desk.presenter.commit("sleeves.0.ema_cross.fast", 60)
    assert desk.state.errors == dict.fromkeys(
        ("sleeves.0.ema_cross.fast", "sleeves.0.ema_cross.slow"), "Fast must be less than Slow"
    )
    desk.presenter.commit("sleeves.0.ema_cross.fast", 20)
    desk.presenter.commit("sleeves.0.weight", 0.5)
    assert (desk.spec.sleeves[0].params["fast"], desk.spec.sleeves[0].weight) == (20, 0.5)
    assert "strategy.weight" in [info.name for info in desk.state.params]


def test_that_a_strategy_can_trade_some_of_the_symbols_and_unknown_ones_are_told(desk):
    desk.load(*LOADED)
    desk.presenter.edit(AddItem("sleeves", "turtle"))
    desk.presenter.commit("strategy.symbols", ("SPY", "TLT"))
    assert desk.spec.strategy.symbols == ("SPY", "TLT")
    desk.presenter.commit("sleeves.0.symbols", ("SPYY",))
    assert desk.state.errors == {"sleeves.0.symbols": "SPYY is not loaded. Did you mean 'SPY'?"}


# -- costs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [AssetClass.CRYPTO, AssetClass.EQUITY])
def test_that_untouched_costs_start_with_the_preset_for_the_prices(kind):
    desk = Desk(with_bars=False)
    desk.workspace.set_bars(bars_of("XYZ", kind))
    preset = default_preset(kind, "XYZ")
    assert desk.spec.costs == CostModel(preset=preset.name)
    assert preset.as_of in desk.state.cost_note
    assert desk.state.changes["costs"] == 0
    assert not desk.presenter.can_undo
    other = AssetClass.FX if kind is AssetClass.CRYPTO else AssetClass.CRYPTO
    desk.workspace.set_bars(bars_of("ABC", other))
    assert desk.spec.costs.preset == default_preset(other, "ABC").name


def test_that_costs_the_person_has_set_are_never_overwritten(desk):
    desk.presenter.commit("costs.slippage_bps", 7.0)
    desk.workspace.set_bars(bars_of("BTCUSDT", AssetClass.CRYPTO))
    assert desk.spec.costs.slippage_bps == 7.0
    assert "The prices are of crypto" in desk.state.cost_note
    assert desk.state.cost_is_warning


def test_that_costs_of_an_opened_spec_are_never_overwritten(desk):
    desk.workspace.set_spec(BacktestSpec(strategy="ema_cross", data={"file": "a.csv"}))
    before = desk.spec.costs
    desk.workspace.set_bars(bars_of("BTCUSDT", AssetClass.CRYPTO))
    assert desk.spec.costs == before == CostModel()


def test_that_a_preset_fills_the_fields_and_changed_ones_are_counted(desk):
    name = next(name for name, preset in PRESETS.items() if preset.costs.get("commission_bps"))
    desk.presenter.commit("costs.preset", name)
    assert desk.spec.costs == CostModel(preset=name)
    assert desk.state.values["costs.commission_bps"] == PRESETS[name].costs["commission_bps"]
    desk.presenter.commit("costs.commission_bps", 99.0)
    assert desk.spec.costs.preset == name
    assert desk.state.changes["costs"] == 1
    assert "1 changed from preset" in desk.state.cost_note
    default = {change.info.name: change.info.default for change in desk.state.fields}
    assert default["costs.commission_bps"] == PRESETS[name].costs["commission_bps"]


def test_that_a_run_without_costs_is_marked(desk):
    desk.presenter.commit("costs.preset", "none")
    assert desk.spec.costs.is_free
    assert desk.state.cost_is_warning
    assert desk.state.summaries["costs"] == "zero costs"


def test_that_rare_fields_are_left_out_until_asked_for_or_changed(desk):
    assert "costs.impact_bps" in desk.state.hidden
    assert desk.state.more["costs"] > 0
    desk.presenter.commit("costs.impact_bps", 10.0)
    assert "costs.impact_bps" not in desk.state.hidden
    desk.presenter.show_more("costs")
    assert "costs.slippage_ticks" not in desk.state.hidden


# -- symbols ---------------------------------------------------------------------------------------


def test_that_ticks_choose_what_is_traded_and_all_of_them_is_the_empty_list(desk):
    bars = desk.load(*LOADED)
    assert desk.spec.data.symbols == ()
    assert (desk.spec.data.file, desk.spec.data.files) == ("/p/SPY.csv", ("/p/QQQ.csv", "/p/TLT.csv"))
    desk.presenter.edit(UseSymbols(frozenset(["SPY"]), False, LOADED))
    assert desk.spec.data.symbols == ("QQQ", "TLT")
    assert desk.workspace.traded == tuple(bars[1:])
    assert desk.workspace.bars is bars[1]
    assert [row.used for row in desk.state.symbols] == [False, True, True]
    desk.presenter.edit(UseSymbols(frozenset(["SPY"]), True, LOADED))
    assert desk.spec.data.symbols == ()
    desk.presenter.edit(UseSymbols(frozenset(LOADED), False, LOADED))
    assert desk.spec.data.symbols == ()


def test_that_a_live_run_takes_the_ticked_instruments(desk):
    bars = desk.load(*LOADED)
    desk.presenter.change("strategy.params.fast", 12)
    assert desk.live.requests[-1][0] == tuple(bars)
    desk.presenter.edit(UseSymbols(frozenset(["QQQ", "TLT"]), False, LOADED))
    desk.presenter.change("strategy.params.fast", 13)
    assert desk.live.requests[-1][0] is bars[0]


def test_that_groups_and_own_costs_belong_to_symbols(desk):
    desk.load(*LOADED)
    desk.presenter.edit(GroupSymbols(frozenset(["SPY", "QQQ"]), "shares"))
    desk.presenter.edit(PriceSymbols(frozenset(["TLT"]), "us_equities_free"))
    assert desk.spec.portfolio.groups == {"SPY": "shares", "QQQ": "shares"}
    assert desk.spec.symbol_costs == {"TLT": CostModel(preset="us_equities_free")}
    assert [row.group for row in desk.state.symbols] == ["shares", "shares", ""]
    assert desk.state.symbols[2].cost_words == PRESETS["us_equities_free"].title
    desk.presenter.edit(GroupSymbols(frozenset(["SPY"]), " "))
    desk.presenter.edit(PriceSymbols(frozenset(["TLT"]), None))
    assert desk.spec.portfolio.groups == {"QQQ": "shares"}
    assert desk.spec.symbol_costs == {}


def test_that_a_removed_symbol_takes_along_what_was_said_about_it(desk):
    desk.load(*LOADED)
    desk.presenter.edit(GroupSymbols(frozenset(LOADED), "all"))
    desk.presenter.remove_symbols(frozenset(["QQQ"]))
    assert [bars.symbol for bars in desk.workspace.universe] == ["SPY", "TLT"]
    assert desk.spec.portfolio.groups == {"SPY": "all", "TLT": "all"}
    assert desk.spec.data.files == ("/p/TLT.csv",)
    desk.presenter.undo()
    assert "QQQ" not in desk.spec.portfolio.groups
    desk.presenter.remove_symbols(frozenset(["SPY", "TLT"]))
    assert len(desk.workspace.universe) == 2


def test_that_the_portfolio_says_why_it_cannot_be_used_with_one_instrument(desk):
    assert desk.state.alone == ALONE
    desk.load(*LOADED)
    assert desk.state.alone == ""
    desk.presenter.edit(UseSymbols(frozenset(["QQQ", "TLT"]), False, LOADED))
    assert desk.state.alone == ALONE
    desk.presenter.edit(AddItem("sleeves", "turtle"))
    assert desk.state.alone == ""


def test_that_what_is_said_about_the_instrument_reaches_the_run(desk):
    bars = desk.workspace.bars
    desk.presenter.commit("data.instrument.multiplier", 50.0)
    desk.presenter.change("strategy.params.fast", 12)
    stated = desk.live.requests[-1][0]
    assert (stated.instrument.multiplier, stated.digest) == (50.0, bars.digest)
    desk.presenter.change("strategy.params.fast", 13)
    assert desk.live.requests[-1][0] is stated


def test_that_a_formula_is_read_while_it_is_typed_and_misses_symbols_that_are_not_used(desk):
    desk.load(*LOADED)
    desk.presenter.commit("data.formula", "SPY - 0.8*")
    assert list(desk.state.errors) == ["data.formula"]
    desk.presenter.commit("data.formula", "SPY - 0.8*GLD")
    assert "GLD" in desk.state.errors["data.formula"]
    desk.presenter.commit("data.formula", "SPY - 0.8*QQQ")
    assert desk.spec.data.formula == "SPY - 0.8*QQQ"
    desk.presenter.edit(UseSymbols(frozenset(["QQQ"]), False, LOADED))
    assert list(desk.state.errors) == ["data.formula"]


def test_that_a_formula_beside_a_further_strategy_is_told_before_the_run(desk):
    desk.load(*LOADED)
    desk.presenter.commit("data.formula", "SPY - 0.8*QQQ")
    desk.presenter.edit(AddItem("sleeves", "turtle"))
    assert "one strategy" in desk.state.errors["data.formula"]
    desk.presenter.edit(RemoveItem("sleeves.0"))
    desk.presenter.commit("strategy.symbols", ("SPY",))
    assert "Trades only" in desk.state.errors["data.formula"]
    desk.presenter.commit("strategy.symbols", ())
    assert not desk.state.errors


# -- finer bars, candles, split --------------------------------------------------------------------


def test_that_finer_bars_are_read_once_and_go_along_with_the_run(desk):
    desk.presenter.commit("data.finer", "/p/fine.csv")
    desk.presenter.change("strategy.params.fast", 12)
    assert desk.finer_reads == ["/p/fine.csv"]
    assert [str(bars.timeframe) for bars in desk.live.finer] == ["1h"]
    desk.presenter.commit("data.finer", None)
    desk.presenter.change("strategy.params.fast", 13)
    assert desk.live.finer == ()


def test_that_run_waits_for_the_finer_bars(desk):
    desk.waiting = []
    desk.presenter.commit("data.finer", "/p/fine.csv")
    assert desk.state.reason == desk.workspace.problem == READING
    desk.go_on()
    assert desk.state.reason == ""


def test_that_a_finer_file_that_cannot_be_read_is_told_at_its_field(desk):
    desk.presenter.commit("data.finer", "/p/missing.csv")
    assert desk.state.errors == {"data.finer": "No such file. Check the path"}
    desk.presenter.commit("data.finer", None)
    assert desk.state.errors == {}


def test_that_bar_lengths_are_checked_against_the_prices(desk):
    desk.presenter.commit("data.candles.timeframe", "1h")
    assert desk.state.errors == {
        "data.candles.timeframe": "Decide on must not be shorter than the bars of the prices, 1d"
    }
    desk.presenter.commit("data.candles.timeframe", "weekly")
    assert desk.state.errors["data.candles.timeframe"].startswith("'weekly' is not a bar length")
    desk.presenter.commit("data.candles.timeframe", "1wk")
    desk.presenter.commit("data.timeframe", "1h")
    assert "The prices are 1d bars, not 1h" in desk.state.errors["data.timeframe"]


def test_that_renko_begins_with_a_brick_and_one_of_the_two_makes_it(desk):
    desk.presenter.commit("data.candles.kind", "renko")
    assert desk.spec.data.candles.brick_atr == 14
    desk.presenter.commit("data.candles.brick_size", 2.0)
    assert (desk.spec.data.candles.brick_size, desk.spec.data.candles.brick_atr) == (2.0, None)
    desk.presenter.commit("data.candles.brick_size", None)
    assert "Renko needs a brick" in desk.state.errors["data.candles.brick_atr"]


def test_that_a_part_to_trade_goes_with_its_split(desk):
    assert "data.run_mode" in desk.state.hidden
    desk.presenter.commit("data.train_split", 0.7)
    desk.presenter.commit("data.run_mode", "test")
    assert (desk.spec.data.train_split, desk.spec.data.run_mode) == (0.7, "test")
    desk.presenter.commit("data.train_split", 1.0)
    assert list(desk.state.errors) == ["data.train_split"]
    desk.presenter.commit("data.train_split", None)
    assert desk.spec.data.run_mode == "full"


# -- presets, folds --------------------------------------------------------------------------------


def test_that_a_preset_carries_everything_and_leaves_the_loaded_files_alone(desk):
    desk.load(*LOADED)
    desk.presenter.edit(AddItem("gates", "garch"))
    desk.presenter.edit(AddItem("sleeves", "turtle"))
    desk.presenter.commit("sizing.name", "kelly")
    desk.presenter.commit("portfolio.allocation.name", "risk_parity")
    desk.presenter.commit("costs.preset", "ibkr_us_fixed")
    kept = desk.spec
    desk.presenter.save_preset("All")
    fresh = Desk()
    fresh.presets.kept = desk.presets.kept
    fresh.workspace.set_universe([bars_of("GLD")], {"GLD": "/p/GLD.csv"})
    fresh.presenter.open_preset("All")
    mine = replace_data(kept, fresh.spec)
    assert fresh.spec == mine
    assert fresh.spec.data.file == "/p/GLD.csv"


def replace_data(kept, now):
    return kept.replace(data=now.to_dict()["data"])


def test_that_what_a_spec_changes_is_unfolded_and_what_was_folded_by_hand_stays(desk):
    assert {"gates", "costs", "portfolio", "candles"} <= desk.state.folded
    desk.presenter.fold("costs", True)
    spec = BacktestSpec(strategy="ema_cross", gates=[{"name": "garch"}], costs={"slippage_bps": 3})
    desk.workspace.set_spec(spec)
    assert "gates" not in desk.state.folded
    assert "costs" in desk.state.folded
    assert desk.state.changes["gates"] == 1


def test_that_an_opened_portfolio_run_shows_its_own_instruments(desk):
    legs = (bars_of("A", seed=1), bars_of("B", seed=2))
    one = result_of(legs[0], BacktestSpec(strategy="ema_cross", params={"fast": 10, "slow": 50}))
    desk.workspace.show_run(replace(one, legs=legs))
    assert desk.workspace.universe == legs
    assert [row.symbol for row in desk.state.symbols] == ["A", "B"]
    assert desk.state.stale == ""
