"""Lines that cells of a sweep share: what the rule reads is common, what the chart shows is drawn beside it."""

import numpy as np
import pytest

from engine.backtest.targets import lines_of
from engine.indicators.bank import compute
from engine.indicators.channel import bollinger
from engine.strategies import load
from engine.studies.grid import build_cells, full_columns
from engine.studies.plan import plan_bank
from tests.conformance.series import sp500

BANDS = {"bollinger_reversion": ("length", "std"), "rebalancing_premium": ("bb_length", "bb_std"), "bb_kc_squeeze": ("length", "bb_mult")}


@pytest.mark.parametrize(("name", "fields"), BANDS.items())
def test_that_bands_are_drawn_and_all_widths_share_mean_and_deviation(name, fields):
    strategy = load(name)
    length, width = fields
    params = strategy.parse({length: 30, width: 2.5})
    lines = lines_of(strategy, sp500(), params)
    upper, middle, lower = compute(sp500(), list(bollinger("close", 30, 2.5)))
    for drawn, expected in (("upper", upper), ("middle", middle), ("lower", lower)):
        np.testing.assert_array_equal(lines[drawn][0], expected)
        assert lines[drawn][1] == "price"
    assert "deviation" not in lines
    cells = build_cells(name, {}, {width: [1.5, 2.0, 2.5, 3.0]})
    plan = plan_bank(strategy, full_columns(strategy, {}, cells.params), len(cells))
    assert [args.shape[0] for kind, _, args in plan.requests if kind == "moments"] == [1]


def test_that_the_cloud_is_drawn_and_all_clouds_share_their_ranges():
    strategy = load("ichimoku_cloud")
    params = strategy.parse({})
    lines = lines_of(strategy, sp500(), params)
    tenkan, kijun = lines["tenkan"][0], lines["kijun"][0]
    assert {"cloud_a", "cloud_b", "ahead_a", "ahead_b"} <= set(lines)
    known = ~np.isnan(lines["cloud_a"][0])
    made = 0.5 * (tenkan + kijun)
    np.testing.assert_array_equal(lines["cloud_a"][0][known], np.roll(made, params.displacement)[known])
    assert strategy.warmup(params) == 52 - 1 + 26
    cells = build_cells("ichimoku_cloud", {}, {"tenkan": [5, 6, 7], "kijun": [20, 30, 40]})
    assert plan_bank(strategy, full_columns(strategy, {}, cells.params), len(cells)).size == 3 + 3 + 1


def test_that_random_numbers_and_marks_of_a_release_are_not_drawn():
    assert lines_of(load("random_entry"), sp500(), load("random_entry").parse({})) == {}
    assert set(lines_of(load("news_breakout"), sp500(), load("news_breakout").parse({}))) == {"long", "short"}
