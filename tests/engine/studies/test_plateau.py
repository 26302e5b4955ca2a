"""The plateau: medians over neighbourhoods, against a slow twin, and how ties are settled."""

import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.studies import plateau as module
from engine.studies.plateau import choose, direction, neighbourhood_medians


def table(*axes, kinds=None):
    rows = list(itertools.product(*axes))
    kinds = kinds or ["f8"] * len(axes)
    return np.array(rows, dtype=[(f"p{k}", kind) for k, kind in enumerate(kinds)])


def twin(params, values):
    """Slow twin: look at every other cell."""
    names = params.dtype.names
    axes = {name: sorted(set(params[name].tolist())) for name in names}
    rows = params.tolist()

    def is_near(one, other):
        for name, a, b in zip(names, one, other, strict=True):
            if isinstance(a, str | bool):
                if a != b:
                    return False
            elif abs(axes[name].index(a) - axes[name].index(b)) > 1:
                return False
        return True

    out = []
    for one in rows:
        near = [-math.inf if math.isnan(v) else v for other, v in zip(rows, values, strict=True) if is_near(one, other)]
        out.append(statistics.median(near))
    return np.array(out)


numbers = st.one_of(st.floats(-3, 3), st.integers(-2, 2).map(float), st.just(float("nan")))


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_that_medians_are_those_of_the_slow_twin(data):
    whole = table([3, 5, 9, 20], [0.5, 1.0, 4.0], ["sma", "ema"], [False, True], kinds=["i8", "f8", "U3", "?"])
    kept = sorted(data.draw(st.sets(st.integers(0, whole.size - 1), min_size=1)))
    params = whole[data.draw(st.permutations(kept))]
    values = np.array(data.draw(st.lists(numbers, min_size=params.size, max_size=params.size)))
    np.testing.assert_array_equal(neighbourhood_medians(params, values), twin(params, values))


@settings(max_examples=60, deadline=None)
@given(st.lists(numbers, min_size=12, max_size=12), st.sampled_from([1.0, -1.0]), st.sampled_from(["plateau", "peak"]))
def test_that_the_choice_is_the_best_neighbourhood_then_the_best_cell_then_the_first(values, sign, pick):
    params, values = table([1, 2, 3, 4], [10, 20, 30]), np.array(values)
    found = choose(params, values, sign, pick)
    around = twin(params, sign * values)
    known = [k for k in range(12) if not math.isnan(values[k])]
    if not known:
        assert found is None
        return
    keys = {k: (around[k], sign * values[k]) if pick == "plateau" else (sign * values[k], around[k]) for k in known}
    best = max(keys.values())
    assert found.cell == min(k for k in known if keys[k] == best)
    assert found.value == values[found.cell]
    assert found.plateau == sign * around[found.cell]
    assert sign * found.peak == max(sign * values[k] for k in known)


def test_that_a_lonely_peak_loses_against_a_plateau():
    params = table(range(1, 8))
    values = np.array([0.0, 0.0, 9.0, 0.0, 2.0, 3.0, 2.0])
    found = choose(params, values)
    assert (found.cell, found.peak_cell) == (6, 2)  # cells 5 and 6: (2, 3, 2) and (3, 2): 2.0 and 2.5
    assert (found.plateau, found.peak) == (2.5, 9.0)
    assert choose(params, values, pick="peak").cell == 2


def test_that_undefined_neighbours_count_as_the_worst_and_absent_ones_not_at_all():
    params = table([1, 2, 3, 4, 5])
    undefined = neighbourhood_medians(params, np.array([np.nan, 5.0, np.nan, 1.0, 1.0]))
    np.testing.assert_array_equal(undefined, [-np.inf, -np.inf, 1.0, 1.0, 1.0])
    np.testing.assert_array_equal(neighbourhood_medians(params[[1, 3, 4]], np.array([5.0, 1.0, 1.0])), [3.0, 1.0, 1.0])


def test_that_an_empty_value_is_next_to_no_number():
    params = table([1.0, 2.0, np.nan])
    np.testing.assert_array_equal(neighbourhood_medians(params, np.array([1.0, 3.0, 9.0])), [2.0, 2.0, 9.0])


def test_that_many_cells_are_worked_off_in_blocks_with_the_same_bits(monkeypatch):
    rng = np.random.default_rng(1)
    params, values = table(range(9), range(7), range(5)), rng.normal(size=315)
    whole = neighbourhood_medians(params, values)
    monkeypatch.setattr(module, "_BLOCK_VALUES", 100)
    assert neighbourhood_medians(params, values).tobytes() == whole.tobytes()


def test_that_values_drawn_at_random_have_no_neighbours():
    rng = np.random.default_rng(1)
    drawn = np.array([tuple(row) for row in rng.random((400, 8))], dtype=[(f"p{k}", "f8") for k in range(8)])
    values = rng.normal(size=400)
    np.testing.assert_array_equal(neighbourhood_medians(drawn, values), values)


def test_that_a_target_must_have_a_direction():
    assert (direction("sharpe"), direction("volatility"), direction("max_drawdown")) == (1.0, -1.0, 1.0)
    with pytest.raises(InputError, match="Did you mean 'sharpe'"):
        direction("sharp")
    with pytest.raises(InputError, match="Exposure is neither better higher nor lower"):
        direction("exposure")
    with pytest.raises(InputError, match="unknown choice 'top'"):
        choose(table([1, 2]), np.array([1.0, 2.0]), pick="top")
