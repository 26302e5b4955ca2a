import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from engine.core.errors import StorageError
from ivybt_desktop.theme.tokens import DARK, LIGHT, SIZES
from ivybt_desktop.widgets.table_model import QUIET, UP, ArrayTableModel, Column, sort_order
from ivybt_desktop.widgets.table_view import TableView, next_keys

FAIL = QAbstractItemModelTester.FailureReportingMode.Fatal


def columns_of(count=200, seed=1):
    rng = np.random.default_rng(seed)
    pnl = np.round(rng.normal(0, 100, count), 2)
    pnl[::17] = np.nan
    tones = np.where(pnl > 0, UP, QUIET).astype(np.int8)
    return [
        Column("number", "#", np.arange(count), str),
        Column("side", "Side", rng.choice([-1, 1], count), lambda v: "long" if v > 0 else "short", numeric=False),
        Column("pnl", "P&L USD", pnl, lambda v: f"{v:,.2f}", tones=tones, help="Net"),
        Column("reason", "Reason", rng.choice(["stop", "signal", "end, forced"], count), str, numeric=False),
        Column("open", "Open", rng.random(count) < 0.1, lambda v: "open" if v else "", numeric=False),
    ]


@pytest.fixture
def table(qtbot):
    made = TableView(DARK, "Trades")
    qtbot.addWidget(made)
    made.set_columns(columns_of())
    made.resize(600, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def click_header(qtbot, table, column, modifiers=Qt.KeyboardModifier.NoModifier):
    header = table.grid.horizontalHeader()
    x = header.sectionViewportPosition(column) + 12
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, modifiers, QPoint(x, 8))


def titles(table):
    model = table.model
    return [model.headerData(c, Qt.Orientation.Horizontal) for c in range(model.columnCount())]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 300), st.integers(0, 2**32 - 1), st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=3, unique_by=lambda k: k[0]))
def test_that_sorting_equals_a_stable_sort_by_every_key(count, seed, keys):
    columns = columns_of(count, seed)
    found = sort_order([(columns[c].values, down) for c, down in keys], count)
    rows = list(range(count))
    for c, down in reversed(keys):
        values = columns[c].values.tolist()
        missing = [row for row in rows if values[row] != values[row]]
        rows = sorted((row for row in rows if values[row] == values[row]), key=values.__getitem__, reverse=down)
        if down:
            # reverse=True keeps the order of equal rows, as a stable sort must.
            assert rows == sorted(rows, key=values.__getitem__, reverse=True)
        rows += missing
    assert found.tolist() == rows


def test_that_sorting_equals_numpys_lexsort_on_many_rows():
    columns = columns_of(100_000)
    found = sort_order([(columns[1].values, False), (columns[2].values, True)], 100_000)
    assert np.array_equal(found, np.lexsort((-columns[2].values, columns[1].values)))


def test_that_the_model_keeps_qts_rules(qtbot, qapp):
    model = ArrayTableModel(DARK)
    tester = QAbstractItemModelTester(model, FAIL)
    model.set_columns(columns_of(40))
    model.sort_by([(2, True), (1, False)])
    model.set_theme(LIGHT)
    model.sort(1)
    model.sort(-1)
    model.set_columns(columns_of(3))
    model.set_columns([])
    assert tester.model() is model


def test_that_a_click_sorts_up_then_down_then_not_at_all(qtbot, table):
    click_header(qtbot, table, 2)
    assert titles(table)[2] == "P&L USD ▴"
    values = table.model.columns[2].values[table.model.order]
    known = values[~np.isnan(values)]
    assert (np.diff(known) >= 0).all()
    assert np.isnan(values[-1])
    click_header(qtbot, table, 2)
    assert titles(table)[2] == "P&L USD ▾"
    assert np.isnan(table.model.columns[2].values[table.model.order][-1])
    click_header(qtbot, table, 2)
    assert titles(table)[2] == "P&L USD"
    assert table.model.order.tolist() == list(range(200))


def test_that_shift_click_adds_a_key_and_shows_the_order(monkeypatch, qtbot, table):
    click_header(qtbot, table, 1)
    monkeypatch.setattr(QApplication, "keyboardModifiers", lambda: Qt.KeyboardModifier.ShiftModifier)
    click_header(qtbot, table, 2, Qt.KeyboardModifier.ShiftModifier)
    click_header(qtbot, table, 2, Qt.KeyboardModifier.ShiftModifier)
    assert titles(table)[1:3] == ["Side ▴1", "P&L USD ▾2"]
    assert table.model.keys == ((1, False), (2, True))


def test_that_a_plain_click_on_one_of_several_keys_makes_it_the_only_one():
    assert next_keys([(1, False), (2, True)], 2, add=False) == [(2, True)]
    assert next_keys([(1, False), (2, True)], 2, add=True) == [(1, False)]
    assert next_keys([(1, False)], 3, add=True) == [(1, False), (3, False)]


def test_that_other_data_keeps_the_sort_and_the_place_in_the_list(table):
    table.model.sort_by([(2, True)])
    table.grid.verticalScrollBar().setValue(50)
    table.set_columns(columns_of(180, seed=9))
    assert table.model.keys == ((2, True),)
    assert table.grid.verticalScrollBar().value() == 50


