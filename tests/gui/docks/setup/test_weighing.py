"""A portfolio strategy in the Setup presenter, without Qt: what it cannot weigh is told before the run."""

from __future__ import annotations

from ivybt_desktop.docks.setup.edits import AddItem, UseSymbols
from tests.gui.docks.setup.desk import Desk

LOADED = ("SPY", "QQQ", "TLT")


def told(desk):
    return [*desk.state.errors.values(), desk.state.problem]


def test_that_a_portfolio_strategy_takes_several_symbols_and_refuses_one():
    desk = Desk()
    desk.load(*LOADED)
    desk.presenter.choose_strategy("cross_sectional_momentum")
    assert desk.spec.strategy.name == "cross_sectional_momentum"
    assert desk.state.errors == {}
    desk.presenter.edit(UseSymbols(frozenset({"QQQ", "TLT"}), on=False, loaded=LOADED))
    assert any("needs at least 2 instruments, 1 was given" in words for words in told(desk))
    desk.presenter.edit(UseSymbols(frozenset({"TLT"}), on=True, loaded=LOADED))
    assert desk.spec.data.symbols == ("SPY", "TLT")


def test_that_an_allocation_beside_it_is_told_at_the_allocation():
    desk = Desk()
    desk.load(*LOADED)
    desk.presenter.commit("portfolio.allocation.name", "risk_parity")
    assert desk.spec.portfolio.allocation.name == "risk_parity"
    desk.presenter.choose_strategy("pairs_trading")
    assert list(desk.state.errors) == ["portfolio.allocation.name"]
    desk.presenter.commit("portfolio.allocation.name", "none")
    assert desk.spec.strategy.name == "pairs_trading"


def test_that_a_further_strategy_that_weighs_is_checked_too():
    desk = Desk()
    desk.load(*LOADED)
    desk.presenter.edit(AddItem("sleeves", "pairs_trading"))
    assert desk.spec.sleeves[0].name == "pairs_trading"
    desk.presenter.commit("sleeves.0.symbols", ("TLT",))
    assert any("needs at least 2 instruments" in words for words in told(desk))
    desk.presenter.commit("sleeves.0.symbols", ("TLT", "SPY"))
    assert desk.spec.sleeves[0].symbols == ("TLT", "SPY")
