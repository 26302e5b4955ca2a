"""Constraints: values, arrays, refusals."""

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.expressions import Expression

VALUES = {"fast": 10, "slow": 30, "std": 2.5, "flag": True, "mode": "a", "none": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fast < slow", True), ("fast > slow", False), ("fast <= 10 <= slow", True), ("fast == 10", True),
        ("fast != 10", False), ("fast * 2 + 1 < slow - 5", True), ("slow / fast == 3", True), ("-fast < 0", True),
        ("fast < slow and std > 2", True), ("fast < slow and std > 3", False), ("fast > slow or flag", True),
        ("not fast > slow", True), ("mode == 'a'", True), ("mode == 'b' or fast < slow", True),
        ("none > fast", True), ("fast > slow and none > 1", False), ("1 / (fast - 10) > 0", True),
    ],
)  # fmt: skip
def test_that_a_comparison_has_its_usual_meaning(text, expected):
    assert bool(Expression(text).evaluate(VALUES)) is expected


def test_that_arrays_are_compared_elementwise():
    columns = {"fast": np.array([5, 10, 20]), "slow": np.array([10.0, 10.0, 10.0])}
    assert Expression("fast < slow and fast >= 5").evaluate(columns).tolist() == [True, False, False]
    assert Expression("not (fast < slow)").evaluate(columns).tolist() == [False, True, True]


def test_that_an_empty_value_breaks_no_rule():
    columns = {"stop": np.array([np.nan, 1.0, 3.0])}
    assert Expression("stop > 2").evaluate(columns).tolist() == [True, False, True]


def test_that_names_are_listed():
    assert Expression("a < b and 2 * c >= a").names == {"a", "b", "c"}


def test_that_an_unknown_name_suggests_the_nearest():
    with pytest.raises(InputError, match=r"unknown name 'fats' in 'fats < slow'\. Did you mean 'fast'\?"):
        Expression("fats < slow").evaluate(VALUES)


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "fast.real < 3", "[1][0]", "(lambda: 1)()", "fast ** 9999", "fast if slow else 1",
     "fast in mode", "fast is slow", "f'{fast}'", "x := 3", "fast <", "", "fast % 2 == 0", "None"],
)  # fmt: skip
def test_that_nothing_but_comparisons_runs(text):
    with pytest.raises(InputError, match=r"may hold|cannot be read|knows"):
        Expression(text).evaluate(VALUES)