def test_that_the_selected_row_is_the_same_trade_after_sorting(table):
    table.select_row(17)
    table.model.sort_by([(2, False)])
    assert table.current_row() == 17
    assert table.selected_rows().tolist() == [17]


def test_that_choosing_a_row_is_told_by_its_place_in_the_arrays(qtbot, table):
    heard = []
    table.current_changed.connect(heard.append)
    table.model.sort_by([(0, True)])
    table.select_row(199)
    qtbot.keyClick(table.grid, Qt.Key.Key_Down)
    assert heard == [199, 198]


def test_that_a_table_that_gets_the_keyboard_chooses_no_row(qtbot, table):
    # What Qt does when a table without a current row gets the keyboard.
    untouched = QItemSelectionModel.SelectionFlag.NoUpdate
    with qtbot.assertNotEmitted(table.current_changed):
        table.grid.selectionModel().setCurrentIndex(table.model.index(1, 0), untouched)


def test_that_copied_rows_have_headers_and_plain_numbers(table):
    table.select_row(1)
    table.copy()
    head, row, end = QApplication.clipboard().text().split("\n")
    assert head == "#\tSide\tP&L USD\tReason\tOpen"
    values = [column.values[1] for column in table.model.columns]
    assert row.split("\t") == ["1", str(values[1]), repr(float(values[2])), values[3], str(values[4])]
    assert end == ""


def test_that_a_copy_holds_shown_columns_in_the_order_shown(table):
    table.set_column_shown("side", shown=False)
    table.grid.horizontalHeader().moveSection(2, 0)
    table.select_row(0)
    assert table.copy_text().split("\n")[0] == "P&L USD\t#\tReason\tOpen"


def test_that_the_export_is_quoted_csv_of_every_row_in_the_order_shown(table, tmp_path):
    table.model.sort_by([(0, True)])
    table.export(tmp_path / "trades.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "trades.csv").read_text())))
    assert len(rows) == 201
    assert rows[1][0] == "199"
    assert {row[3] for row in rows[1:]} == {"stop", "signal", "end, forced"}
    assert [path.name for path in tmp_path.iterdir()] == ["trades.csv"]


def test_that_an_export_into_nowhere_says_where(table, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        table.export(tmp_path / "file" / "trades.csv")


def test_that_the_column_menu_hides_and_shows_but_never_the_last(table):
    actions = table.column_menu().actions()
    assert [action.text() for action in actions] == ["#", "Side", "P&L USD", "Reason", "Open"]
    for action in actions:
        action.setChecked(False)
    assert [column.id for column in table.shown_columns()] == ["open"]


def test_that_find_goes_to_the_next_match_and_says_when_there_is_none(qtbot, table):
    table.select_row(0)
    qtbot.keyClick(table.grid, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert table.find_bar.isVisible()
    table.find_bar._field.setText("forced")
    matches = np.flatnonzero(table.model.columns[3].values == "end, forced")
    qtbot.waitUntil(lambda: table.current_row() == matches[0])
    qtbot.keyClick(table.find_bar._field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: table.current_row() == matches[1])
    qtbot.keyClick(table.find_bar._field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: table.current_row() == matches[0])
    table.find_bar._field.setText("nowhere at all")
    qtbot.waitUntil(lambda: table.find_bar._answer.text() == "No match")
    qtbot.keyClick(table.find_bar._field, Qt.Key.Key_Escape)
    assert not table.find_bar.isVisible()


def test_that_numbers_stand_right_and_rows_have_the_height_of_the_tokens(table):
    model = table.model
    alignments = [model.data(model.index(0, c), Qt.ItemDataRole.TextAlignmentRole) for c in range(5)]
    right = [bool(a & int(Qt.AlignmentFlag.AlignRight)) for a in alignments]
    assert right == [True, False, True, False, False]
    assert table.grid.rowHeight(0) == SIZES.table_row


def test_that_no_title_is_cut(table):
    header = table.grid.horizontalHeader()
    for place in range(4):
        assert header.sectionSize(place) >= header.sectionSizeHint(place) - SIZES.padding


def test_that_a_column_grows_for_longer_text_and_keeps_a_chosen_width_otherwise(qtbot):
    def day(text: str) -> Column:
        return Column("day", "Day", np.array([text] * 3, object), str, numeric=False)

    view = TableView(DARK, "Days")
    qtbot.addWidget(view)
    view.set_columns([day("2020-01-02"), day("x")])
    first = view.grid.columnWidth(0)
    view.set_columns([day("2020-01-02 14:35 UTC"), day("x")])
    assert view.grid.columnWidth(0) > first
    view.grid.setColumnWidth(0, 40)
    view.set_columns([day("2020-01-03 14:35 UTC"), day("x")])
    assert view.grid.columnWidth(0) == 40


def test_that_the_first_arrow_key_in_a_table_chooses_its_first_row(qtbot, table):
    table.select_row(-1)
    table.grid.setCurrentIndex(QModelIndex())
    table.grid.setFocus()
    told = []
    table.current_changed.connect(told.append)
    qtbot.keyClick(table.grid, Qt.Key.Key_Down)
    assert table.selected_rows().tolist() == [table.model.source_row(0)]
    qtbot.keyClick(table.grid, Qt.Key.Key_Down)
    assert told[-2:] == [table.model.source_row(0), table.model.source_row(1)]
