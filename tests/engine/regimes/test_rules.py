"""Gates without a model against slow twins: moving average, volatility percentile, AR(1)."""

import statistics

import numpy as np
import pytest

from engine.regimes import parse_gate
from tests.conformance.series import bars_of, random_walk, sp500


def rolling(values, n):
    return [list(values[t - n + 1 : t + 1]) if t >= n - 1 else None for t in range(len(values))]


def test_that_the_moving_average_gate_is_open_on_its_side():
    bars = random_walk(400, 8)
    for side in ("above", "below"):
        said = parse_gate({"name": "moving_average", "length": 30, "side": side}).compute(bars)
        for t, window in enumerate(rolling(bars.close, 30)):
            mean = statistics.fmean(window) if window else np.nan
            assert said.lines["average"][t] == pytest.approx(mean, nan_ok=True)
            assert said.open[t] == (bars.close[t] > mean if side == "above" else bars.close[t] < mean)


def test_that_the_exponential_average_weighs_two_over_length_plus_one():
    bars = random_walk(200, 8)
    said, value = parse_gate({"name": "moving_average", "length": 9, "average": "ema"}).compute(bars), bars.close[0]
    for t in range(1, 200):
        value = 0.2 * bars.close[t] + 0.8 * value
        if t >= 8:
            assert said.lines["average"][t] == pytest.approx(value)
            assert said.open[t] == (bars.close[t] > value)


def test_that_a_close_on_its_average_is_on_neither_side():
    bars = bars_of([5.0] * 10)
    for side in ("above", "below"):
        assert not parse_gate({"name": "moving_average", "length": 3, "side": side}).compute(bars).open.any()


def test_that_volatility_is_ranked_among_its_own_past():
    bars, length, lookback = random_walk(400, 6), 8, 50
    fields = {"name": "volatility_percentile", "length": length, "lookback": lookback, "low": 25, "high": 75}
    said = {side: parse_gate(fields | {"side": side}).compute(bars) for side in ("low", "high", "between")}
    returns = np.diff(np.log(bars.close))
    deviation = [statistics.stdev(window) if window else None for window in rolling(returns, length)]
    for t in range(length + lookback - 1, 400):
        past = deviation[t - lookback : t]  # one shorter than bars: return t-1 belongs to bar t
        now = past[-1]
        rank = 100.0 * sum(1.0 if v < now else 0.5 if v == now else 0.0 for v in past[:-1]) / (lookback - 1)
        assert said["low"].lines["percentile"][t] == pytest.approx(rank, abs=1e-9)
        assert said["low"].lines["volatility"][t] == pytest.approx(now * np.sqrt(252), abs=1e-12)
        assert said["low"].open[t] == (rank <= 25)
        assert said["high"].open[t] == (rank >= 75)
        assert said["between"].open[t] == (25 < rank < 75)


def pairs(returns, bar, window):
    """Returns and the ones before them inside a window of bars that ends at ``bar``."""
    start = 0 if window is None else max(0, bar - window + 1)
    inside = returns[start + 1 : bar + 1]
    return inside[:-1], inside[1:]


@pytest.mark.parametrize("window", [None, 60, 500])
def test_that_the_ar1_coefficient_is_the_least_squares_slope(window):
    from statsmodels.regression.linear_model import OLS
    from statsmodels.tools import add_constant

    bars = sp500().slice(0, 500)
    gate = parse_gate({"name": "ar1", "window": window, "min_history": 100, "refit_every": 7})
    said = gate.compute(bars)
    returns = np.concatenate(([np.nan], np.diff(np.log(bars.close))))
    for bar in said.refits[::9]:
        x, y = pairs(returns, bar, window)
        fit = OLS(y, add_constant(x)).fit()
        slope, _ = np.linalg.lstsq(np.column_stack([x, np.ones(x.size)]), y, rcond=None)[0]
        assert said.lines["coefficient"][bar] == pytest.approx(slope, rel=1e-10)
        assert said.lines["coefficient"][bar] == pytest.approx(fit.params[1], rel=1e-10)
        assert said.lines["t_statistic"][bar] == pytest.approx(fit.tvalues[1], rel=1e-8)


def test_that_the_coefficient_holds_from_one_fit_to_the_next():
    said = parse_gate({"name": "ar1", "min_history": 100, "window": 60, "refit_every": 7}).compute(random_walk(200))
    np.testing.assert_array_equal(said.refits, np.arange(99, 200, 7))
    for bar in said.refits:
        assert len(set(said.lines["coefficient"][bar : bar + 7])) == 1
    assert len(set(said.lines["coefficient"][said.refits])) > 5


def autoregressive(phi, n=3000, seed=2):
    rng, returns = np.random.default_rng(seed), np.zeros(n)
    for t in range(1, n):
        returns[t] = phi * returns[t - 1] + rng.normal(0.0, 0.01)
    return bars_of(100.0 * np.exp(np.cumsum(returns)))


@pytest.mark.parametrize(("phi", "direction"), [(0.3, "momentum"), (-0.3, "reversion")])
def test_that_momentum_and_reversion_are_told_apart(phi, direction):
    fields = {"name": "ar1", "window": 500, "min_history": 500, "threshold": 0.1}
    bars = autoregressive(phi)
    for name in ("momentum", "reversion"):
        said = parse_gate(fields | {"direction": name}).compute(bars)
        assert said.open[499:].mean() == (1.0 if name == direction else 0.0)


def test_that_a_t_statistic_can_be_asked_for():
    bars, fields = random_walk(900, 3), {"name": "ar1", "threshold": 0.02}
    plain, strict = (parse_gate(fields | {"min_t": t}).compute(bars) for t in (0.0, 1.0))
    expected = plain.open & (np.abs(plain.lines["t_statistic"]) >= 1.0)
    np.testing.assert_array_equal(strict.open, expected)
    assert 0 < strict.open.sum() < plain.open.sum()


def test_that_legends_name_the_numbers():
    legends = {
        "open while close is above its 200-bar average": {"name": "moving_average"},
        "open while close is below its 50-bar exponential average":
            {"name": "moving_average", "side": "below", "average": "ema", "length": 50},
        "open while 20-bar volatility is at or below the 30% mark of its last 252 values":
            {"name": "volatility_percentile"},
        "open while 20-bar volatility is between the 30% and 70% marks of its last 252 values":
            {"name": "volatility_percentile", "side": "between"},
        "open while the AR(1) coefficient of 120 bars is above 0.05": {"name": "ar1"},
        "open while the AR(1) coefficient of all bars so far is below 0 with |t| at least 2":
            {"name": "ar1", "window": None, "direction": "reversion", "threshold": 0, "min_t": 2},
    }  # fmt: skip
    bars = random_walk(400)
    for legend, values in legends.items():
        assert parse_gate(values).compute(bars).legend == legend
