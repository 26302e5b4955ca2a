"""The tear sheet: every number of a run in words, whatever the run."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.cli import columns
from engine.cli.summary import execution_sentence, tear_sheet_text, trades_text
from engine.execution.cost_words import costs_sentence, schedule_words
from engine.execution.costs import CostModel
from engine.execution.fills import ExecutionModel
from engine.execution.presets import PRESETS
from engine.metrics import METRICS


def bars(close, first="2020-01-01"):
    close = np.asarray(close, dtype=float)
    session = np.datetime64(first, "D").astype(np.int64) + np.arange(close.size)
    time = (session + 1) * 86_400_000_000_000
    return engine.Bars(
        engine.Instrument("TEST"), engine.Timeframe.parse("1d"), time, close, close * 1.01, close * 0.99, close,
        np.ones(close.size), session,
    )  # fmt: skip


def run(close, **fields):
    return engine.run_backtest(bars(close), engine.BacktestSpec(strategy="ema_cross", **fields))


@pytest.fixture(scope="module")
def result():
    rng = np.random.default_rng(3)
    return run(100 * np.exp(np.cumsum(rng.normal(0, 0.02, 400))), params={"fast": 3, "slow": 9})


def test_that_every_metric_stands_in_the_sheet(result):
    text = tear_sheet_text(result)
    assert all(info.title in text for info in METRICS.values())
    assert text.endswith(f"Receipt {result.receipt}")


def test_that_the_year_is_the_product_of_its_months(result):
    lines = tear_sheet_text(result).splitlines()
    row = next(line.split() for line in lines if line.startswith("  2020 "))
    months = np.array([float(cell) for cell in row[1:-1]]) / 100
    assert np.prod(1 + months) - 1 == pytest.approx(float(row[-1]) / 100, abs=2e-3)
    # The last year's row ends at the final equity.
    years = [float(line.split()[-1]) / 100 for line in lines if line.startswith(("  2020 ", "  2021 "))]
    assert np.prod(1 + np.array(years)) - 1 == pytest.approx(result.metrics["total_return"], abs=2e-4)


def test_that_best_and_worst_trades_are_those_of_the_result(result):
    text = tear_sheet_text(result)
    best, worst = text.split("Best trades")[1].split("Worst trades")
    assert columns.money(float(result.trades["pnl"].max())) in best
    assert columns.money(float(result.trades["pnl"].min())) in worst


def test_that_columns_are_aligned(result):
    header, *rows = trades_text(result).splitlines()
    assert len(rows) == result.trades.size
    assert {len(line) for line in (header, *rows)} == {len(header)}


@pytest.mark.parametrize("size", [1, 2, 20])
def test_that_a_run_without_trades_shows_dashes_and_no_nan(size):
    text = tear_sheet_text(run(np.linspace(100, 101, size)))
    assert "No trades." in text
    assert "nan" not in text.lower()
    assert " -\n" in text


def test_that_a_liquidated_run_ends_at_its_last_simulated_bar():
    from engine.cli.document import result_document

    close = np.concatenate([np.linspace(100, 95, 60), np.linspace(140, 150, 40)])
    leveraged = {"execution": {"max_leverage": 5}, "sizing": {"fraction": 5}}
    result = run(close, params={"fast": 3, "slow": 9}, **leveraged)
    assert result.equity.size < close.size
    assert "Warning: Liquidated" in tear_sheet_text(result)
    document = result_document(result)
    assert document["bars"] == result.equity.size
    assert document["end"] == result.bars.label(result.equity.size - 1)
    assert document["trades"][-1]["exit_reason"] == "liquidation"


def test_that_costs_and_execution_are_told_in_words():
    assert costs_sentence(CostModel(slippage_bps=0)) == "no costs"
    costs = CostModel(slippage_bps=2.5, commission_fixed=1, borrow_rate=0.03)
    assert costs_sentence(costs) == "costs 2.5 bps slippage, 1 per order, 3 % a year to borrow"
    assert costs_sentence(costs, ["TLT", "SPY"]).endswith("to borrow, others for SPY, TLT")
    execution = ExecutionModel(lot=1, stop_loss=2, stop_unit="atr", rebalance="monthly", time_stop=10)
    words = execution_sentence(execution)
    for part in ("Orders monthly, whole lots of 1.", "Stop loss 2 x ATR.", "Exit after 10 bars."):
        assert part in words


def test_that_every_charge_is_named_and_small_numbers_are_written_out():
    costs = CostModel(
        slippage_bps=0, slippage_ticks=1, slippage_range=0.07, impact_bps=50, spread_amount=0.00009,
        commission_min=1, commission_max=9, commission_max_bps=100, sell_fee_bps=0.278, sell_fee_per_unit=0.000166,
        margin_rate=0.07,
    )  # fmt: skip
    assert costs_sentence(costs) == (
        "costs 1 ticks slippage, 7 % of the bar's range slippage, 50 bps impact at the whole volume, "
        "0.00009 spread in price units, at least 1 per order, at most 9 per order, at most 1 % of an order, "
        "0.278 bps on sales, 0.000166 per unit sold, 7 % a year on negative cash"
    )


def test_that_costs_of_a_schedule_name_it_with_its_date():
    words = schedule_words(CostModel(preset="us_equities_free"))
    assert words.endswith(f"({PRESETS['us_equities_free'].as_of})")
    assert schedule_words(CostModel()) == ""


def test_that_entries_caps_and_break_even_are_told_in_words():
    model = ExecutionModel(entry="limit", entry_distance=0.01, entry_bars=3, stop_loss=0.05, break_even=0.02,
                           max_participation=0.1, unfilled="cancel")  # fmt: skip
    words = execution_sentence(model)
    assert "Entries are limit orders 1.00% from the close, good for 3 bars." in words
    assert "Stop at the entry price after a gain of 2.00%." in words
    assert "At most 10.00% of a bar's volume is filled, the rest is cancelled." in words


def test_that_numbers_that_are_not_defined_become_a_dash():
    forms = (columns.percent, columns.money, columns.number, columns.count, columns.short)
    assert {form(float("nan")) for form in forms} == {"-"}
    assert columns.percent(-0.12345) == "-12.35%"
    assert columns.money(1234567.891) == "1,234,567.89"


def test_that_text_for_a_terminal_is_bold_and_red_and_keeps_its_lines(capsys):
    import io

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    columns.show("Title\n  lost  -12.50%\n  date  2020-01-02\n" + "x" * 500, stream)
    text = stream.getvalue()
    assert "-12.50%" in text
    assert "2020-01-02" in text
    assert "x" * 500 in text
    assert capsys.readouterr().out == ""
