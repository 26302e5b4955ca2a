"""Formulas: what is read, what is refused and where, values and gearing."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.data.formula import parse_formula

PRICES = {
    "SPY": np.array([100.0, 110.0]), "QQQ": np.array([50.0, 55.0]), "BRK-B": np.array([1.0, 2.0]),
    "0700.HK": np.array([4.0, 5.0]), "^GSPC": np.array([3.0, 4.0]), "EURUSD=X": np.array([1.0, 2.0]),
    "A_1": np.array([2.0, 2.0]), "3M": np.array([7.0, 8.0]), "2E": np.array([7.0, 8.0]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("SPY - 0.8*QQQ", 60.0), ("SPY/QQQ", 2.0), ("-SPY + QQQ", -50.0), ("- -SPY", 100.0), ("-(SPY-QQQ)*2", -100.0),
        ("SPY - QQQ - 10", 40.0), ("SPY/QQQ/2", 1.0), ("SPY-QQQ*2+1", 1.0), ("(SPY+QQQ)/(2*3)", 25.0),
        ("`BRK-B`*2", 2.0), ("0700.HK + ^GSPC*EURUSD=X", 7.0), ("A_1*1e1", 20.0), ("SPY*2.5e-1", 25.0),
        ("3M+2E", 14.0), (".5*SPY", 50.0), ("SPY*2.", 200.0), (" SPY ", 100.0), ("SPY*-1", -100.0),
    ],
)  # fmt: skip
def test_that_a_formula_has_the_value_of_arithmetic(text, first):
    formula = parse_formula(text)
    assert formula.evaluate(PRICES)[0] == pytest.approx(first, rel=1e-15)
    assert set(formula.symbols) <= set(PRICES)


def test_that_symbols_stand_once_in_order_of_appearance():
    assert parse_formula("QQQ/(SPY + QQQ) - `BRK-B`").symbols == ("QQQ", "SPY", "BRK-B")


@pytest.mark.parametrize(
    ("text", "said", "position"),
    [
        ("SPY -", "ends early", 6), ("SPY QQQ", "'QQQ' follows a value", 5), ("(SPY", "opening bracket without", 1),
        ("SPY)", "closing bracket without", 4), ("SPY $ 2", "'$' is not understood", 5), ("`SPY", "backtick", 1),
        ("SPY + ``", "an empty symbol", 7), ("SPY**2", "missing before '*'", 5), ("2(SPY)", "'(' follows", 2),
        ("1e999*SPY", "too large", 1), ("SPY; QQQ", "';' is not understood", 4), ("()", "missing before ')'", 2),
        ("(" * 51 + "SPY" + ")" * 51, "more than 50 brackets", 51),
    ],
)  # fmt: skip
def test_that_what_is_no_formula_is_refused_with_its_position(text, said, position):
    with pytest.raises(InputError) as caught:
        parse_formula(text)
    assert said in str(caught.value)
    assert f"at position {position} of" in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["", "   ", "1 + 2", "SPY+" * 600 + "SPY"])
def test_that_an_empty_a_constant_or_an_endless_formula_is_refused(text):
    with pytest.raises(InputError) as caught:
        parse_formula(text)
    assert caught.value.field == "formula"


@pytest.mark.parametrize("text", ["__import__('os')", "SPY.close()", "[SPY]", "SPY if 1 else 2", "lambda: 1", "SPY//2"])
def test_that_code_is_no_formula(text):
    with pytest.raises(InputError):
        parse_formula(text)


def test_that_a_missing_symbol_is_named_with_those_there_are():
    with pytest.raises(InputError, match="no prices of SPYY, at position 5") as caught:
        parse_formula("QQQ/SPYY").evaluate({"SPY": PRICES["SPY"], "QQQ": PRICES["QQQ"]})
    assert caught.value.hint == "Did you mean 'SPY'? Symbols there: QQQ, SPY"


def test_that_a_symbol_with_a_dash_asks_for_backticks():
    with pytest.raises(InputError, match="Write `BRK-B` in backticks"):
        parse_formula("SPY/BRK-B").evaluate(PRICES)


def test_that_a_division_by_zero_names_the_place_and_the_bar():
    prices = {"A": np.ones(4), "B": np.array([1.0, 1.0, 0.0, 0.0])}
    with pytest.raises(InputError, match=r"position 2 divides by zero at bar 2 and 1 more"):
        parse_formula("A/B").evaluate(prices)
    with pytest.raises(InputError, match=r"at 2020-01-03 and 1 more"):
        parse_formula("A/B").evaluate(prices, label=lambda t: f"2020-01-0{t + 1}")


@pytest.mark.parametrize("text", ["A*1e308*1e308", "A*1e308*1e308*0"])
def test_that_a_value_beyond_all_numbers_is_refused(text):
    with pytest.raises(InputError, match="exceeds all numbers at bar 0"):
        parse_formula(text).evaluate({"A": np.ones(2)})


def test_that_legs_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="A 2, B 3"):
        parse_formula("A-B").evaluate({"A": np.ones(2), "B": np.ones(3)})


def test_that_a_missing_price_makes_a_missing_value():
    prices = {"A": np.array([1.0, np.nan]), "B": np.array([3.0, 4.0])}
    np.testing.assert_array_equal(parse_formula("A-B").evaluate(prices), [-2.0, np.nan])
    assert np.isnan(parse_formula("A-B").gearing(prices)["B"]).tolist() == [False, True]


def test_that_a_difference_is_geared_by_the_value_of_its_legs():
    shares = parse_formula("SPY - 0.8*QQQ").gearing(PRICES)
    assert shares["SPY"][0] == pytest.approx(100 / 140)
    assert shares["QQQ"][0] == pytest.approx(-40 / 140)


def test_that_a_ratio_holds_half_of_each():
    shares = parse_formula("SPY/QQQ").gearing(PRICES)
    np.testing.assert_allclose(shares["SPY"], 0.5, rtol=1e-15)
    np.testing.assert_allclose(shares["QQQ"], -0.5, rtol=1e-15)


def test_that_legs_that_cancel_out_are_refused():
    formula = parse_formula("SPY - SPY")
    assert formula.evaluate(PRICES).tolist() == [0.0, 0.0]
    with pytest.raises(InputError, match="the legs cancel out at bar 0"):
        formula.gearing(PRICES)


NAMES = ["A", "B", "C"]
TREES = st.recursive(
    st.sampled_from(NAMES) | st.floats(0.1, 9).map(lambda x: f"{x:.2f}"),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
    | inner.map(lambda text: f"-{text}"),
    max_leaves=8,
)


@given(TREES, st.lists(st.floats(1, 50), min_size=3, max_size=3))
@settings(max_examples=150, deadline=None)
def test_that_any_formula_agrees_with_python_and_its_gearing_with_finite_differences(text, prices):
    assume(any(name in text for name in NAMES))
    at = dict(zip(NAMES, prices, strict=True))
    formula = parse_formula(text)
    columns = {name: np.array([value]) for name, value in at.items()}
    try:
        expected = eval(text, {}, at)  # noqa: S307
        value = formula.evaluate(columns)[0]
    except (ZeroDivisionError, InputError):
        assume(condition=False)
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-12)
    slopes = {}
    for name in formula.symbols:
        step = at[name] * 1e-5
        try:
            up, down = (eval(text, {}, at | {name: at[name] + s}) for s in (step, -step))  # noqa: S307
        except ZeroDivisionError:
            assume(condition=False)
        slopes[name] = at[name] * (up - down) / (2 * step)
    gross = sum(abs(slope) for slope in slopes.values())
    assume(gross > 1e-3 * max(1.0, abs(expected)) and gross < 1e6)
    shares = formula.gearing(columns)
    for name in formula.symbols:
        assert shares[name][0] == pytest.approx(slopes[name] / gross, rel=1e-3, abs=1e-4)
    assert sum(abs(share[0]) for share in shares.values()) == pytest.approx(1.0)
