"""What every portfolio strategy promises, checked over the registry.

A new one is tested by being in the registry; only its twin is added, and parameters that suit small panels.
"""

import dataclasses
import functools
import pickle

import numpy as np
import pytest
import yaml

from engine.backtest.panel_targets import weights_of
from engine.backtest.spec import BacktestSpec
from engine.backtest.targets import targets_of
from engine.core.bars import Panel
from engine.core.errors import InputError
from engine.strategies import PortfolioStrategy, registry
from tests.conformance import panels, twins_portfolio
from tests.conformance.panels import SERIES, cut, permuted, scrambled, with_unpriced

CUTS, FEWER = 200, 50
NAMES = [name for name in registry.names() if issubclass(registry.get(name), PortfolioStrategy)]

# Quick enough for panels of three years, and with something to do on them.
SMALL = {
    "cross_sectional_momentum": {"lookback": 60, "skip": 5, "top": 3},
    "pairs_trading": {"window": 30, "history": 100, "retest": 10, "level": "10%", "entry": 1.5},
    "market_regime_follower": {"top": 3},
    "cluster_mean_reversion": {"lookback": 100, "correlation": 0.7, "entry": 1.5, "exit": 0.25},
}

# Each mode and each exit once.
CASES = [
    ("cross_sectional_momentum", {"lookback": 20, "skip": 0, "top": 1, "rebalance": "daily"}),
    ("cross_sectional_momentum", {"lookback": 40, "skip": 10, "top": 5, "rebalance": "weekly"}),
    ("cross_sectional_momentum", {"top": 100, "rebalance": "quarterly"}),
    ("pairs_trading", {"retest": None}),
    ("pairs_trading", {"retest": None, "stop": None, "exit": 0.5, "window": 20}),
    ("pairs_trading", {"retest": None, "stop": 2.5, "entry": 1.75, "hedge": "kalman", "window": 30}),
    ("pairs_trading", {"retest": 1, "history": 60, "level": "10%", "window": 30, "hedge": "kalman", "entry": 1.0}),
    ("market_regime_follower", {"mode": "significant", "z": 1.0}),
    ("market_regime_follower", {"holding": 5, "with_reference": False, "top": 2}),
    ("market_regime_follower", {"reference": "", "mode": "significant", "z": 1.25, "holding": 2}),
    ("cluster_mean_reversion", {"lookback": 60, "refit": 5, "correlation": 0.6, "window": 60, "exit": 1.0}),
    ("cluster_mean_reversion", {"lookback": 120, "refit": 30, "correlation": 0.3, "entry": 1.0}),
    *SMALL.items(),
]


@pytest.fixture(params=NAMES)
def strategy(request):
    return registry.get(request.param)()


@pytest.fixture(params=SERIES)
def panel(request):
    return _panel(request.param)


@functools.cache
def _made(source):
    return Panel.align(source())


def _panel(source):
    source()  # skips when there are no reference data
    return _made(source)


def small(strategy):
    return strategy.parse(SMALL.get(strategy.id, {}))


def variants(strategy):
    """Return the defaults, the small ones, and those with each parameter at its ends."""
    found = [{}, SMALL.get(strategy.id, {})]
    for info in strategy.fields():
        ends = {"bool": [True, False], "choice": list(info.choices)}.get(info.type, [info.low, info.high])
        found += [SMALL.get(strategy.id, {}) | {info.name: value} for value in ends if value is not None]
        found += [{info.name: None}] if info.optional else []
    legal = []
    for params in found:
        try:
            legal.append(strategy.parse(params))
        except InputError:  # the constraint
            continue
    return legal


def test_that_the_suite_covers_the_portfolio_strategies_of_the_list():
    assert set(NAMES) >= {
        "cross_sectional_momentum", "pairs_trading", "market_regime_follower", "cluster_mean_reversion",
    }  # fmt: skip


