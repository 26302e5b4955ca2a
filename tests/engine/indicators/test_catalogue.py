"""The catalogue draws every indicator of pandas_ta and tells which of them look ahead."""

import warnings

import numpy as np
import pytest

from engine.core.errors import DataError, InputError
from engine.indicators.catalogue import LOOKS_AHEAD, catalogue, draw, entry_of
from tests.conformance.series import sp500

BARS = sp500().slice(0, 900)
NAMES = [entry.name for entry in catalogue()]
# They take the lines of other indicators, not prices.
NOT_FROM_PRICES = {"long_run", "short_run"}


def pandas_ta():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas_ta as library
    return library


def test_that_the_whole_catalogue_of_pandas_ta_is_there():
    told = {name for names in pandas_ta().Category.values() for name in names if hasattr(pandas_ta(), name)}
    assert told - set(NAMES) == NOT_FROM_PRICES
    assert len(NAMES) >= 145


@pytest.mark.parametrize("name", NAMES)
def test_that_an_indicator_draws_and_its_declared_defaults_are_the_librarys_own(name):
    entry = entry_of(name)
    assert entry.title
    assert entry.group
    assert entry.inputs
    lines = draw(BARS, name)
    for values, pane in lines.values():
        assert values.shape == (len(BARS),)
        assert values.dtype == np.float64
        assert pane in ("price", "own")
        assert not np.isinf(values).any()
    spelled_out = draw(BARS, name, {info.name: info.default for info in entry.fields})
    for (one, _), (other, _) in zip(lines.values(), spelled_out.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, equal_nan=True)


@pytest.mark.parametrize("name", NAMES)
def test_that_an_indicator_that_is_not_marked_never_changes_its_past(name):
    whole = draw(BARS, name)
    changed = False
    for cut in (640, 641, 702, 755, 790, 811, 870):
        part = draw(BARS.slice(0, cut), name)
        for label, (values, _) in part.items():
            same = np.isclose(values, whole[label][0][:cut], rtol=1e-9, atol=1e-12, equal_nan=True)
            changed = changed or not same.all()
    assert changed == (name in LOOKS_AHEAD)


def test_that_a_level_of_price_lies_over_the_candles_and_an_oscillator_does_not():
    panes = {name: {pane for _, pane in draw(BARS, name).values()} for name in ("sma", "rsi", "kc", "macd", "obv")}
    assert panes == {"sma": {"price"}, "rsi": {"own"}, "kc": {"price"}, "macd": {"own"}, "obv": {"own"}}


def test_that_parameters_change_the_line():
    short, long = (draw(BARS, "sma", {"length": length}) for length in (5, 50))
    [short_line], [long_line] = ([values for values, _ in lines.values()] for lines in (short, long))
    np.testing.assert_allclose(short_line[4:], np.convolve(BARS.close, np.full(5, 0.2), "valid"))
    assert np.isnan(long_line[:49]).all()


@pytest.mark.parametrize(
    ("params", "field"),
    [({"lenght": 3}, "lenght"), ({"length": "long"}, "length"), ({"length": 2.5}, "length"),
     ({"length": 0}, "length"), ({"length": True}, "length"), ({"length": 10**9}, "length")],
)  # fmt: skip
def test_that_bad_parameters_are_refused_with_their_field(params, field):
    with pytest.raises(InputError) as caught:
        draw(BARS, "rsi", params)
    assert caught.value.field == f"indicator.rsi.{field}"


def test_that_an_unknown_name_and_too_few_bars_are_told():
    with pytest.raises(InputError, match="Did you mean 'macd'"):
        draw(BARS, "mac")
    with pytest.raises(DataError, match="Simple Moving Average has no value on 5 bars"):
        draw(BARS.slice(0, 5), "sma", {"length": 50})


def test_that_empty_bars_give_a_message_and_not_a_crash():
    with pytest.raises(DataError):
        draw(BARS.slice(0, 0), "atr")
