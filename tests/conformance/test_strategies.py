"""What every strategy promises, checked over the registry and the sample plug-in.

A new strategy is tested by being in the registry: nothing is added here.
"""

import pickle
from pathlib import Path

import numpy as np
import pytest
import yaml

import resources
from engine.backtest.spec import BacktestSpec
from engine.backtest.targets import lines_of, targets_of
from engine.core.errors import InputError
from engine.indicators import KINDS
from engine.registry import Registry
from engine.strategies import Strategy, check_declaration
from tests.conformance.series import intraday, random_walk, sp500

CUTS = 40

registry = Registry(Strategy, "engine.strategies", "strategy", check_declaration)
registry.scan(Path(resources.__path__[0]) / "plugins")
registry.scan(Path(resources.__path__[0]) / "plugins" / "templates")
NAMES = registry.names()

SERIES = {"sp500": sp500, "intraday": intraday, "walk": random_walk, "wild": lambda: random_walk(700, 3, 0.04)}


def variants(strategy):
    """Return the default parameters, and for each parameter its ends, where the constraint allows them."""
    found = [{}]
    for info in strategy.fields():
        ends = [info.low, info.high] if info.low is not None else []
        values = {"bool": [True, False], "choice": list(info.choices)}.get(info.type, ends)
        found += [{info.name: value} for value in values if value is not None]
        found += [{info.name: None}] if info.optional else []
    legal = []
    for params in found:
        try:
            legal.append(strategy.parse(params))
        except InputError:  # the constraint
            continue
    return legal


@pytest.fixture(params=NAMES)
def strategy(request):
    return registry.get(request.param)()


@pytest.fixture(params=SERIES, ids=SERIES)
def bars(request):
    return SERIES[request.param]()


def test_that_the_suite_covers_built_in_and_user_strategies():
    assert not registry.broken
    assert {"ema_cross", "rsi_pullback", "rule_template", "pandas_template"} <= set(NAMES)


def test_that_targets_are_one_finite_number_per_bar_within_the_range(strategy, bars):
    for params in variants(strategy):
        target = targets_of(strategy, bars, params)
        assert target.shape == (len(bars),)
        assert target.dtype == np.float64
        assert np.isfinite(target).all()
        assert (np.abs(target) <= 1.0).all()


# Strategies whose default is stricter than anything in these twenty years: the nearest setting that trades.
STRICT = {"bouncy_ball": {"rsi_threshold": 35.0}}


def test_that_a_strategy_trades_at_all_on_twenty_years_of_prices(strategy):
    assert targets_of(strategy, sp500(), strategy.parse(STRICT.get(strategy.id, {}))).any()


def test_that_targets_are_the_same_every_time(strategy, bars):
    params = strategy.parse({})
    first = targets_of(strategy, bars, params)
    np.testing.assert_array_equal(targets_of(strategy, bars, params), first)
    again = type(strategy)()
    np.testing.assert_array_equal(targets_of(again, bars, again.parse({})), first)


def test_that_later_bars_never_change_earlier_targets(strategy, bars):
    params = strategy.parse({})
    whole = targets_of(strategy, bars, params)
    rng = np.random.default_rng(11)
    for cut in [0, 1, 2, *rng.integers(3, len(bars), CUTS)]:
        np.testing.assert_array_equal(targets_of(strategy, bars.slice(0, int(cut)), params), whole[:cut])


def test_that_a_different_future_leaves_the_past_alone(strategy):
    bars, other = random_walk(900, 5), random_walk(900, 6)
    params = strategy.parse({})
    cut = 600
    joined = {}
    for name in ("open", "high", "low", "close", "volume"):
        joined[name] = np.concatenate([getattr(bars, name)[:cut], getattr(other, name)[cut:] * 3.0])
    columns = {"target": np.concatenate([bars.columns["target"][:cut], other.columns["target"][cut:]])}
    mixed = type(bars)(bars.instrument, bars.timeframe, bars.time, session=bars.session, columns=columns, **joined)
    found = targets_of(strategy, mixed, params)
    np.testing.assert_array_equal(found[:cut], targets_of(strategy, bars, params)[:cut])