def test_that_weights_are_finite_in_range_and_flat_where_they_must_be(strategy, panel):
    for params in variants(strategy):
        weights = weights_of(strategy, panel, params)
        assert weights.shape == panel.close.shape
        assert weights.dtype == np.float64
        assert np.isfinite(weights).all()
        assert (np.abs(weights) <= 1.0).all()
        assert np.abs(weights).sum(axis=1).max() <= 1.0 + 1e-9
        assert not weights[: strategy.warmup(params)].any()
        assert not weights[np.isnan(panel.close)].any()


def test_that_a_strategy_trades_at_all(strategy, panel):
    assert weights_of(strategy, panel, small(strategy)).any()


@pytest.mark.golden
def test_that_a_strategy_trades_with_its_defaults_on_funds(strategy):
    assert weights_of(strategy, _panel(panels.funds), strategy.parse({})).any()


def test_that_weights_are_the_same_every_time(strategy, panel):
    first = weights_of(strategy, panel, small(strategy))
    np.testing.assert_array_equal(weights_of(strategy, panel, small(strategy)), first)
    again = type(strategy)()
    np.testing.assert_array_equal(weights_of(again, panel, small(again)), first)


def test_that_later_bars_never_change_earlier_weights(strategy, panel):
    params = small(strategy)
    whole = weights_of(strategy, panel, params)
    rng = np.random.default_rng(11)
    cuts = FEWER if panel is _panel(panels.calendars) else CUTS
    for stop in [0, 1, 2, *rng.integers(3, len(panel), cuts)]:
        np.testing.assert_array_equal(weights_of(strategy, cut(panel, int(stop)), params), whole[:stop])


