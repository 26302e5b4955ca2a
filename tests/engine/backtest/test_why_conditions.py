"""Conditions of a decision: read from the source, their values from raw arrays, the nearest miss by hand."""

from __future__ import annotations

import math
import operator
from dataclasses import replace

import numpy as np
import pytest

from engine.backtest import why_replay
from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.backtest.targets import lines_of
from engine.backtest.why import Explainer, explain_bar, explain_trade
from engine.backtest.why_context import context_of
from engine.backtest.why_decision import replay_of
from engine.strategies import PortfolioStrategy, load, registry
from tests.engine.backtest.test_why_trades import BARS, runs_of
from tests.engine.cases import make_bars, random_bars

OPERATORS = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
    "is not": operator.ne,
}  # fmt: skip
SINGLE = [name for name in registry.names() if not issubclass(type(load(name)), PortfolioStrategy)]
# Strategies that compare nothing.
BARE = {"buy_and_hold"}


def asked_bars(result):
    decisions = np.unique(result.trades["entry_decision"])
    return sorted({*decisions[:: max(decisions.size // 3, 1)].tolist(), 333, 601})


@pytest.mark.parametrize("name", SINGLE)
def test_that_values_of_conditions_are_those_of_lines_and_prices_and_outcomes_follow_from_them(name):
    result = runs_of(name, "plain")
    if result is None:
        pytest.skip("the strategy refuses daily bars")
    strategy, spec = load(name), result.spec
    lines = lines_of(strategy, BARS, strategy.parse(spec.strategy.params))
    params = spec.strategy.params
    explainer, named = Explainer(result), 0
    for bar in asked_bars(result):
        told = explainer.bar(0, bar).decision
        assert bool(told.problem) == (name in BARE), told.problem
        assert told.said == result.signals[bar]
        for condition in told.conditions:
            for words, value in ((condition.left, condition.left_value), (condition.right, condition.right_value)):
                known = words.replace(" ", "_")
                if known in ("open", "high", "low", "close"):
                    expected = getattr(BARS, known)[bar]
                elif known in lines:
                    expected = lines[known][0][bar]
                elif type(params.get(known)) in (int, float):
                    expected = params[known]
                else:
                    continue
                named += 1
                assert value == pytest.approx(expected, nan_ok=True), (condition.words, bar)
            if condition.operator in OPERATORS and condition.source.count(" in ") == 0:
                outcome = OPERATORS[condition.operator](condition.left_value, condition.right_value)
                assert condition.held is bool(outcome), condition.words
        for figure in told.lines:
            np.testing.assert_equal(figure.value, lines[figure.name][0][bar])
    assert named or name in BARE | {"random_entry", "external_signals", "trend_grid", "reversal_grid"}


@pytest.mark.parametrize("name", SINGLE)
def test_that_one_step_from_what_the_rule_remembers_gives_the_target_of_the_run(name):
    result = runs_of(name, "plain")
    if result is None or name in BARE:
        pytest.skip("no step")
    context = context_of(result, 0)
    for bar in (300, 600):
        replay = replay_of(context, bar)
        assert replay.turned(frozenset()) == result.signals[bar]


@pytest.mark.parametrize("name", ["turtle", "macd_reversal", "swing_point", "washer_mean_reversion", "ema_cross"])
def test_that_a_window_tells_the_same_as_the_whole_series(name, monkeypatch):
    result = runs_of(name, "plain")
    context = context_of(result, 0)
    whole = [explain_bar(result, 0, bar).decision for bar in (420, 650)]
    monkeypatch.setattr(why_replay, "WHOLE", 10)
    monkeypatch.setattr(why_replay, "_FIRST", 8)
    parts = [explain_bar(result, 0, bar).decision for bar in (420, 650)]
    assert replay_of(context, 650).first > 0
    for one, other in zip(whole, parts, strict=True):
        assert [step.held for step in one.steps] == [step.held for step in other.steps]
        assert [condition.words for condition in one.conditions] == [condition.words for condition in other.conditions]


def test_that_a_cross_is_told_with_both_averages_and_their_outcome():
    result = runs_of("ema_cross", "plain")
    told = explain_trade(result, 1).decision
    lines = lines_of(load("ema_cross"), BARS, load("ema_cross").parse({}))
    fast, slow = (lines[name][0][told.bar] for name in ("fast", "slow"))
    first = told.conditions[0]
    assert first.words == f"fast {fast:.6g} > slow {slow:.6g}"
    assert first.held == (fast > slow) == (told.said > 0)
    assert told.before == result.signals[told.bar - 1] != told.said


BANDS = """
from engine.indicators.channel import bollinger
from engine.strategies import Strategy, rule


class Bands(Strategy):
    \"\"\"Long below the lower band, short above the upper, flat past the middle.\"\"\"

    def indicators(self, p):
        upper, middle, lower = bollinger("close", 10, 2.0)
        return {"upper": upper, "middle": middle, "lower": lower}

    @rule
    def decide(bars, bank, rows, params, target):
        upper, middle, lower = bank[rows[0]], bank[rows[1]], bank[rows[2]]
        side = 0.0
        for t in range(bars.close.shape[0]):
            close = bars.close[t]
            if close < lower[t]:
                side = 1.0
            elif close > upper[t]:
                side = -1.0
            elif (side > 0.0 and close > middle[t]) or (side < 0.0 and close < middle[t]):
                side = 0.0
            target[t] = side


class Lagged(Strategy):
    \"\"\"Long above the close of three bars ago.\"\"\"

    def warmup(self, p):
        return 3

    @rule
    def decide(bars, bank, rows, params, target):
        for t in range(3, bars.close.shape[0]):
            made = t - 3
            target[t] = 1.0 if bars.close[t] > bars.close[made] else 0.0
"""


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    (folder / "made_up.py").write_text(BANDS)
    registry.scan(folder)
    yield
    (folder / "made_up.py").unlink()
    registry.scan(folder)


def bands(close):
    return run_backtest(make_bars(close), BacktestSpec(strategy="bands"))


@pytest.mark.usefixtures("made_up")
def test_that_a_bar_with_a_name_is_told_as_so_many_bars_before_and_the_warm_up_by_itself():
    result = run_backtest(BARS, BacktestSpec(strategy="lagged"))
    told = explain_bar(result, 0, 50).decision
    assert told.conditions[0].right == "close 3 bars before"
    assert told.conditions[0].right_value == BARS.close[47]
    assert "warming up" in explain_bar(result, 0, 2).decision.problem


@pytest.mark.usefixtures("made_up")
def test_that_the_nearest_miss_is_the_smaller_distance_beside_its_usual_size():
    # Closes around 100: the lower band is never broken, and bar 30 comes nearest to it from above.
    close = 100 + np.array([1.0, -1.0] * 20)
    close[30] = 98.2
    result = bands(close)
    told = explain_bar(result, 0, 30)
    assert told.kind == "no_signal"
    window = close[21:31]
    lower = [math.nan] * 9 + [close[t - 9 : t + 1].mean() - 2 * close[t - 9 : t + 1].std() for t in range(9, 40)]
    miss = told.decision.misses[0]
    assert miss.condition.words.startswith("close 98.2 < lower")
    assert miss.distance == pytest.approx(98.2 - (window.mean() - 2 * window.std()))
    usual = np.mean([abs(close[t] - lower[t]) for t in range(9, 31)])
    assert miss.scale == pytest.approx(usual)
    assert miss.relative == pytest.approx(miss.distance / usual)
    assert miss.target == 1.0
    assert miss.bar == -1  # never below the band anywhere near


@pytest.mark.usefixtures("made_up")
def test_that_the_nearest_bar_at_which_a_missed_condition_held_is_named():
    close = 100 + np.array([1.0, -1.0] * 20)
    close[33] = 90.0
    told = explain_bar(bands(close), 0, 30)
    miss = next(one for one in told.decision.misses if "lower" in one.condition.words)
    assert (miss.bar, miss.bars_away) == (33, 3)
    assert miss.label == make_bars(close).label(33)


def test_that_two_failed_conditions_of_one_entry_count_together_by_the_farther_one():
    close = np.linspace(100, 130, 260)
    close[-1] = close[-2] - 0.05
    result = run_backtest(make_bars(close), BacktestSpec(strategy="bouncy_ball", params={"rsi_threshold": 30.0}))
    bar = close.size - 1
    told = explain_bar(result, 0, bar)
    failed = {condition.left for condition in told.decision.failed}
    assert {"rsi", "close"} <= failed
    for miss in told.decision.misses:
        assert miss.target == 1.0
        assert miss.together == 4  # leave, zone, RSI and up bar all stand against it


@pytest.mark.usefixtures("made_up")
def test_that_a_condition_of_the_other_side_is_no_miss_while_nothing_is_held():
    close = 100 + np.array([1.0, -1.0] * 20)
    told = explain_bar(bands(close), 0, 30)
    assert all("middle" not in miss.condition.words for miss in told.decision.misses)


@pytest.mark.usefixtures("made_up")
def test_that_what_the_rule_did_not_reach_is_evaluated_for_the_record():
    result = run_backtest(BARS, BacktestSpec(strategy="bands"))
    longs = np.flatnonzero(result.trades["side"] > 0)
    told = explain_trade(result, int(longs[0])).decision
    assert [step.reached for step in told.steps] == [True, False, False]
    assert told.steps[0].leads_to == "side = 1"
    assert not told.steps[1].conditions[0].reached
    assert math.isfinite(told.steps[1].conditions[0].left_value)


def test_that_an_edited_source_is_told_and_not_explained_with_the_new_one(tmp_path, monkeypatch):
    file = tmp_path / "climber.py"
    text = (
        "from engine.strategies import Strategy, rule\n\n\n"
        "class Climber(Strategy):\n"
        '    """Long after a rise."""\n\n'
        "    @rule\n"
        "    def decide(bars, bank, rows, params, target):\n"
        "        for t in range(1, bars.close.shape[0]):\n"
        "            target[t] = 1.0 if bars.close[t] > bars.close[t - 1] else 0.0\n"
    )
    file.write_text(text)
    registry.scan(tmp_path)
    try:
        result = run_backtest(BARS, BacktestSpec(strategy="climber"))
        bar = int(result.trades["entry_decision"][2])
        told = explain_bar(result, 0, bar).decision
        assert told.conditions[0].words.startswith("close ")
        assert "close 1 bar before" in told.conditions[0].right
        file.write_text(text.replace("> bars", "< bars"))
        told = explain_bar(result, 0, bar).decision
        assert "changed" in told.problem
        assert told.steps == ()
        registry.scan(tmp_path)
        assert "other targets than in this run" in explain_bar(result, 0, bar).decision.problem
    finally:
        file.unlink()
        registry.scan(tmp_path)


PANDAS = '''
import numpy as np
from engine.strategies import PortfolioStrategy, Strategy


class AboveMean(Strategy):
    """Whole series."""

    def signals(self, bars, p):
        close = bars.to_frame()["close"]
        mean = close.rolling(20).mean()
        up = (close > mean) & (close > close.shift(1))
        return np.where(up, 1.0, 0.0)


class LoopMean(Strategy):
    """The same in a loop."""

    def signals(self, bars, p):
        out = np.zeros(len(bars))
        for i in range(19, len(bars)):
            mean = bars.close[i - 19 : i + 1].mean()
            if bars.close[i] > mean and bars.close[i] > bars.close[i - 1]:
                out[i] = 1.0
        return out


class HalfEach(PortfolioStrategy):
    """Half of the account in each of two that rise."""

    title = "Half each"

    def weights(self, panel, p):
        rises = np.vstack((np.zeros((1, panel.close.shape[1]), bool), panel.close[1:] > panel.close[:-1]))
        strong = panel.close > panel.open
        return np.where(rises & strong, 0.25, 0.0)
'''


@pytest.fixture
def plugins(tmp_path):
    file = tmp_path / "several.py"
    file.write_text(PANDAS)
    registry.scan(tmp_path)
    yield
    file.unlink()
    registry.scan(tmp_path)


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize("name", ["above_mean", "loop_mean"])
def test_that_a_method_on_whole_series_and_one_with_a_loop_are_read_at_the_bar(name):
    result = run_backtest(BARS, BacktestSpec(strategy=name))
    bar = int(result.trades["entry_decision"][3])
    told = explain_bar(result, 0, bar).decision
    mean = BARS.close[bar - 19 : bar + 1].mean()
    first, second = told.conditions
    assert (first.left_value, first.right_value) == (BARS.close[bar], pytest.approx(mean))
    assert (second.left_value, second.right_value) == (BARS.close[bar], BARS.close[bar - 1])
    assert first.held
    assert second.held
    flat = int(np.flatnonzero(result.signals == 0.0)[200])
    assert explain_bar(result, 0, flat).decision.misses


@pytest.mark.usefixtures("plugins")
def test_that_weights_are_read_at_bar_and_instrument():
    series = [replace(random_bars(seed, 300), columns={}) for seed in (1, 2, 3)]
    result = run_backtest(series, BacktestSpec(strategy="half_each"))
    for asset in (0, 2):
        bars = series[asset]
        bar = int(np.flatnonzero(result.signals[asset] > 0)[20])
        told = explain_bar(result, asset, bar).decision
        condition = next(one for one in told.conditions if one.right == "open")
        assert (condition.left_value, condition.right_value) == (bars.close[bar], bars.open[bar])
        assert told.lines[0].value == result.signals[asset, bar] == 0.25


def test_that_derived_candles_are_explained_on_the_bar_that_was_seen():
    data = {"candles": {"timeframe": "1wk"}}
    result = run_backtest(BARS, BacktestSpec(strategy="sma_cross", params={"fast": 3, "slow": 9}, data=data))
    told = explain_trade(result, 1).decision
    from engine.data.resample import resample

    weeks = resample(BARS, "1wk")
    seen = int(np.searchsorted(weeks.time, BARS.time[told.bar], side="right")) - 1
    assert told.seen_label == weeks.label(seen)
    fast = weeks.close[seen - 2 : seen + 1].mean()
    assert told.conditions[0].left_value == pytest.approx(fast)


def test_that_a_test_part_is_explained_with_the_bars_before_it():
    data = {"train_split": 0.6, "run_mode": "test"}
    result = run_backtest(BARS, BacktestSpec(strategy="ema_cross", data=data))
    alone = explain_bar(result, 0, 3).decision
    assert "before the test part" in alone.problem
    told = explain_bar(result, 0, 3, history=[BARS]).decision
    lines = lines_of(load("ema_cross"), BARS, load("ema_cross").parse({}))
    at = int(np.searchsorted(BARS.time, result.bars.time[3]))
    assert told.problem == ""
    assert told.conditions[0].left_value == lines["fast"][0][at]
