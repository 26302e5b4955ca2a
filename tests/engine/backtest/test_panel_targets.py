"""What a portfolio strategy returns is checked: shape, range, gross exposure, warm-up, prices; with place and words."""

import dataclasses
import sys

import numpy as np
import pandas as pd
import pytest

from engine.backtest.caps import cap_targets
from engine.backtest.panel_targets import weights_of
from engine.backtest.portfolio import PortfolioSpec
from engine.core.bars import Panel
from engine.core.errors import InputError, StrategyError
from engine.core.timeframe import Timeframe
from engine.registry import Registry
from engine.strategies import PortfolioStrategy, Strategy, check_declaration
from tests.conformance.panels import cut, ragged


class Table(PortfolioStrategy):
    """Returns what it was given."""

    title = "Table"

    def __init__(self, table, warmup=0):
        self.table, self.bars = table, warmup

    def warmup(self, p):
        return self.bars

    def weights(self, panel, p):
        return self.table(panel) if callable(self.table) else self.table


@pytest.fixture
def panel():
    return cut(Panel.align(ragged()[:3]), 300)


def ask(table, panel, warmup=0):
    strategy = Table(table, warmup)
    return weights_of(strategy, panel, strategy.parse({}))


def zeros(panel):
    return np.zeros(panel.close.shape)


def with_one(panel, bar, asset, value):
    table = zeros(panel)
    table[bar, asset] = value
    return table


def test_that_weights_are_taken_as_they_are(panel):
    table = with_one(panel, 7, 1, -0.25)
    np.testing.assert_array_equal(ask(table, panel), table)
    np.testing.assert_array_equal(ask(pd.DataFrame(table), panel), table)
    np.testing.assert_array_equal(ask(table.tolist(), panel), table)


def test_that_what_was_returned_is_copied(panel):
    table = zeros(panel)
    ask(table, panel)[0, 0] = 1.0
    assert not table.any()


def test_that_missing_weights_are_flat_during_the_warm_up_and_refused_after_it(panel):
    table = zeros(panel)
    table[:20] = np.nan
    assert not ask(table, panel, warmup=20).any()
    with pytest.raises(StrategyError, match=r"Table, bar 19 .*: the weight of XLE is not a number"):
        ask(table, panel, warmup=19)


@pytest.mark.parametrize("shape", [(300,), (299, 3), (3, 300), (300, 2)])
def test_that_a_table_of_another_shape_is_refused(panel, shape):
    with pytest.raises(StrategyError, match="for 300 bars of 3 instruments") as caught:
        ask(np.zeros(shape), panel)
    assert __file__ in str(caught.value)


def test_that_a_weight_out_of_range_names_bar_and_symbol(panel):
    label = panel.label(9)
    with pytest.raises(StrategyError, match=rf"Table, bar 9 \({label}\): the weight of SPY is 1.5, outside \[-1, 1\]"):
        ask(with_one(panel, 9, 1, 1.5), panel)
    with pytest.raises(StrategyError, match="the weight of SPY is inf"):
        ask(with_one(panel, 9, 1, np.inf), panel)


def test_that_the_gross_exposure_is_at_most_one(panel):
    table = zeros(panel)
    table[280] = 0.5, -0.5, 0.1
    with pytest.raises(StrategyError, match=r"bar 280 .*the weights have a gross exposure of 1.1, above 1"):
        ask(table, panel)
    table[280] = 1 / 3, 1 / 3, 1 / 3 + 1e-12
    ask(table, panel)


def test_that_a_weight_where_there_is_no_price_is_refused(panel):
    assert np.isnan(panel.close[100, 2])
    with pytest.raises(StrategyError, match=r"bar 100 .*the weight of DIA is 0.2 at a bar without a price"):
        ask(with_one(panel, 100, 2, 0.2), panel)