def test_that_a_different_future_leaves_the_past_alone(strategy, panel):
    params = small(strategy)
    whole = weights_of(strategy, panel, params)
    for bar in np.linspace(len(panel) // 3, len(panel) - 1, 8).astype(int):
        found = weights_of(strategy, scrambled(panel, bar, seed=int(bar)), params)
        np.testing.assert_array_equal(found[:bar], whole[:bar])


def test_that_the_order_of_the_instruments_does_not_matter(strategy, panel):
    order = np.random.default_rng(4).permutation(len(panel.symbols))
    params = small(strategy)
    if strategy.id == "pairs_trading":  # the first two are the pair
        order = [0, 1, *(order[order > 1])]
    whole = weights_of(strategy, panel, params)
    np.testing.assert_array_equal(weights_of(strategy, permuted(panel, order), params), whole[:, order])


@pytest.mark.parametrize("names", ["ABCD", "DCBA", "BDAC"])
def test_that_equals_go_by_the_name(names):
    rng = np.random.default_rng(9)
    first = np.cumsum(rng.normal(0.0, 0.01, 300))
    second = first + rng.normal(0.0, 0.002, 300)
    # A and C rise when B and D fall: two groups of the same size and strength, to the bit.
    logs = {"A": first, "C": second, "B": -first, "D": -second}
    close = {"A": 50.0, "B": 60.0, "C": 70.0, "D": 80.0}
    session = 15_000 + np.arange(300)
    moving = Panel.align([panels.leg(name, np.exp(logs[name]), session) for name in names])
    still = Panel.align([panels.leg(name, np.full(300, close[name]), session) for name in names])
    cluster, momentum = (registry.get(name)() for name in ("cluster_mean_reversion", "cross_sectional_momentum"))
    held = weights_of(cluster, moving, cluster.parse({"lookback": 60, "correlation": 0.5, "entry": 1.0})).any(axis=0)
    assert {name for name, has in zip(names, held, strict=True) if has} == {"A", "C"}
    best = weights_of(momentum, still, momentum.parse({"lookback": 60, "skip": 5, "top": 2}))[-1]
    assert dict(zip(names, best.tolist(), strict=True)) == {"A": 0.5, "B": 0.5, "C": 0.0, "D": 0.0}


def test_that_an_instrument_without_prices_is_flat_and_changes_nothing(strategy, panel):
    params = small(strategy)
    found = weights_of(strategy, with_unpriced(panel), params)
    assert not found[:, -1].any()
    np.testing.assert_array_equal(found[:, :-1], weights_of(strategy, panel, params))


def test_that_nothing_is_held_when_no_instrument_moves(strategy):
    panel = _panel(panels.ragged)
    still = np.where(np.isnan(panel.close), np.nan, 50.0)
    flat = dataclasses.replace(panel, open=still, high=still, low=still, close=still)
    weights = weights_of(strategy, flat, small(strategy))
    if strategy.id != "cross_sectional_momentum":  # which always holds the best, by name when all are equal
        assert not weights.any()


def test_that_panels_of_a_few_bars_and_of_none_are_flat(strategy):
    panel = _panel(panels.ragged)
    for stop in (0, 1, 5):
        assert weights_of(strategy, cut(panel, stop), small(strategy)).shape == (stop, len(panel.symbols))


@pytest.mark.parametrize("source", SERIES)
@pytest.mark.parametrize(("name", "params"), CASES, ids=str)
def test_that_weights_equal_those_of_the_twin(name, params, source):
    panel = _panel(source)
    if name == "cluster_mean_reversion" and len(panel) > 1000:
        panel = cut(panel, 700)  # the twin takes its time
    strategy = registry.get(name)()
    checked = strategy.parse(params)
    close = [[None if np.isnan(p) else float(p) for p in column] for column in panel.close.T]
    twin = getattr(twins_portfolio, name)
    expected = np.array(twin(list(panel.symbols), close, panel.session.tolist(), **checked.model_dump()))
    found = weights_of(strategy, panel, checked)
    assert expected.any()
    np.testing.assert_array_equal(np.sign(found), np.sign(expected))
    np.testing.assert_allclose(found, expected, rtol=0, atol=0 if "mom" in name or "market" in name else 1e-12)


def test_that_every_built_in_portfolio_strategy_has_a_twin():
    assert {name for name in NAMES if not registry.is_user_plugin(name)} == {name for name, _ in CASES}


def test_that_one_instrument_alone_is_refused(strategy):
    panel, params = _panel(panels.ragged), strategy.parse({})
    alone = permuted(panel, [1])
    with pytest.raises(InputError, match=f"{strategy.title} needs at least 2 instruments, 1 was given"):
        weights_of(strategy, alone, params)
    with pytest.raises(InputError, match="needs at least 2 instruments"):
        targets_of(strategy, panels.ragged()[0], params)


def test_that_values_beyond_a_range_are_refused_with_the_field(strategy):
    for info in strategy.fields():
        for value in (None if info.low is None else info.low - 1, None if info.high is None else info.high + 1):
            if value is not None:
                with pytest.raises(InputError) as caught:
                    strategy.parse({info.name: value})
                assert caught.value.field == f"strategy.params.{info.name}"


def test_that_misspelt_words_and_broken_constraints_are_refused(strategy):
    with pytest.raises(InputError):
        strategy.parse({"no_such_parameter": 1})
    for info in strategy.fields():
        if info.type == "choice":
            with pytest.raises(InputError):
                strategy.parse({info.name: "no such choice"})


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("cross_sectional_momentum", {"skip": 60, "lookback": 40}), ("pairs_trading", {"exit": 2.0, "entry": 1.0}),
        ("pairs_trading", {"entry": 3.0, "stop": 2.0}), ("cluster_mean_reversion", {"window": 100, "lookback": 50}),
        ("cluster_mean_reversion", {"entry": 0.5, "exit": 1.0}),
    ],
    ids=str,
)  # fmt: skip
def test_that_parameters_that_contradict_each_other_are_refused(name, params):
    with pytest.raises(InputError, match="must satisfy"):
        registry.get(name).parse(params)


