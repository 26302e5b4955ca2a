"""What every allocation method promises, checked over the registry.

A new method is tested by being in the registry: nothing is added here.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.allocation import (
    Allocation,
    allocation_names,
    load_allocation,
    parse_allocation,
    weights_over_time,
)
from engine.fields import describe
from tests.architecture.sources import ROOT
from tests.engine.allocation.panels import ragged

NAMES = allocation_names()
CONTRACT = [
    "equal_weight", "hierarchical_risk_parity", "inverse_volatility", "mean_variance", "min_variance", "none", "risk_parity",
]  # fmt: skip


def small(name):
    """The method with a short window where it has one."""
    fields = {info.name for info in load_allocation(name).fields()}
    window = {"lookback": 40, "min_history": 20, "recompute": "weekly"} if "lookback" in fields else {}
    return parse_allocation({"name": name, **window})


def variants(name):
    """The method with each of its choices and with both ends of each range that a short table can hold."""
    base = small(name).model_dump()
    found = [base]
    for info in load_allocation(name).fields():
        values = info.choices or {"max_weight": (0.05, 0.3), "risk_aversion": (info.low, info.high)}.get(info.name, ())
        found += [base | {info.name: value} for value in values]
    return [parse_allocation(values) for values in found]


def test_that_the_methods_of_the_contract_are_there():
    assert set(CONTRACT) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_that_a_method_is_declared_for_forms(name):
    method = load_allocation(name)
    assert isinstance(method, Allocation)
    assert method.name == method.id == name
    assert method.title
    assert type(method).__doc__
    for info in method.fields():
        assert info.help, info.name
        assert info.title, info.name
        assert info.choices or info.low is not None, info.name
    assert parse_allocation(json.loads(method.model_dump_json())) == method
    assert {info.name for info in describe(type(method))} >= {info.name for info in method.fields()}


@pytest.mark.parametrize("name", NAMES)
def test_that_a_prefix_has_the_same_weights_bit_for_bit(name):
    close, days = ragged(1)
    for method in variants(name):
        whole = weights_over_time(method, close, days)
        for cut in (1, 20, 21, 87, 131, 184):
            part = weights_over_time(method, close[:, :cut], days[:cut])
            assert part.weights.tobytes() == np.ascontiguousarray(whole.weights[:, :cut]).tobytes()
            np.testing.assert_array_equal(part.recomputed, whole.recomputed[whole.recomputed < cut])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cut", [95, 180])
def test_that_scrambling_the_future_changes_nothing_before_it(name, cut):
    close, days = ragged(3)
    changed = close.copy()
    rng = np.random.default_rng(cut)
    changed[:, cut:] = rng.uniform(1, 500, changed[:, cut:].shape)
    changed[rng.random(changed.shape) < 0.3 * (np.arange(changed.shape[1]) >= cut)] = np.nan
    for method in variants(name):
        before, after = (weights_over_time(method, table, days).weights for table in (close, changed))
        np.testing.assert_array_equal(before[:, :cut], after[:, :cut])


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"none"}))
def test_that_weights_are_long_only_and_never_above_one(name):
    close, days = ragged(5)
    for method in variants(name):
        found = weights_over_time(method, close, days).weights
        cap = getattr(method, "max_weight", 1.0)
        assert found.min() >= 0
        assert found.max() <= cap + 1e-12
        held = (found > 0).sum(axis=0)
        assert (found.sum(axis=0) <= 1 + 1e-12).all()
        invested = found.sum(axis=0)[held * cap >= 1]
        np.testing.assert_allclose(invested, 1, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_that_the_page_tells_of_the_method_and_its_fields(name):
    page = (ROOT / "docs" / "allocation.md").read_text(encoding="utf-8")
    assert f"`{name}`" in page
    assert not [info.name for info in load_allocation(name).fields() if f"`{info.name}`" not in page]


def test_that_declaring_methods_loads_no_solver():
    program = "import sys, engine.allocation as a; [a.load_allocation(n) for n in a.allocation_names()]; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], cwd=Path(ROOT), capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in told.stdout.split()}
    assert not loaded & {"scipy", "sklearn", "numba", "pandas"}
