"""Synthetic instruments: one axis for the formula and its legs, and certain prices only."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import DataError, InputError
from engine.core.instrument import AssetClass, Instrument
from engine.data.formula import parse_formula, synthetic_bars
from tests.engine.data.candle_bars import bars_at, days, every, instant, same

SPREAD = parse_formula("A - 2*B")


def leg(symbol, labels, seed=0, **kwargs):
    return days(labels, Instrument(symbol), seed=seed, **kwargs)


def stamps(bars):
    return [str(t)[:16] for t in bars.time.view("M8[ns]")]


def test_that_bars_stand_where_all_legs_traded():
    a = leg("A", ["2024-01-02", "2024-01-03", "2024-01-05"], 1)
    b = leg("B", ["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05"], 2)
    made, (cut_a, cut_b) = synthetic_bars(SPREAD, [b, a])
    assert [made.label(t) for t in range(len(made))] == ["2024-01-02", "2024-01-05"]
    np.testing.assert_array_equal(cut_a.close, a.close[[0, 2]])
    np.testing.assert_array_equal(cut_b.close, b.close[[1, 3]])
    for part in (cut_a, cut_b):
        np.testing.assert_array_equal(part.time, made.time)
        np.testing.assert_array_equal(part.session, made.session)


def test_that_open_and_close_are_the_formula_and_the_range_is_what_is_certain():
    a, b = leg("A", ["2024-01-02", "2024-01-03"], 1), leg("B", ["2024-01-02", "2024-01-03"], 2)
    made, _ = synthetic_bars(SPREAD, [a, b])
    np.testing.assert_array_equal(made.open, a.open - 2 * b.open)
    np.testing.assert_array_equal(made.close, a.close - 2 * b.close)
    np.testing.assert_array_equal(made.high, np.maximum(made.open, made.close))
    np.testing.assert_array_equal(made.low, np.minimum(made.open, made.close))
    assert (made.close < 0).all()
    assert made.volume.tolist() == [0, 0]
    assert made.symbol == "A - 2*B"
    assert synthetic_bars(SPREAD, [a, b], "spread")[0].symbol == "spread"


def test_that_a_day_of_two_exchanges_closes_with_the_later_one():
    labels = ["2024-01-02", "2024-01-03"]
    a = leg("A", labels, closes=["2024-01-02T21:00", "2024-01-03T21:00"])
    b = leg("B", labels, closes=["2024-01-02T16:30", "2024-01-03T16:30"])
    made, legs = synthetic_bars(SPREAD, [a, b])
    assert stamps(made) == stamps(legs[1]) == ["2024-01-02T21:00", "2024-01-03T21:00"]


def test_that_intraday_legs_meet_at_their_closing_instants():
    a = every("2024-01-02T14:30", "5m", 6, Instrument("A"))
    b = bars_at(a.time[[0, 2, 3]], "5m", Instrument("B"))
    made, (cut, _) = synthetic_bars(SPREAD, [a, b])
    assert made.time.tolist() == a.time[[0, 2, 3]].tolist()
    assert cut.close.tolist() == a.close[[0, 2, 3]].tolist()


def test_that_legs_keep_their_instruments_and_columns():
    a = replace(leg("A", ["2024-01-02", "2024-01-03"]), columns={"x": np.array([1.0, 2.0])})
    _, legs = synthetic_bars(SPREAD, [a, leg("B", ["2024-01-03"])])
    assert [part.symbol for part in legs] == ["A", "B"]
    assert legs[0].columns["x"].tolist() == [2.0]


def test_that_the_year_of_a_mixture_has_the_sessions_that_all_legs_have():
    coin = days(["2024-01-02", "2024-01-03"], Instrument("B", AssetClass.CRYPTO, calendar="24/7"))
    made, _ = synthetic_bars(SPREAD, [leg("A", ["2024-01-02", "2024-01-03"]), coin])
    assert made.periods_per_year == 252
    assert made.instrument.calendar == ""


def test_that_one_leg_alone_is_a_formula_too():
    made, legs = synthetic_bars(parse_formula("A*2"), [leg("A", ["2024-01-02", "2024-01-03"])])
    np.testing.assert_array_equal(made.close, 2 * legs[0].close)


def test_that_disjoint_dates_are_refused_with_each_range():
    a, b = leg("A", ["2020-01-02", "2020-01-03"]), leg("B", ["2021-01-04", "2021-01-05"])
    with pytest.raises(InputError) as caught:
        synthetic_bars(SPREAD, [a, b])
    assert "A 2020-01-02 to 2020-01-03; B 2021-01-04 to 2021-01-05" in str(caught.value)
    with pytest.raises(InputError, match="B is empty"):
        synthetic_bars(SPREAD, [a, b.slice(0, 0)])


def test_that_a_missing_symbol_a_double_one_and_different_lengths_are_refused():
    a, b = leg("A", ["2024-01-02"]), leg("B", ["2024-01-02"])
    with pytest.raises(InputError, match="no prices of B, at position 7"):
        synthetic_bars(SPREAD, [a])
    with pytest.raises(InputError, match="A stands twice"):
        synthetic_bars(SPREAD, [a, b, a])
    with pytest.raises(InputError, match="differ in timeframe: A 1d, B 5m"):
        synthetic_bars(SPREAD, [a, every("2024-01-02T00:00", "5m", 3, Instrument("B"))])
    euro = days(["2024-01-02"], Instrument("B", currency="EUR"))
    with pytest.raises(InputError, match="differ in currency: A USD, B EUR"):
        synthetic_bars(SPREAD, [a, euro])


def test_that_a_division_by_zero_names_the_date():
    a, b = leg("A", ["2024-01-02", "2024-01-03"]), leg("B", ["2024-01-02", "2024-01-03"])
    zero = replace(b, open=np.array([1.0, 0.0]), low=np.zeros(2))
    with pytest.raises(InputError, match="position 2 divides by zero at 2024-01-03"):
        synthetic_bars(parse_formula("A/B"), [a, zero])


def test_that_two_bars_of_one_date_are_refused():
    twice = leg("A", ["2024-01-02", "2024-01-02"], closes=["2024-01-02T12:00", "2024-01-02T21:00"])
    with pytest.raises(DataError, match="2024-01-02 does not follow"):
        synthetic_bars(SPREAD, [twice, leg("B", ["2024-01-02"])])


STEPS = st.lists(st.integers(1, 3), min_size=3, max_size=40)


@given(STEPS, STEPS, st.data())
@settings(max_examples=50, deadline=None)
def test_that_a_synthetic_bar_knows_nothing_of_later_bars(left, right, data):
    start = np.datetime64("2024-01-01")
    a, b = leg("A", start + np.cumsum(left), 1), leg("B", start + np.cumsum(right), 2)
    if not np.intersect1d(a.session, b.session).size:
        return
    full, legs = synthetic_bars(SPREAD, [a, b])
    moment = data.draw(st.sampled_from(full.time.tolist()))
    early, early_legs = synthetic_bars(SPREAD, [x.slice(0, int((x.time <= moment).sum())) for x in (a, b)])
    count = int((full.time <= moment).sum())
    assert len(early) == count
    same(early, full.slice(0, count))
    for part, whole in zip(early_legs, legs, strict=True):
        same(part, whole.slice(0, count))


def test_that_the_instant_of_a_spread_is_never_before_a_leg_closed():
    dates = ["2024-03-08", "2024-03-11"]
    a = leg("A", dates, closes=["2024-03-08T21:00", "2024-03-11T20:00"])
    b = leg("B", dates, closes=["2024-03-08T16:30", "2024-03-11T21:30"])
    made, _ = synthetic_bars(SPREAD, [a, b])
    assert made.time.tolist() == [instant("2024-03-08T21:00"), instant("2024-03-11T21:30")]
