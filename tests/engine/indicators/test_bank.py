"""The bank: order of rows, sharing, sources, errors, edges."""

import numpy as np
import pytest

from engine.core.errors import InputError, StrategyError
from engine.indicators import KINDS, Indicator, indicator
from engine.indicators.bank import compute, distinct, fill_bank, source_series
from engine.indicators.channel import bollinger, donchian
from engine.indicators.column import column
from engine.indicators.moving_average import ema, sma, wilder
from engine.indicators.trend import supertrend
from engine.indicators.volatility import atr, stdev, true_range
from tests.conformance.series import bars_of, random_walk

ALL = [
    sma("close", 10), ema("hl2", 7), wilder("volume", 5), true_range(), atr(14), stdev("ohlc4", 9),
    *bollinger("close", 20, 2.0), *donchian(12), *supertrend(10, 3.0), column("target"), column("close"),
]  # fmt: skip


def test_that_rows_come_in_the_order_of_the_lines():
    bars = random_walk()
    lines = [ALL[8], ALL[0], ALL[6], ALL[0], ALL[1]]
    bank = compute(bars, lines)
    for row, line in zip(bank, lines, strict=True):
        np.testing.assert_array_equal(row, compute(bars, [line])[0])


def test_that_outputs_of_one_computation_share_it():
    upper, middle, lower = bollinger("close", 20, 2.0)
    keys, rows = distinct([lower, sma("close", 5), upper, sma("close", 5), middle])
    assert keys == [Indicator("bollinger", "close", (20.0, 2.0)), Indicator("sma", "close", (5.0,))]
    assert rows.tolist() == [2, 3, 0, 3, 1]


@pytest.mark.parametrize("line", ALL, ids=lambda line: f"{line.kind}-{line.output}")
def test_that_a_line_is_blank_during_its_warm_up_and_a_number_right_after(line):
    bars = random_walk()
    row = compute(bars, [line])[0]
    warmup = KINDS[line.kind].warmup(line.args)
    assert np.isnan(row[:warmup]).all()
    if line.kind == "supertrend" and line.output == 0:
        return  # its line waits for the first break
    assert np.isfinite(row[warmup:]).all()


@pytest.mark.parametrize("line", ALL, ids=lambda line: f"{line.kind}-{line.output}")
@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_that_few_bars_give_blank_lines(line, size):
    row = compute(random_walk().slice(0, size), [line])
    assert row.shape == (1, size)
    if line.kind not in ("column", "true_range"):
        assert np.isnan(row).all()


@pytest.mark.parametrize("line", ALL, ids=lambda line: f"{line.kind}-{line.output}")
def test_that_compiled_and_plain_kernels_agree_to_the_bit(line):
    from engine.kernels.types import prices_of

    bars, kind = random_walk(400), KINDS[line.kind]
    plain = np.empty((len(kind.outputs), len(bars)))
    kind.function(prices_of(bars), source_series(bars, line.source), np.array(line.args, dtype=float), plain)
    np.testing.assert_array_equal(plain[line.output], compute(bars, [line])[0])


@pytest.mark.parametrize("line", ALL, ids=lambda line: f"{line.kind}-{line.output}")
def test_that_a_line_never_looks_ahead(line):
    bars = random_walk()
    whole = compute(bars, [line])[0]
    for cut in (1, 2, 21, 400, 777, 1499):
        np.testing.assert_array_equal(compute(bars.slice(0, cut), [line])[0], whole[:cut])


@pytest.mark.parametrize("count", [3, 90])
def test_that_a_bank_filled_in_one_call_equals_single_lines(count):
    bars, args = random_walk(), np.arange(5.0, 5.0 + count).reshape(-1, 1)
    bands = np.column_stack([args, np.full(count, 2.0)])
    bank = np.empty((4 * count, len(bars)))
    fill_bank(bars, [("ema", "close", args), ("bollinger", "hl2", bands)], bank)
    lines = [ema("close", n) for n in args[:, 0]]
    lines += [band for n in args[:, 0] for band in bollinger("hl2", n, 2.0)]
    np.testing.assert_array_equal(bank, compute(bars, lines))


def test_that_no_lines_give_an_empty_bank():
    assert compute(random_walk(), []).shape == (0, 1500)


def test_that_a_missing_column_is_named_with_the_columns_there():
    bars = bars_of([1.0, 2.0], target=np.zeros(2), sentiment=np.ones(2))
    with pytest.raises(InputError, match=r"no column 'targte'.*Did you mean 'target'.*target, sentiment"):
        compute(bars, [column("targte")])
    with pytest.raises(InputError, match="Columns there: none besides the prices"):
        compute(bars_of([1.0]), [column("target")])


def test_that_a_column_does_not_hide_a_price_and_inputs_are_read_only():
    bars = bars_of([1.0, 2.0], hl2=np.array([9.0, 9.0]))
    series = source_series(bars, "hl2")
    assert series.tolist() == [1.0, 2.0]
    assert not series.flags.writeable
    assert source_series(bars, "close") is bars.close


def test_that_leading_blanks_of_a_column_do_not_spoil_its_averages():
    values = np.array([np.nan, np.nan, 1.0, 2.0, 3.0])
    bars = bars_of(np.ones(5), score=values)
    found = compute(bars, [ema("score", 2), sma("score", 2)])
    assert np.isfinite(found[:, 3:]).all()
    assert np.isnan(found[:, :3]).all()


def test_that_unknown_kinds_and_outputs_are_named():
    bars = bars_of([1.0])
    with pytest.raises(StrategyError, match=r"unknown indicator 'emma'.*Did you mean 'ema'"):
        compute(bars, [Indicator("emma", "close", (3,))])
    with pytest.raises(StrategyError, match=r"'bollinger' has no output 3.*upper, middle, lower"):
        compute(bars, [Indicator("bollinger", "close", (3, 2.0), 3)])
    with pytest.raises(StrategyError, match=r"'ema' needs numbers, was given \(None,\)"):
        compute(bars, [ema("close", None)])


def test_that_a_second_module_cannot_take_the_name_of_an_indicator():
    def _ema(prices, source, args, out):
        pass

    with pytest.raises(StrategyError, match="there is an indicator 'ema' already"):
        indicator(warmup=lambda args: 0)(_ema)


def test_that_declarations_take_symbols_without_reading_them():
    class Symbol:
        def __getattr__(self, name):
            raise AssertionError(f"a declaration asked for {name}")

    symbol = Symbol()
    for line in (sma("close", symbol), *bollinger("close", symbol, symbol), *supertrend(symbol, symbol), atr(symbol)):
        assert line.args[0] is symbol
