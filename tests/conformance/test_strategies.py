"""What every strategy promises, checked over the registry and the sample plug-in.

A new strategy is tested by being in the registry: nothing is added here. What portfolio strategies promise of
their weights stands in `test_portfolio_strategies`.
"""

import functools
import pickle
from pathlib import Path

import numpy as np
import pytest
import yaml

import resources
from engine.backtest.spec import BacktestSpec
from engine.backtest.targets import declare, lines_of, targets_of
from engine.core.errors import InputError
from engine.indicators import KINDS
from engine.registry import Registry
from engine.strategies import PortfolioStrategy, Strategy, check_declaration
from tests.conformance.series import (
    REFERENCE,
    daily_stock,
    hourly_fx,
    intraday,
    minute_crypto,
    random_walk,
    sp500,
)

CUTS, REAL_CUTS = 40, 200

registry = Registry(Strategy, "engine.strategies", "strategy", check_declaration)
registry.scan(Path(resources.__path__[0]) / "plugins")
registry.scan(Path(resources.__path__[0]) / "plugins" / "templates")
NAMES = registry.names()
OWN = [name for name in NAMES if not issubclass(registry.get(name), PortfolioStrategy)]

SERIES = {"sp500": sp500, "intraday": intraday, "walk": random_walk, "wild": lambda: random_walk(700, 3, 0.04)}
REAL = {"daily_stock": daily_stock, "hourly_fx": hourly_fx, "minute_crypto": minute_crypto}
real_marks = [
    pytest.mark.golden,
    pytest.mark.skipif(not REFERENCE.is_dir(), reason="IVYBT_REFERENCE_DATA is not set"),
]
REAL_PARAMS = [pytest.param(name, marks=real_marks) for name in REAL]


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


def suits(strategy, bars, params):
    """Whether the strategy takes these bars; what it says when it does not has a test of its own."""
    try:
        strategy.check(bars, params)
    except InputError:
        return False
    return True


def suited(strategy, bars):
    """Return the variants that these bars are fit for, the nearest one to the default first."""
    found = [params for params in variants(strategy) if suits(strategy, bars, params)]
    if not found:
        pytest.skip(f"{strategy.id} refuses bars of {bars.timeframe}")
    return found


@functools.cache
def prefixes(name):
    """Return one of the real series cut at 200 random points, each cut another one."""
    bars = REAL[name]()
    cuts = np.random.default_rng(2024).choice(np.arange(1, len(bars)), REAL_CUTS, replace=False)
    return [bars.slice(0, int(cut)) for cut in np.sort(cuts)]


@pytest.fixture(params=OWN)
def strategy(request):
    return registry.get(request.param)()


@pytest.fixture(params=NAMES)
def any_strategy(request):
    return registry.get(request.param)()


@pytest.fixture(params=[*SERIES, *REAL_PARAMS])
def bars(request):
    return (SERIES | REAL)[request.param]()


@pytest.fixture(params=REAL_PARAMS)
def real(request):
    return request.param


def test_that_the_suite_covers_built_in_and_user_strategies():
    assert not registry.broken
    assert {"ema_cross", "rsi_pullback", "rule_template", "pandas_template"} <= set(NAMES)


def test_that_targets_are_one_finite_number_per_bar_within_the_range(strategy, bars):
    for params in suited(strategy, bars):
        target = targets_of(strategy, bars, params)
        assert target.shape == (len(bars),)
        assert target.dtype == np.float64
        assert np.isfinite(target).all()
        assert (np.abs(target) <= 1.0).all()


# Strategies whose default is stricter than anything in these twenty years: the nearest setting that trades.
STRICT = {"bouncy_ball": {"rsi_threshold": 35.0}, "news_breakout": {"time": "15:00"}}


def test_that_a_strategy_trades_at_all_on_twenty_years_of_prices(strategy):
    params = strategy.parse(STRICT.get(strategy.id, {}))
    bars = sp500() if suits(strategy, sp500(), params) else intraday()
    assert targets_of(strategy, bars, params).any()


def test_that_targets_are_the_same_every_time(strategy, bars):
    params = suited(strategy, bars)[0]
    first = targets_of(strategy, bars, params)
    np.testing.assert_array_equal(targets_of(strategy, bars, params), first)
    again = type(strategy)()
    np.testing.assert_array_equal(targets_of(again, bars, again.parse(params.model_dump())), first)


def test_that_later_bars_never_change_earlier_targets(strategy, bars):
    params = suited(strategy, bars)[0]
    whole = targets_of(strategy, bars, params)
    rng = np.random.default_rng(11)
    for cut in [0, 1, 2, *rng.integers(3, len(bars), CUTS)]:
        np.testing.assert_array_equal(targets_of(strategy, bars.slice(0, int(cut)), params), whole[:cut])


def test_that_at_200_points_of_real_prices_no_later_bar_changes_an_earlier_target(strategy, real):
    bars = REAL[real]()
    for place, params in enumerate(suited(strategy, bars)):
        declared = declare(strategy, params)
        whole = targets_of(strategy, bars, params, declared=declared)
        # The ends of the ranges at every tenth point, the defaults at each.
        cut = prefixes(real) if place == 0 else prefixes(real)[place % 10 :: 10]
        found = [(len(part), targets_of(strategy, part, params, declared=declared)) for part in cut]
        wrong = [bar for bar, target in found if not np.array_equal(target, whole[:bar])]
        assert not wrong, f"{params}: what comes after bar {wrong[0]} changes what was before it"