def test_that_a_weight_during_the_declared_warm_up_is_refused(panel):
    with pytest.raises(StrategyError, match=r"the weight of SPY is 0\.5 during the declared warm-up of 30 bars"):
        ask(with_one(panel, 29, 1, 0.5), panel, warmup=30)


def test_that_an_exception_comes_out_with_file_and_line(panel):
    def fails(_panel):
        raise KeyError("SPX")

    line = fails.__code__.co_firstlineno + 1
    with pytest.raises(StrategyError, match=f"test_panel_targets.py:{line}: KeyError: 'SPX'"):
        ask(fails, panel)


def test_that_a_panel_cannot_be_written_to(panel):
    def writes(given):
        given.close[0, 0] = 1.0

    with pytest.raises(StrategyError, match="read-only"):
        ask(writes, Panel.align(ragged()[:3]))


def test_that_a_panel_of_different_bar_lengths_is_refused():
    one, two = ragged()[:2]
    with pytest.raises(InputError, match="bars of different lengths: XLE 1d, SPY 1h"):
        Panel.align([one, dataclasses.replace(two, timeframe=Timeframe(1, "h"))])


def test_that_a_panel_knows_who_traded_lately_and_carries_closes():
    panel = Panel.align(ragged())
    late, ended = list(panel.symbols).index("DIA"), list(panel.symbols).index("OIH")
    assert not panel.trades[:260, late].any()
    assert panel.trades[260:, late].all()
    assert np.isnan(panel.carried[259, late])
    assert panel.carried[-1, ended] == panel.close[519, ended]
    assert panel.trades[519 + 9, ended]
    assert not panel.trades[519 + 10, ended]
    assert panel.last_bar[0, late] == -1
    assert panel.label(0) == "2011-01-26"
    assert len(panel) == 700


def test_that_weights_that_fill_the_limit_are_not_scaled_for_their_last_digits():
    exact = np.full((6, 1), np.nextafter(1 / 6, 1))
    assert np.abs(exact).sum() > 1.0
    capped, scaling = cap_targets(exact, list("ABCDEF"), PortfolioSpec(), 1.0)
    np.testing.assert_array_equal(capped, exact)
    assert scaling.tolist() == [1.0]
    capped, scaling = cap_targets(exact * 1.001, list("ABCDEF"), PortfolioSpec(), 1.0)
    assert scaling[0] < 1.0
    np.testing.assert_allclose(capped.sum(), 1.0)


PLUGIN = """
import numpy as np
from engine.strategies import PortfolioStrategy, StrategyParams, param


class EqualThirds(PortfolioStrategy):
    \"\"\"A third in each of the first three.\"\"\"

    {body}
"""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("pass", "no weights method"),
        ("decide = 1\n    def weights(self, panel, p): return 0", "a portfolio strategy has no rule"),
    ],
)
def test_that_an_incomplete_plug_in_is_broken_with_words(tmp_path, body, reason):
    (tmp_path / "thirds.py").write_text(PLUGIN.format(body=body))
    registry = Registry(Strategy, "engine.strategies", "strategy", check_declaration)
    registry.scan(tmp_path)
    [broken] = registry.broken
    assert reason in broken.message


def test_that_a_plug_in_of_weights_is_loaded_and_its_errors_name_its_file(tmp_path, panel):
    body = "def weights(self, panel, p): return np.full(panel.close.shape, 1 / 3)"
    (tmp_path / "thirds.py").write_text(PLUGIN.format(body=body))
    registry = Registry(Strategy, "engine.strategies", "strategy", check_declaration)
    registry.scan(tmp_path)
    assert not registry.broken
    strategy = registry.get("equal_thirds")()
    assert (strategy.family, strategy.title) == ("portfolio", "Equal thirds")
    with pytest.raises(StrategyError, match=r"thirds.py, bar 0 .*the weight of DIA is 0.333333 at a bar without a price"):
        weights_of(strategy, panel, strategy.parse({}))
    sys.modules.pop(type(strategy).__module__)
