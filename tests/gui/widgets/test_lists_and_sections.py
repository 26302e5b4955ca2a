from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from ivybt_desktop.widgets.choice import Choice
from ivybt_desktop.widgets.search_list import SearchList
from ivybt_desktop.widgets.section import Section

CHOICES = (
    Choice("turtle", "Turtle", "Breakout", "Follow closes beyond a channel"),
    Choice("ema_cross", "EMA cross", "Trend", "Long while fast above slow"),
    Choice("sma_cross", "SMA cross", "Trend"),
    Choice("broken:/x/mine.py", "mine.py, line 3", "Could not be loaded", "NameError: nope", usable=False),
)


@pytest.fixture
def found(qtbot):
    found = SearchList("Search strategies")
    qtbot.addWidget(found)
    found.set_choices(CHOICES, "sma_cross")
    found.show()
    return found


def test_that_words_are_searched_in_title_family_and_help(found):
    found.search.setText("trend ema")
    assert found.shown() == ["ema_cross"]
    found.search.setText("channel")
    assert found.shown() == ["turtle"]
    found.search.setText("nothing like it")
    assert found.shown() == []


def test_that_the_current_line_is_marked_and_arrows_and_enter_choose(found):
    chosen = []
    found.chosen.connect(chosen.append)
    found.begin()
    QTest.keyClick(found.search, Qt.Key.Key_Up)
    QTest.keyClick(found.search, Qt.Key.Key_Return)
    assert chosen == ["ema_cross"]


def test_that_a_line_that_explains_is_not_chosen(found):
    chosen, explained = [], []
    found.chosen.connect(chosen.append)
    found.explained.connect(explained.append)
    found.search.setText("mine")
    QTest.keyClick(found.search, Qt.Key.Key_Return)
    assert (chosen, explained) == ([], ["broken:/x/mine.py"])


def test_that_escape_leaves(found, qtbot):
    with qtbot.waitSignal(found.left):
        QTest.keyClick(found.search, Qt.Key.Key_Escape)


def test_that_a_section_folds_by_mouse_and_keys_and_says_what_is_inside(qtbot):
    body = QLabel("inside")
    section = Section("Costs", body)
    qtbot.addWidget(section)
    section.show()
    folded = []
    section.folded.connect(folded.append)
    QTest.mouseClick(section.header, Qt.MouseButton.LeftButton)
    assert body.isHidden()
    section.set_summary("10 bps slippage")
    assert section.header.accessibleDescription() == "10 bps slippage"
    QTest.keyClick(section.header, Qt.Key.Key_Right)
    QTest.keyClick(section.header, Qt.Key.Key_Right)
    assert not body.isHidden()
    QTest.keyClick(section.header, Qt.Key.Key_Left)
    assert folded == [True, False, True]
    section.set_folded(False)
    assert folded == [True, False, True]