def test_that_a_different_future_leaves_the_past_alone(strategy):
    bars, other = random_walk(900, 5), random_walk(900, 6)
    params = suited(strategy, bars)[0]
    cut = 600
    joined = {}
    for name in ("open", "high", "low", "close", "volume"):
        joined[name] = np.concatenate([getattr(bars, name)[:cut], getattr(other, name)[cut:] * 3.0])
    columns = {"target": np.concatenate([bars.columns["target"][:cut], other.columns["target"][cut:]])}
    mixed = type(bars)(bars.instrument, bars.timeframe, bars.time, session=bars.session, columns=columns, **joined)
    found = targets_of(strategy, mixed, params)
    np.testing.assert_array_equal(found[:cut], targets_of(strategy, bars, params)[:cut])


def test_that_the_strategy_is_flat_during_its_warm_up(strategy, bars):
    for params in suited(strategy, bars):
        warmup = strategy.warmup(params)
        assert warmup >= 0
        assert not targets_of(strategy, bars, params)[:warmup].any()


def test_that_every_declared_line_is_a_number_after_the_warm_up(strategy):
    params = strategy.parse({})
    declared = {**strategy.indicators(params), **strategy.drawn(params)}
    for name, (values, pane) in lines_of(strategy, random_walk(), params).items():
        assert values.shape == (1500,)
        assert pane in ("price", "own")
        own = KINDS[declared[name].kind].warmup(declared[name].args)
        assert own <= strategy.warmup(params)
        assert np.isnan(values[:own]).all()


def test_that_bars_on_which_a_strategy_makes_no_sense_are_refused_with_the_field(strategy):
    for made in (*SERIES.values(), lambda: random_walk(60, 2)):
        bars = made()
        for params in variants(strategy):
            if not suits(strategy, bars, params):
                with pytest.raises(InputError) as caught:
                    targets_of(strategy, bars, params)
                assert caught.value.field.removeprefix("strategy.params.") in type(params).model_fields
                assert caught.value.hint
                assert set(strategy.checked) <= set(type(params).model_fields)


def test_that_a_rule_equals_the_same_loop_in_plain_python(strategy, bars, request):
    if strategy.decide is None:
        pytest.skip("a plain method, not a rule")
    if request.node.callspec.params["bars"] in REAL:
        bars = bars.slice(0, 1000)
    for params in suited(strategy, bars):
        expected = targets_of(strategy, bars, params, pure_python=True)
        np.testing.assert_array_equal(targets_of(strategy, bars, params), expected)


def test_that_values_beyond_a_range_are_refused_with_the_field(any_strategy):
    for info in any_strategy.fields():
        for value in (None if info.low is None else info.low - 1, None if info.high is None else info.high + 1):
            if value is not None:
                with pytest.raises(InputError) as caught:
                    any_strategy.parse({info.name: value})
                assert caught.value.field == f"strategy.params.{info.name}"
                assert f"Use a value from {info.low:g} to {info.high:g}" in str(caught.value)


def test_that_unknown_and_misspelt_parameters_are_refused_with_the_field(any_strategy):
    with pytest.raises(InputError) as caught:
        any_strategy.parse({"no_such_parameter": 1})
    assert caught.value.field == "strategy.params.no_such_parameter"
    for info in any_strategy.fields():
        if len(info.name) >= 4:
            with pytest.raises(InputError, match=f"Did you mean '{info.name}'"):
                any_strategy.parse({info.name + "x": info.default})


def test_that_numbers_are_not_text(any_strategy):
    for info in any_strategy.fields():
        if info.type in ("int", "float"):
            with pytest.raises(InputError, match="must be a"):
                any_strategy.parse({info.name: "wide"})


def test_that_parameters_survive_a_yaml_file(any_strategy):
    for params in variants(any_strategy):
        text = yaml.safe_dump(params.model_dump(mode="json"))
        again = any_strategy.parse(yaml.safe_load(text) or {})
        assert again == params
        np.testing.assert_array_equal(again.vector(), params.vector())


def test_that_a_vector_has_one_number_per_declared_parameter(any_strategy):
    for params in variants(any_strategy):
        vector = params.vector()
        assert vector.shape == (len(any_strategy.fields()),)
        assert vector.dtype == np.float64


def test_that_a_spec_with_the_strategy_can_cross_a_process_border(any_strategy):
    for params in variants(any_strategy):
        spec = BacktestSpec(strategy=any_strategy.id, params=params.model_dump(mode="json"))
        assert pickle.loads(pickle.dumps(spec)) == spec  # noqa: S301
        assert BacktestSpec.parse(yaml.safe_load(spec.to_yaml())) == spec


def test_that_the_strategy_says_what_it_is(any_strategy):
    assert any_strategy.title
    assert any_strategy.family in {"baseline", "trend", "reversal", "breakout", "complex", "portfolio"}
    assert type(any_strategy).__doc__
    for info in any_strategy.fields():
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
