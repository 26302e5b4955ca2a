import csv

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from engine.core.trade import Reason
from ivybt_desktop.context import Workspace
from ivybt_desktop.docks.trades import DOCK
from ivybt_desktop.docks.trades.columns import trade_columns
from ivybt_desktop.docks.trades.presenter import NO_RUN, NO_TRADES
from ivybt_desktop.docks.trades.view import TradesView
from ivybt_desktop.plots.scale import price_decimals, value_text
from ivybt_desktop.theme.style import style_sheet
from ivybt_desktop.theme.tokens import DARK, LIGHT
from tests.gui.plots.samples import random_bars, random_result

PNL = 4


@pytest.fixture
def said(workspace):
    lines = []
    workspace.logged.connect(lambda level, text: lines.append((level, text)))
    return lines


@pytest.fixture
def result(view, workspace):
    made = random_result(random_bars(600), 40)
    workspace.set_result(made)
    return made


def words(view):
    return [label.text() for label in view.findChildren(QLabel) if label.isVisible()]


def cells(result, row):
    return {c.id: c.text(c.values[row]) for c in trade_columns(result)}


def test_that_the_dock_says_why_it_is_empty(view, workspace):
    assert words(view) == [NO_RUN]
    workspace.set_result(random_result(random_bars(100), 0))
    assert words(view) == [NO_TRADES]


def test_that_a_row_tells_the_whole_trade(result):
    trade, row = result.trades[5], cells(result, 5)
    bars = result.bars
    assert row["number"] == "6"
    assert row["side"] in ("\N{BLACK UP-POINTING TRIANGLE} long", "\N{BLACK DOWN-POINTING TRIANGLE} short")
    assert row["entry_time"] == bars.label(int(trade["entry_bar"]))
    assert row["exit_time"] == bars.label(int(trade["exit_bar"]))
    assert row["entry_price"] == value_text(trade["entry_price"], price_decimals(bars.close))
    assert row["bars"] == str(trade["exit_bar"] - trade["entry_bar"])
    assert row["exit_reason"] == "signal"
    assert row["pnl"].lstrip("+\N{MINUS SIGN}") == f"{abs(trade['pnl']):,.2f}"
    assert row["pnl"].startswith("+" if trade["pnl"] > 0 else "\N{MINUS SIGN}")
    assert (row["open"], cells(result, 39)["open"]) == ("", "open")


def test_that_every_exit_reason_has_words(result):
    column = next(c for c in trade_columns(result) if c.id == "exit_reason")
    assert [column.text(reason) for reason in Reason] == [reason.label.replace("_", " ") for reason in Reason]


def test_that_plain_values_are_machine_readable(result):
    columns = {c.id: c for c in trade_columns(result)}
    rows = np.arange(result.trades.size)
    assert columns["entry_time"].plain(columns["entry_time"].values[rows])[0].startswith("2000-")
    assert set(columns["side"].plain(columns["side"].values)) <= {"long", "short"}
    assert float(columns["return"].plain(columns["return"].values)[3]) == pytest.approx(result.trades["return"][3] * 100)


def test_that_intraday_trades_have_a_clock():
    result = random_result(random_bars(400, minutes=5, zone="America/New_York"), 5)
    column = next(c for c in trade_columns(result) if c.id == "entry_time")
    assert len(column.text(column.values[0])) == len("2000-01-03 09:35")
    assert column.plain(column.values)[0].endswith("Z")


def test_that_a_row_selects_the_trade_and_the_trade_a_row(view, workspace, result, qtbot):
    view.table.select_row(3)
    assert workspace.trade == 3
    qtbot.keyClick(view.table.grid, Qt.Key.Key_Down)
    assert workspace.trade == 4
    workspace.select_trade(30)
    assert view.table.current_row() == 30
    index = view.table.model.index(view.table.model.view_row(30), 0)
    assert view.table.grid.viewport().rect().intersects(view.table.grid.visualRect(index))


def test_that_space_goes_to_the_next_loser_in_the_order_shown(view, workspace, result, qtbot):
    view.table.model.sort_by([(PNL, False)])
    order = view.table.model.order
    losers = [row for row in order.tolist() if result.trades["pnl"][row] < 0]
    seen = []
    for _ in range(len(losers) + 1):
        qtbot.keyClick(view.table.grid, Qt.Key.Key_Space)
        seen.append(workspace.trade)
    assert seen == [*losers, losers[0]]


def test_that_the_summary_counts_closed_trades_the_open_one_and_the_selection(view, workspace, result):
    closed = result.trades[~result.trades["open"]]
    wins = int((closed["pnl"] > 0).sum())
    text = words(view)[0]
    assert text.startswith(f"39 trades, {wins} won (")
    assert "1 open, " in text
    view.table.grid.selectAll()
    assert "Selected: 40 trades, " in words(view)[0]


def test_that_a_new_run_keeps_the_sort(view, workspace, result):
    view.table.model.sort_by([(PNL, True)])
    workspace.set_result(random_result(result.bars, 25, seed=5))
    pnl = workspace.result.trades["pnl"][view.table.model.order]
    assert (np.diff(pnl) <= 0).all()


def test_that_the_export_holds_every_trade_with_headers(view, workspace, result, said, tmp_path):
    path = tmp_path / "out.csv"
    view.export_wanted.emit(path)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) == 40
    assert float(rows[7]["P&L USD"]) == result.trades["pnl"][7]
    assert rows[0]["Side"] in ("long", "short")
    assert said == [("info", f"Trades written to {path}")]


def test_that_an_export_that_fails_says_so_in_the_log(view, result, said, tmp_path):
    (tmp_path / "file").write_text("")
    view.export_wanted.emit(tmp_path / "file" / "out.csv")
    assert said[0][0] == "error"
    assert "file" in said[0][1]


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda tokens: tokens.name)
def test_that_no_shown_text_is_cut(qtbot, qapp, workspace, tmp_path, theme):
    qapp.setStyleSheet(style_sheet(theme, tmp_path))
    try:
        view = TradesView(theme)
        qtbot.addWidget(view)
        view.show_result(random_result(random_bars(600), 40), np.arange(40))
        grid, model = view.table.grid, view.table.model
        assert model.columns[PNL].id == "pnl"
        for column in range(model.columnCount() - 1):
            widest = max(grid.sizeHintForIndex(model.index(row, column)).width() for row in range(model.rowCount()))
            assert grid.columnWidth(column) >= widest
    finally:
        qapp.setStyleSheet("")


def test_that_the_dock_is_declared_at_the_bottom_with_its_commands(qtbot, tmp_path):
    from ivybt_desktop.context import AppContext

    workspace = Workspace()
    workspace.set_result(random_result(random_bars(200), 10))
    dock = DOCK.build(AppContext(workspace, None, None, tmp_path, tmp_path, lambda path: None))
    qtbot.addWidget(dock.view)
    assert (DOCK.area, DOCK.order) == ("bottom", 0)
    shortcuts = {action.id: action.shortcut for action in dock.actions}
    assert shortcuts["trades.export"] == "Ctrl+E"
    next(action for action in dock.actions if action.id == "trades.next_loser").callback()
    assert workspace.result.trades["pnl"][workspace.trade] < 0
    dock.presenter.close()