def test_that_parameters_survive_yaml_and_pickle(strategy):
    for params in variants(strategy):
        again = strategy.parse(yaml.safe_load(yaml.safe_dump(params.model_dump(mode="json"))) or {})
        assert again == params
        np.testing.assert_array_equal(again.vector(), params.vector())
        spec = BacktestSpec(strategy=strategy.id, params=params.model_dump(mode="json"))
        assert pickle.loads(pickle.dumps(spec)) == spec  # noqa: S301
        assert BacktestSpec.parse(yaml.safe_load(spec.to_yaml())) == spec


def test_that_the_strategy_says_what_it_is(strategy):
    assert strategy.title
    assert strategy.family == "portfolio"
    card = type(strategy).__doc__
    for word in ("Works ", "Fails ", "Costs ", "References"):
        assert word in card, f"the card has no {word}"
    for info in strategy.fields():
        assert info.help
        assert not info.help.endswith(".")
        if info.type in ("int", "float"):
            assert None not in (info.low, info.high, info.step), f"{info.name} has no default grid"


# -- after an exit nothing comes back by itself -------------------------------------------------------


def _entries(held):
    """Return the bars at which a series of sides takes a new one."""
    return [t for t in range(1, held.size) if held[t] != 0 and held[t] != held[t - 1]]


@pytest.mark.parametrize("stop", [None, 2.5])
@pytest.mark.parametrize("hedge", ["regression", "kalman"])
def test_that_a_pair_is_entered_only_beyond_the_threshold_and_after_a_stop_only_anew(hedge, stop):
    strategy = registry.get("pairs_trading")()
    first, second = panels.walks(600, 21)[:2]
    panel = Panel.align([panels.leg(n, x, 15_000 + np.arange(600)) for n, x in (("A", first), ("B", second))])
    params = strategy.parse({"retest": None, "window": 25, "entry": 1.5, "stop": stop, "hedge": hedge})
    side = np.sign(weights_of(strategy, panel, params)[:, 0])
    scores = twins_portfolio.rolling_scores if hedge == "regression" else twins_portfolio.kalman_scores
    z = [score for score, _ in scores(np.log(first).tolist(), np.log(second).tolist(), 25)]
    entries = _entries(side)
    assert len(entries) > 5
    stopped, stops = False, 0
    for t in range(1, 600):
        if stopped and z[t] is not None and abs(z[t]) < 1.5:
            stopped = False
        if t in entries:
            assert side[t] * z[t] < -1.5
            assert not stopped
        if side[t - 1] != 0 and side[t] != side[t - 1]:
            mean_reached = side[t - 1] * z[t] >= 0.0
            assert mean_reached or (stop is not None and side[t - 1] * z[t] <= -stop)
            stopped = not mean_reached
            stops += stopped
    assert (stops > 0) == (stop is not None)


def test_that_a_pair_that_stopped_trading_does_not_come_back_with_its_first_leg():
    strategy, closes = registry.get("pairs_trading")(), panels.walks(600, 21)[:3]
    params = strategy.parse({"retest": None, "window": 20, "entry": 0.5, "stop": None})
    held_before = 0
    for start in range(100, 500, 40):
        first, second = closes[0].copy(), closes[1].copy()
        first[start : start + 30], second[start : start + 40] = np.nan, np.nan
        legs = [panels.leg(n, x, 15_000 + np.arange(600)) for n, x in zip("ABC", (first, second, closes[2]), strict=True)]
        panel = Panel.align(legs)
        weights = weights_of(strategy, panel, params)
        held_before += weights[start - 1].any()
        assert not weights[start : start + 40].any()
        close = [[None if np.isnan(p) else float(p) for p in column] for column in panel.close.T]
        twin = twins_portfolio.pairs_trading(["A", "B", "C"], close, panel.session.tolist(), **params.model_dump())
        np.testing.assert_allclose(weights, twin, rtol=0, atol=1e-12)
    assert held_before > 5


