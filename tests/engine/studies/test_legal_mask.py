"""Illegal cells of a grid: left out, counted, and told to whoever draws the grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.core.errors import InputError
from engine.strategies import Strategy, StrategyParams, load, param
from engine.studies.grid import build_cells, legal_mask

AXES = {"fast": range(5, 30, 5), "slow": (10, 20, 40)}


def test_that_a_cell_is_legal_where_the_constraint_holds():
    mask = legal_mask("ema_cross", AXES)
    assert mask.dtype == np.bool_
    np.testing.assert_array_equal(mask, [[fast < slow for slow in AXES["slow"]] for fast in AXES["fast"]])
    assert engine.legal_mask is legal_mask


def test_that_the_mask_and_the_cells_of_a_sweep_agree():
    cells, mask = build_cells("ema_cross", {}, AXES), legal_mask(load("ema_cross"), AXES)
    assert (len(cells), cells.illegal) == (mask.sum(), (~mask).sum())
    fast, slow = np.meshgrid(*AXES.values(), indexing="ij")
    np.testing.assert_array_equal(cells.params["fast"], fast[mask])
    np.testing.assert_array_equal(cells.params["slow"], slow[mask])


@given(st.lists(st.integers(2, 100), min_size=1, max_size=6, unique=True), st.integers(5, 400))
def test_that_fixed_parameters_count(fasts, slow):
    mask = legal_mask("ema_cross", {"fast": fasts}, {"slow": slow})
    np.testing.assert_array_equal(mask, [fast < slow for fast in fasts])


def test_that_a_grid_without_a_legal_cell_is_all_false():
    assert not legal_mask("ema_cross", {"fast": [50, 60]}, {"slow": 20}).any()


def test_that_without_a_constraint_every_cell_is_legal():
    mask = legal_mask("supertrend", {"atr_length": [5, 10], "factor": [1.0, 2.0, 3.0]})
    assert mask.shape == (2, 3)
    assert mask.all()


class Optional(Strategy):
    """A bound that may be switched off."""

    class Params(StrategyParams):
        low: float = param(1.0, low=0.0, high=9.0, step=1.0)
        high: float | None = param(None, low=0.0, high=9.0, step=1.0)
        constraint = "low < high"


def test_that_an_empty_value_breaks_nothing():
    np.testing.assert_array_equal(
        legal_mask(Optional(), {"low": [1.0, 5.0], "high": [None, 3.0]}), [[True, True], [True, False]]
    )


def test_that_a_wrong_axis_is_refused():
    with pytest.raises(InputError, match=r"unknown parameter 'fst'.*Did you mean 'fast'"):
        legal_mask("ema_cross", {"fst": [1, 2]})
