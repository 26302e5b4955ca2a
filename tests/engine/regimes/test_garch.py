"""GARCH and AR-GARCH against the package arch run directly on the same returns."""

import numpy as np
import pytest
from arch import arch_model

from engine.core.errors import DataError
from engine.kernels.blas import one_blas_thread
from engine.regimes import parse_gate
from engine.regimes.fitted import log_returns
from engine.regimes.garch_fit import fit_terms
from tests.conformance.series import bars_of, random_walk, sp500

MEANS = [("garch", {"mean": "Constant"}), ("ar_garch", {"mean": "AR", "lags": 1})]
YEAR = np.sqrt(252.0)


@pytest.fixture(autouse=True)
def _one_thread():
    """The optimiser's last digits depend on the number of threads; the gate uses one."""
    with one_blas_thread():
        yield


def direct(returns, mean, *, rescale=False):
    return arch_model(100.0 * returns, vol="GARCH", p=1, q=1, rescale=rescale, **mean)


def gate_of(name, **fields):
    return parse_gate({"name": name, "lookback": 100, "min_history": 600, "refit_every": 25} | fields)


def bars():
    return sp500().slice(0, 700)


@pytest.mark.parametrize(("name", "mean"), MEANS)
def test_that_a_fit_is_the_fit_of_arch(name, mean):
    returns = log_returns(bars())[1:601].copy()
    terms, fit = fit_terms(returns, autoregressive=name == "ar_garch"), direct(returns, mean).fit(disp="off")
    expected = list(fit.params) if name == "ar_garch" else [fit.params.iloc[0], 0.0, *fit.params.iloc[1:]]
    np.testing.assert_allclose(terms.values, expected, rtol=1e-12)
    seen = fit.conditional_volatility[~np.isnan(fit.conditional_volatility)]
    np.testing.assert_allclose(np.sqrt(terms.variance), seen, rtol=1e-12)
    assert terms.scale == 100.0


@pytest.mark.parametrize("window", [None, 400])
@pytest.mark.parametrize(("name", "mean"), MEANS)
def test_that_the_volatility_between_fits_is_that_of_arch_with_the_same_parameters(name, mean, window):
    said, returns = gate_of(name, window=window).compute(bars()), log_returns(bars())
    np.testing.assert_array_equal(said.refits, [599, 624, 649, 674, 699])
    for bar in said.refits[:-1]:
        start = 0 if window is None else bar - window + 1
        fitted = direct(returns[start + 1 : bar + 1], mean).fit(disp="off").params
        # The conditional volatility of a bar is what was expected at the close before it.
        later = direct(returns[start + 1 : bar + 26], mean).fix(fitted).conditional_volatility
        expected = later[bar - start : bar - start + 24] / 100.0 * YEAR
        np.testing.assert_allclose(said.lines["volatility"][bar : bar + 24], expected, rtol=1e-8)


@pytest.mark.parametrize(("name", "mean"), MEANS)
def test_that_the_volatility_of_a_refit_is_the_forecast_of_arch(name, mean):
    said, returns = gate_of(name).compute(bars()), log_returns(bars())
    for bar in said.refits:
        fit = direct(returns[1 : bar + 1], mean).fit(disp="off")
        forecast = fit.forecast(horizon=1).variance.iloc[-1, 0]
        assert said.lines["volatility"][bar] == pytest.approx(np.sqrt(forecast) / 100.0 * YEAR, rel=1e-8)
        if name == "ar_garch":
            assert said.lines["coefficient"][bar] == pytest.approx(fit.params.iloc[1], rel=1e-12)


def test_that_the_threshold_is_a_quantile_of_the_same_models_volatilities():
    said, returns = gate_of("garch", quantile=0.7).compute(bars()), log_returns(bars())
    bar = 624
    fit = direct(returns[1 : bar + 1], MEANS[0][1]).fit(disp="off")
    path = [*fit.conditional_volatility[-99:] / 100.0 * YEAR, said.lines["volatility"][bar]]
    assert said.lines["threshold"][bar] == pytest.approx(np.quantile(path, 0.7), rel=1e-10)
    path = [*path[5:], *said.lines["volatility"][bar + 1 : bar + 6]]
    assert said.lines["threshold"][bar + 5] == pytest.approx(np.quantile(path, 0.7), rel=1e-10)