def test_that_a_pair_that_is_no_longer_cointegrated_is_left_and_entered_only_after_a_test_that_passes():
    strategy = registry.get("pairs_trading")()
    panel = Panel.align(panels.calendars()[:2])
    free = strategy.parse({"window": 30, "entry": 1.0, "retest": None})
    tested = strategy.parse({"window": 30, "entry": 1.0, "retest": 10, "history": 60, "level": "10%"})
    y, x = np.log(panel.close).T
    size = len(panel)
    verdicts = {
        t: twins_portfolio.is_cointegrated(y[t - 59 : t + 1].tolist(), x[t - 59 : t + 1].tolist(), "10%")
        for t in range(59, size, 10)
    }
    sound = np.array([bool(verdicts.get(59 + (t - 59) // 10 * 10)) for t in range(size)])
    side = np.sign(weights_of(strategy, panel, tested)[:, 0])
    left = [t for t in range(1, size) if side[t - 1] != 0 and side[t] == 0 and not sound[t] and sound[t - 1]]
    assert left
    assert not side[~sound].any()
    assert np.abs(weights_of(strategy, panel, free)).sum() > np.abs(side).sum()


def test_that_a_member_of_a_group_is_entered_only_beyond_the_threshold():
    strategy, panel = registry.get("cluster_mean_reversion")(), _panel(panels.ragged)
    params = strategy.parse({"lookback": 60, "correlation": 0.6, "refit": 20, "entry": 1.5, "exit": 0.5})
    weights = weights_of(strategy, panel, params)
    logs, exits, entries = np.log(panel.carried), 0, 0
    for t in range(60, len(panel)):
        fit = t - (t - 60) % 20
        ready = [
            i for i in range(len(panel.symbols)) if panel.trades[fit, i] and not np.isnan(logs[fit - 60, i])
        ]
        if t == fit:
            rows = [column.tolist() for column in logs.T]
            group = twins_portfolio.largest_group(list(panel.symbols), rows, ready, fit, 0.6, 60)
        for i in range(len(panel.symbols)):
            now, before = np.sign(weights[t, i]), np.sign(weights[t - 1, i])
            if np.isnan(panel.close[t - 1 : t + 1, i]).any():
                continue
            if now != 0:
                assert i in group
            spread = logs[t - 19 : t + 1, i] - logs[t - 19 : t + 1, group].mean(axis=1)
            if now not in (0, before):
                z = (spread[-1] - spread.mean()) / spread.std()
                assert now * z < -1.5
                entries += 1
            exits += before != 0 and now == 0
    assert entries > 10
    assert exits > 10


def test_that_a_choice_of_the_market_follower_stays_for_its_holding_time_and_ends():
    strategy, panel = registry.get("market_regime_follower")(), _panel(panels.ragged)
    params = strategy.parse({"holding": 3, "top": 2, "mode": "significant", "z": 1.0})
    weights = weights_of(strategy, panel, params)
    spy = panel.close[:, list(panel.symbols).index("SPY")]
    t, choices, pauses = 1, 0, 0
    while t + 3 < len(panel):
        held = weights[t]
        if not held.any():
            t, pauses = t + 1, pauses + 1
            continue
        assert np.sign(held[held != 0][0]) == np.sign(spy[t] - spy[t - 1])
        priced = ~np.isnan(panel.close[t : t + 3]).any(axis=0)
        for later in (1, 2):
            np.testing.assert_array_equal(weights[t + later, priced], held[priced])
        t, choices = t + 3, choices + 1
    assert choices > 20
    assert pauses > 20


def test_that_momentum_changes_at_the_first_bar_of_a_month_only():
    strategy, panel = registry.get("cross_sectional_momentum")(), _panel(panels.ragged)
    weights = weights_of(strategy, panel, small(strategy))
    months = panel.session.view("M8[D]").astype("M8[M]")
    for t in range(1, len(panel)):
        if months[t] == months[t - 1]:
            priced = ~np.isnan(panel.close[t - 1 : t + 1]).any(axis=0)
            np.testing.assert_array_equal(weights[t, priced], weights[t - 1, priced])
