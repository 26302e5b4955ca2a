from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.result import Band
from engine.core.trade import Reason
from ivybt_desktop.docks.trades.columns import trade_columns
from ivybt_desktop.docks.trades.filter import kept_rows
from tests.fakes.hand_made import made_portfolio
from tests.gui.plots.samples import random_bars, random_result


@pytest.fixture(scope="module")
def portfolio():
    return made_portfolio(3)


def ids(result):
    return [column.id for column in trade_columns(result)]


def test_that_symbol_strategy_and_ambiguity_have_columns_only_where_they_differ(portfolio):
    single = random_result(random_bars(200), 5)
    assert not {"symbol", "sleeve", "ambiguous"} & set(ids(single))
    assert "symbol" in ids(portfolio)
    assert "sleeve" not in ids(portfolio)
    two = replace(portfolio, sleeves=("ema_cross", "turtle", "turtle"))
    assert "sleeve" in ids(two)
    assert "ambiguous" in ids(replace(single, band=Band(single.equity, single.equity, 0, 0.0)))


def test_that_a_row_names_its_symbol_and_marks_an_ambiguous_trade(portfolio):
    columns = {column.id: column for column in trade_columns(portfolio)}
    for row, trade in enumerate(portfolio.trades):
        assert columns["symbol"].values[row] == portfolio.symbols[trade["asset"]]
        assert columns["ambiguous"].text(trade["ambiguous"]) == ("ambiguous" if trade["ambiguous"] else "")


def test_that_prices_of_different_sizes_keep_their_digits(portfolio):
    price = {column.id: column for column in trade_columns(portfolio)}["entry_price"].text
    assert (price(1.23456), price(123.456), price(0.0123456), price(0.0)) == ("1.2346", "123.46", "0.012346", "0.00")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", lambda r: np.ones(r.trades.size, bool)),
        ("spy", lambda r: r.trades["asset"] == 0),
        ("SPY long", lambda r: (r.trades["asset"] == 0) & (r.trades["side"] > 0)),
        ("won", lambda r: r.trades["pnl"] > 0),
        ("-won -ambiguous", lambda r: (r.trades["pnl"] <= 0) & ~r.trades["ambiguous"]),
        ("ambiguous", lambda r: r.trades["ambiguous"]),
        ("nonsense", lambda r: np.zeros(r.trades.size, bool)),
        ("-", lambda r: np.ones(r.trades.size, bool)),
    ],
)
def test_that_words_keep_the_trades_that_have_all_of_them(portfolio, query, expected):
    assert kept_rows(portfolio, query).tolist() == np.flatnonzero(expected(portfolio)).tolist()


def test_that_exit_reasons_are_found_by_any_of_their_words():
    result = random_result(random_bars(300), 6)
    trades = result.trades.copy()
    trades["exit_reason"] = [Reason.STOP_LOSS, Reason.TRAILING_STOP, Reason.TAKE_PROFIT, Reason.SIGNAL, 8, Reason.SIGNAL]
    result = replace(result, trades=trades)
    assert kept_rows(result, "stop").tolist() == [0, 1]
    assert kept_rows(result, "break").tolist() == [4]
    assert kept_rows(result, "open").tolist() == [5]
    assert kept_rows(result, "signal").tolist() == [3], "an open trade has no exit yet"


def test_that_a_filtered_table_selects_and_exports_the_trades_it_shows(view, workspace, portfolio, tmp_path):
    workspace.set_result(portfolio)
    view.filter.setText("tlt")
    rows = np.flatnonzero(portfolio.trades["asset"] == 1)
    assert view.table.model.rowCount() == rows.size
    view.table.select_row(2)
    assert workspace.trade == rows[2]
    view.export(tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert len(lines) == rows.size + 1
    assert lines[1].startswith(f"{rows[0] + 1},")


def test_that_a_trade_that_is_filtered_out_stays_selected_elsewhere(view, workspace, portfolio):
    workspace.set_result(portfolio)
    view.filter.setText("tlt")
    view.table.select_row(1)
    other = int(np.flatnonzero(portfolio.trades["asset"] == 0)[0])
    workspace.select_trade(other)
    assert workspace.trade == other
    assert view.table.current_row() == -1
    view.filter.setText("")
    assert view.table.current_row() == other


def test_that_space_steps_through_the_losers_that_are_shown(view, workspace, portfolio):
    workspace.set_result(portfolio)
    view.filter.setText("gld")
    losing = np.flatnonzero((portfolio.trades["asset"] == 2) & (portfolio.trades["pnl"] < 0))
    view.loser_wanted.emit()
    assert workspace.trade == losing[0]


def test_that_the_summary_tells_how_many_are_shown(view, workspace, portfolio):
    workspace.set_result(portfolio)
    view.filter.setText("spy")
    shown = int((portfolio.trades["asset"] == 0).sum())
    assert view._summary.text().startswith(f"{shown} of {portfolio.trades.size} shown")


def test_that_the_table_finds_a_symbol(view, workspace, portfolio, qtbot):
    workspace.set_result(portfolio)
    view.table.open_find()
    view.table.find_bar._field.setText("GLD")
    qtbot.waitUntil(lambda: workspace.trade >= 0)
    assert portfolio.trades["asset"][workspace.trade] == 2
