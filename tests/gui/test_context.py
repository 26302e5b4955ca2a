"""The workspace: which instruments are loaded, shown and traded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.instrument import AssetClass, Instrument
from ivybt_desktop.context import Workspace
from tests.fakes.prices import random_bars


def bars_of(symbol: str) -> Bars:
    return replace(random_bars(50), instrument=Instrument(symbol))


@pytest.fixture
def space() -> Workspace:
    made = Workspace()
    made.set_universe([bars_of("A"), bars_of("B"), bars_of("C")], {"A": "a.csv", "B": "b.csv", "C": "b.csv"})
    return made


def use(space: Workspace, *symbols: str, **instrument: object) -> None:
    data = {"symbols": symbols, "instrument": instrument}
    space.set_spec(BacktestSpec(strategy="buy_and_hold", data=data))


def names(series: tuple[Bars, ...]) -> list[str]:
    return [bars.symbol for bars in series]


def test_that_without_a_choice_all_loaded_instruments_are_traded(space: Workspace) -> None:
    assert names(space.traded) == ["A", "B", "C"]
    assert space.bars is space.universe[0]


def test_that_the_settings_choose_the_instruments_and_their_order(space: Workspace) -> None:
    use(space, "C", "A")
    assert names(space.traded) == ["C", "A"]


def test_that_the_shown_series_is_one_that_is_traded(space: Workspace) -> None:
    shown: list[str] = []
    space.bars_changed.connect(lambda bars: shown.append(bars.symbol))
    use(space, "B", "C")
    assert shown == ["B"]
    use(space, "B")
    assert shown == ["B"]


def test_that_added_bars_of_a_loaded_symbol_take_its_place(space: Workspace) -> None:
    heard: list[list[str]] = []
    space.universe_changed.connect(lambda universe: heard.append(names(universe)))
    newer = bars_of("B")
    space.add_bars([newer, bars_of("D")], {"D": "d.csv"})
    assert heard == [["A", "B", "C", "D"]]
    assert space.universe[1] is newer
    assert space.sources["D"] == "d.csv"


def test_that_removing_keeps_the_last_one_and_shows_another(space: Workspace) -> None:
    space.remove_symbols(["A"])
    assert space.bars is space.universe[0]
    assert dict(space.sources) == {"B": "b.csv", "C": "b.csv"}
    space.remove_symbols(["B", "C"])
    assert names(space.universe) == ["B", "C"]


def test_that_one_series_alone_takes_the_place_of_all(space: Workspace) -> None:
    space.set_finer([bars_of("A")])
    space.set_bars(bars_of("Z"))
    assert names(space.universe) == ["Z"]
    assert space.sources == {}
    assert space.finer == ()


def test_that_traded_instruments_are_as_the_settings_state_them(space: Workspace) -> None:
    use(space, asset_class="future", multiplier=50, tick_size=0.25)
    stated = space.traded[0]
    assert stated.instrument == Instrument("A", AssetClass.FUTURE, tick_size=0.25, multiplier=50.0)
    assert stated.digest == space.universe[0].digest
    assert space.traded[0] is stated
    use(space)
    assert space.traded[0] is space.universe[0]


def test_that_only_the_finer_bars_of_traded_instruments_go_along(space: Workspace) -> None:
    space.set_finer([bars_of("A"), bars_of("B")])
    use(space, "B", "C")
    assert names(space.finer_traded) == ["B"]


def test_that_a_kept_test_part_does_not_replace_the_prices_it_was_cut_from():
    spec = BacktestSpec(strategy="buy_and_hold", data={"train_split": 0.5, "run_mode": "test"})
    whole = random_bars(120)
    result = run_backtest(whole, spec)
    space = Workspace()
    space.set_universe((whole,))
    space.show_run(result)
    assert len(space.bars) == 120
    assert space.spec.data.run_mode == "test"


def test_that_a_kept_test_part_alone_is_not_split_again():
    spec = BacktestSpec(strategy="buy_and_hold", data={"train_split": 0.5, "run_mode": "test"})
    result = run_backtest(random_bars(120), spec)
    space = Workspace()
    space.show_run(result)
    assert len(space.bars) == 60
    assert space.spec.data.run_mode == "full"
    assert space.spec.data.train_split is None