def test_that_the_gate_is_open_on_its_side_of_the_threshold():
    low, high = (gate_of("garch", volatility=side).compute(bars()) for side in ("low", "high"))
    above = low.lines["volatility"] > low.lines["threshold"]
    np.testing.assert_array_equal(high.open, above)
    np.testing.assert_array_equal(low.open[599:], ~above[599:])
    assert above[599:].any()
    assert not above[599:].all()


def test_that_the_four_regimes_divide_the_bars():
    fields = {"threshold": 0.0, "min_history": 500, "refit_every": 100}
    said = {
        (direction, volatility): gate_of("ar_garch", direction=direction, volatility=volatility, **fields)
        .compute(bars()).open.astype(int)
        for direction in ("momentum", "reversion", "any") for volatility in ("low", "high", "any")
        if (direction, volatility) != ("any", "any")
    }  # fmt: skip
    for direction in ("momentum", "reversion"):
        both = said[direction, "low"] + said[direction, "high"]
        np.testing.assert_array_equal(both, said[direction, "any"])
    for volatility in ("low", "high"):
        both = said["momentum", volatility] + said["reversion", volatility]
        np.testing.assert_array_equal(both, said["any", volatility])
    assert (said["any", "low"] + said["any", "high"])[499:].min() == 1


def test_that_tiny_returns_are_fitted_on_a_larger_scale():
    bars = random_walk(600, 5, volatility=1e-5)
    said = gate_of("garch", min_history=500, refit_every=1000).compute(bars)
    fit = direct(log_returns(bars)[1:500], MEANS[0][1], rescale=True).fit(disp="off")
    assert fit.scale == 1000.0
    expected = np.sqrt(fit.forecast(horizon=1).variance.iloc[-1, 0]) / (100.0 * fit.scale) * YEAR
    assert said.lines["volatility"][499] == pytest.approx(expected, rel=1e-8)


def halted(start, stop, n=700):
    """Returns that cluster, and a halt: closes that do not move from ``start`` to ``stop``."""
    close = sp500().close[:n].copy()
    close[start:stop] = close[start]
    return bars_of(close)


def test_that_a_refit_without_a_solution_keeps_the_fit_before_and_is_counted():
    bars = halted(300, 520)
    fields = {"min_history": 200, "window": 150, "refit_every": 50, "lookback": 60}
    said = gate_of("ar_garch", **fields).compute(bars)
    tried = np.arange(199, 700, 50)
    still = [bar for bar in tried if np.ptp(bars.close[bar - 149 : bar + 1]) == 0.0]
    assert still == [449, 499]
    assert said.failed_fits == tried.size - said.refits.size >= 2
    assert not set(still) & set(said.refits)
    held = said.lines["coefficient"][448]
    assert (said.lines["coefficient"][449:549] == held).all()
    returns = log_returns(bars)
    last = int(said.refits[said.refits < 449][-1])
    values = fit_terms(returns[last - 148 : last + 1].copy(), autoregressive=True).values
    mean, phi, omega, alpha, beta = values
    variance = (100.0 * said.lines["volatility"][448] / YEAR) ** 2
    for bar in range(449, 530):  # the recursion goes on in plain Python
        rest = 100.0 * (returns[bar] - phi * returns[bar - 1]) - mean
        variance = omega + alpha * rest**2 + beta * variance
        assert said.lines["volatility"][bar] == pytest.approx(np.sqrt(variance) / 100.0 * YEAR, rel=1e-9)


@pytest.mark.parametrize("name", ["garch", "ar_garch"])
def test_that_a_first_fit_without_a_solution_is_an_error(name):
    with pytest.raises(DataError, match=r"TEST: GARCH\(1,1\) finds no solution for the first 600 bars"):
        gate_of(name).compute(halted(0, 650))


def test_that_calm_and_wild_years_are_told_apart():
    rng = np.random.default_rng(4)
    wild = (np.arange(1500) // 150) % 2 == 1
    bars = bars_of(100.0 * np.exp(np.cumsum(rng.normal(0.0, np.where(wild, 0.03, 0.005)))))
    gate = gate_of("garch", volatility="high", quantile=0.5, lookback=299, min_history=500, refit_every=100)
    said = gate.compute(bars)
    settled = (np.arange(1500) % 150 >= 20) & (np.arange(1500) >= 600)
    assert said.open[settled & wild].mean() > 0.9
    assert said.open[settled & ~wild].mean() < 0.2


def test_that_fits_leave_the_warning_filters_as_they_were():
    import warnings

    before = list(warnings.filters)
    gate_of("garch").compute(bars())
    assert list(warnings.filters) == before