def test_that_the_strategy_is_flat_during_its_warm_up(strategy, bars):
    for params in variants(strategy):
        warmup = strategy.warmup(params)
        assert warmup >= 0
        assert not targets_of(strategy, bars, params)[:warmup].any()


def test_that_every_declared_line_is_a_number_after_the_warm_up(strategy):
    params = strategy.parse({})
    declared = strategy.indicators(params)
    for name, (values, pane) in lines_of(strategy, random_walk(), params).items():
        assert values.shape == (1500,)
        assert pane in ("price", "own")
        own = KINDS[declared[name].kind].warmup(declared[name].args)
        assert own <= strategy.warmup(params)
        assert np.isnan(values[:own]).all()


def test_that_a_rule_equals_the_same_loop_in_plain_python(strategy, bars):
    if strategy.decide is None:
        pytest.skip("a plain method, not a rule")
    for params in variants(strategy):
        expected = targets_of(strategy, bars, params, pure_python=True)
        np.testing.assert_array_equal(targets_of(strategy, bars, params), expected)


def test_that_values_beyond_a_range_are_refused_with_the_field(strategy):
    for info in strategy.fields():
        for value in (None if info.low is None else info.low - 1, None if info.high is None else info.high + 1):
            if value is not None:
                with pytest.raises(InputError) as caught:
                    strategy.parse({info.name: value})
                assert caught.value.field == f"strategy.params.{info.name}"
                assert f"Use a value from {info.low:g} to {info.high:g}" in str(caught.value)


def test_that_unknown_and_misspelt_parameters_are_refused_with_the_field(strategy):
    with pytest.raises(InputError) as caught:
        strategy.parse({"no_such_parameter": 1})
    assert caught.value.field == "strategy.params.no_such_parameter"
    for info in strategy.fields():
        if len(info.name) >= 4:
            with pytest.raises(InputError, match=f"Did you mean '{info.name}'"):
                strategy.parse({info.name + "x": info.default})


def test_that_numbers_are_not_text(strategy):
    for info in strategy.fields():
        if info.type in ("int", "float"):
            with pytest.raises(InputError, match="must be a"):
                strategy.parse({info.name: "wide"})


def test_that_parameters_survive_a_yaml_file(strategy):
    for params in variants(strategy):
        text = yaml.safe_dump(params.model_dump(mode="json"))
        again = strategy.parse(yaml.safe_load(text) or {})
        assert again == params
        np.testing.assert_array_equal(again.vector(), params.vector())


def test_that_a_vector_has_one_number_per_declared_parameter(strategy):
    for params in variants(strategy):
        vector = params.vector()
        assert vector.shape == (len(strategy.fields()),)
        assert vector.dtype == np.float64


def test_that_a_spec_with_the_strategy_can_cross_a_process_border(strategy):
    for params in variants(strategy):
        spec = BacktestSpec(strategy=strategy.id, params=params.model_dump(mode="json"))
        assert pickle.loads(pickle.dumps(spec)) == spec  # noqa: S301
        assert BacktestSpec.parse(yaml.safe_load(spec.to_yaml())) == spec


def test_that_the_strategy_says_what_it_is(strategy):
    assert strategy.title
    assert strategy.family in {"baseline", "trend", "reversal", "breakout", "complex", "portfolio"}
    assert type(strategy).__doc__
    for info in strategy.fields():
        assert info.help, f"{info.name} has no help"
        assert not info.help.endswith(".")
        if info.type in ("int", "float"):
            assert None not in (info.low, info.high, info.step), f"{info.name} has no default grid"


def test_that_declarations_do_not_branch_on_parameters(strategy):
    class Symbol:
        """Stands for a number, knows arithmetic only."""

        def _refuse(self, *_):
            raise AssertionError("indicators() reads the value of a parameter")

        __bool__ = __int__ = __float__ = __index__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse

        def __add__(self, _other):
            return self

        __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __add__

    class Symbols:
        pass

    for info in strategy.fields():
        setattr(Symbols, info.name, info.default if info.type == "str" else Symbol())
    concrete = strategy.indicators(strategy.parse({}))
    symbolic = strategy.indicators(Symbols())
    assert [(k, v.kind, v.source, v.output, len(v.args)) for k, v in symbolic.items()] == [
        (k, v.kind, v.source, v.output, len(v.args)) for k, v in concrete.items()
    ]
