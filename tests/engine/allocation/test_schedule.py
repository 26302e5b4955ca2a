"""Who takes part at each close and when weights are estimated anew, against a slow twin."""

import datetime as dt

import numpy as np
import pytest

from engine.allocation import allocation_names, load_allocation, parse_allocation, weights_over_time
from engine.core.errors import DataError
from engine.kernels.blas import one_blas_thread
from tests.engine.allocation.panels import business_days, ragged, returns_of, walk

SHORT = {"lookback": 40, "min_history": 20}


def takes_part(line, days, t, lookback, min_history):
    """Whether an asset takes part at bar t, read from its closes up to t one by one."""
    own = [k for k in range(t + 1) if not np.isnan(line[k])]
    if not own or (t - own[-1] >= 10 and days[t] - days[own[-1]] > 7):
        return False
    return sum(k > t - lookback for k in own[1:]) >= min_history


def period(day, calendar):
    date = dt.date(1970, 1, 1) + dt.timedelta(days=int(day))
    return {
        "daily": date, "weekly": date.isocalendar()[:2], "monthly": (date.year, date.month),
        "quarterly": (date.year, (date.month + 2) // 3),
    }[calendar]  # fmt: skip


def carried(line, t):
    known = line[: t + 1][~np.isnan(line[: t + 1])]
    return known[-1]


def slow_twin(allocation, close, days):
    n, bars = close.shape
    out, anew, held, before = np.zeros((n, bars)), [], np.zeros(n), [False] * n
    for t in range(bars):
        now = [takes_part(line, days, t, allocation.lookback, allocation.min_history) for line in close]
        starts = t == 0 or period(days[t], allocation.recompute) != period(days[t - 1], allocation.recompute)
        if now != before or (starts and any(now)):
            anew.append(t)
            held = np.zeros(n)
            rows = [k for k in range(n) if now[k]]
            begin = max([t - allocation.lookback] + [int(np.flatnonzero(~np.isnan(close[k]))[0]) for k in rows])
            table = np.array([[carried(close[k], bar) for k in rows] for bar in range(begin, t + 1)])
            if rows:
                held[rows] = allocation.weights(table[1:] / table[:-1] - 1)
        before = now
        out[:, t] = held
    return out, anew


@pytest.mark.parametrize("calendar", ["daily", "weekly", "monthly", "quarterly"])
@pytest.mark.parametrize("name", ["min_variance", "risk_parity"])
def test_that_weights_over_time_equal_the_slow_twin(name, calendar):
    method = parse_allocation({"name": name, "recompute": calendar, **SHORT})
    close, days = ragged(4)
    if calendar == "weekly":
        days = np.arange(days.size) + 17_535  # Sundays too: a week begins on Monday
    found = weights_over_time(method, close, days)
    expected, anew = slow_twin(method, close, days)
    np.testing.assert_array_equal(found.weights, expected)
    np.testing.assert_array_equal(found.recomputed, anew)


def test_that_nothing_is_held_before_the_least_history_and_all_of_it_from_there():
    close, days = walk(2)
    found = weights_over_time(parse_allocation({"name": "risk_parity", **SHORT}), close, days)
    assert not found.weights[:, :20].any()
    np.testing.assert_allclose(found.weights[:, 20:].sum(axis=0), 1)
    assert found.recomputed[0] == 20


def test_that_weights_stay_between_recomputations_and_change_at_the_first_bar_of_a_month():
    close, days = walk(2)
    found = weights_over_time(parse_allocation({"name": "risk_parity", **SHORT}), close, days)
    months = days.view("M8[D]").astype("M8[M]").astype(int)
    first = np.flatnonzero(months[1:] != months[:-1]) + 1
    np.testing.assert_array_equal(found.recomputed, sorted({20, *first[first > 20]}))
    changes = np.flatnonzero((found.weights[:, 1:] != found.weights[:, :-1]).any(axis=0)) + 1
    np.testing.assert_array_equal(changes, found.recomputed)


def test_that_an_asset_leaves_ten_bars_after_its_last_one():
    close, days = walk(2, assets=3)
    close[2, 101:] = np.nan
    found = weights_over_time(parse_allocation({"name": "risk_parity", **SHORT}), close, days)
    assert found.weights[2, 109] > 0
    assert found.weights[2, 110] == 0
    assert 110 in found.recomputed
    np.testing.assert_allclose(found.weights[:2, 110:].sum(axis=0), 1)


def test_that_an_hourly_axis_keeps_an_asset_over_its_nights_and_weekend():
    days = np.repeat(business_days(1)[0] + np.arange(21), 24).astype(np.int64)
    hours = np.tile(np.arange(24), 21)
    close = 100 * np.cumprod(1 + np.random.default_rng(1).normal(0, 0.01, (2, days.size)), axis=1)
    weekend = (days + 3) % 7 >= 5
    close[1, (hours < 14) | (hours > 20) | weekend] = np.nan
    found = weights_over_time(load_allocation("equal_weight"), close, days)
    np.testing.assert_array_equal(found.weights[1, 14:], np.full(days.size - 14, 0.5))


def test_that_equal_weight_divides_among_those_that_trade_so_far():
    close, days = walk(1, assets=3, bars=60)
    close[1, :20] = np.nan
    close[2, 30:] = np.nan
    found = weights_over_time(load_allocation("equal_weight"), close, days)
    np.testing.assert_array_equal(found.recomputed, [0, 20, 39])
    np.testing.assert_allclose(found.weights[:, 19], [0.5, 0, 0.5])
    np.testing.assert_allclose(found.weights[:, 20], [1 / 3] * 3)
    np.testing.assert_allclose(found.weights[:, 39], [0.5, 0.5, 0])


def test_that_none_gives_one_for_each_asset():
    close, days = ragged(1)
    close[0, 3] = -5.0
    with pytest.raises(DataError):
        weights_over_time(load_allocation("equal_weight"), close, days)
    close[0, 3] = 5.0
    found = weights_over_time(load_allocation("none"), close, days)
    np.testing.assert_array_equal(found.weights, np.ones_like(close))
    np.testing.assert_array_equal(found.recomputed, [0])


@pytest.mark.parametrize("name", ["inverse_volatility", "min_variance", "risk_parity", "hierarchical_risk_parity"])
def test_that_a_price_that_stands_still_gets_nothing(name):
    close, days = walk(3, assets=3)
    close[0] = 1.0
    found = weights_over_time(parse_allocation({"name": name, **SHORT}), close, days)
    assert not found.weights[0].any()
    np.testing.assert_allclose(found.weights[1:, 20:].sum(axis=0), 1)
    alone = weights_over_time(parse_allocation({"name": name, **SHORT}), close[:1], days)
    assert not alone.weights.any()


def test_that_an_asset_that_never_trades_gets_nothing():
    close, days = walk(3, assets=3)
    close[1] = np.nan
    found = weights_over_time(parse_allocation({"name": "min_variance", **SHORT}), close, days)
    assert not found.weights[1].any()
    empty = weights_over_time(parse_allocation({"name": "min_variance", **SHORT}), close[:, :0], days[:0])
    assert empty.weights.shape == (3, 0)


def test_that_a_failed_estimate_names_method_and_date():
    close, days = walk(3, assets=3)
    close[2] = close[1]
    method = parse_allocation({"name": "min_variance", "covariance": "sample", **SHORT})
    with pytest.raises(DataError, match="min_variance on 2018-01-29: the covariance of 3 assets has no inverse"):
        weights_over_time(method, close, days)


@pytest.mark.parametrize("value", [0.0, -3.0, np.inf])
def test_that_prices_without_a_return_are_refused(value):
    close, days = walk(3, assets=3)
    close[1, 7] = value
    with pytest.raises(DataError, match=r"close of asset 1 is .* at bar 7"):
        weights_over_time(load_allocation("risk_parity"), close, days)


def test_that_shapes_that_disagree_are_refused():
    close, days = walk(3, assets=3)
    with pytest.raises(DataError, match=r"close has shape \(3, 260\), session \(259,\)"):
        weights_over_time(load_allocation("risk_parity"), close, days[1:])


def test_that_the_series_cannot_be_written_to():
    found = weights_over_time(load_allocation("equal_weight"), *walk(3))
    with pytest.raises(ValueError, match="read-only"):
        found.weights[0, 0] = 1


def blas_threads():
    from threadpoolctl import threadpool_info

    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_that_the_linear_algebra_gets_its_threads_back_after_the_last_run():
    before = blas_threads()
    with one_blas_thread():
        with pytest.raises(DataError, match="later"), one_blas_thread():
            raise DataError("later")
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_that_the_number_of_threads_changes_no_bit():
    from threadpoolctl import threadpool_limits

    returns, found = returns_of(3, window=252, assets=80), []
    for threads in (1, 2):
        with threadpool_limits(limits=threads, user_api="blas"):
            found.append([load_allocation(name).weights(returns).tobytes() for name in allocation_names()])
    assert found[0] == found[1]
