from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Literal

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

from engine.fields import Model, describe, field
from ivybt_desktop.widgets.form_page import FormPage
from ivybt_desktop.widgets.schema_form import SchemaForm


class Settings(Model):
    fast: int = field(10, low=2, high=100, step=1, unit="bars", help="Span of the fast average")
    slow: int = field(50, low=5, high=400, step=5, unit="bars", help="Span of the slow average")
    rate: float = field(0.05, low=0, high=1, step=0.01, unit="per year", help="Yearly rate")
    cost: float = field(10.0, low=0, high=1000, step=0.5, unit="bps", help="Cost of a fill")
    stop: float | None = field(None, low=0, high=1e6, step=0.01, help="Stop distance")
    side: Literal["both", "long_only"] = field("both", help="Allowed sides")
    close: bool = field(False, help="Close at the end")
    start: dt.date | None = field(None, help="First day")
    note: str = field("", help="Words")


class Heard:
    def __init__(self, form):
        self.changed, self.committed = [], []
        form.changed.connect(lambda name, value: self.changed.append((name, value)))
        form.committed.connect(lambda name, value: self.committed.append((name, value)))


@pytest.fixture
def form(qtbot):
    form = SchemaForm(describe(Settings))
    qtbot.addWidget(form)
    form.resize(320, 400)
    form.show()
    return form


def edit_of(form, name):
    return form.row(name).editor.edit


def type_into(form, name, text):
    edit = edit_of(form, name)
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)
    return edit


def wheel(target, turn=120):
    at = QPointF(target.rect().center())
    event = QWheelEvent(
        at, target.mapToGlobal(at), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(target, event)
    return event


def test_that_every_declared_field_has_a_row_at_its_default(form):
    assert form.values() == {info.name: info.default for info in describe(Settings)}
    assert all(form.row(name).dot.isHidden() for name in form.values())


def test_that_setting_values_emits_nothing(form):
    heard = Heard(form)
    form.set_values({"fast": 20, "rate": 0.07, "stop": 0.1, "side": "long_only", "close": True,
                     "start": dt.date(2015, 1, 31), "note": "x", "unknown": 1})  # fmt: skip
    assert form.values() == {
        "fast": 20, "slow": 50, "rate": 0.07, "cost": 10.0, "stop": 0.1, "side": "long_only", "close": True,
        "start": dt.date(2015, 1, 31), "note": "x",
    }  # fmt: skip
    assert heard.changed == heard.committed == []


def test_that_typing_changes_at_each_key_and_commits_at_enter(form):
    heard = Heard(form)
    edit = type_into(form, "fast", "25")
    assert heard.changed == [("fast", 2), ("fast", 25)]
    assert heard.committed == []
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert heard.committed == [("fast", 25)]


def test_that_text_which_is_no_number_is_passed_on_marked_and_told(form):
    heard = Heard(form)
    type_into(form, "fast", "x")
    row = form.row("fast")
    assert heard.changed == [("fast", "x")]
    assert row.error.text() == "Fast must be a whole number."
    assert not row.error.isHidden()
    assert row.editor.focus_target.property("invalid") is True
    type_into(form, "fast", "12")
    assert row.error.isHidden()
    assert row.editor.focus_target.property("invalid") is False


def test_that_a_value_out_of_range_is_kept_and_told_not_clipped(form):
    type_into(form, "fast", "500")
    assert form.values()["fast"] == 500
    assert form.row("fast").error.text() == "Fast must be from 2 to 100 bars."


def test_that_a_sentence_about_two_fields_marks_both_and_stands_under_the_last(form):
    sentence = "Fast must be less than Slow"
    form.set_errors({"fast": sentence, "slow": sentence})
    fast, slow = form.row("fast"), form.row("slow")
    assert fast.editor.focus_target.property("invalid") is True
    assert slow.editor.focus_target.property("invalid") is True
    assert fast.error.isHidden()
    assert slow.error.text() == f"{sentence}."
    form.set_errors({})
    assert slow.error.isHidden()
    assert fast.editor.focus_target.property("invalid") is False


def test_that_the_dot_appears_when_changed_and_gives_the_default_back(form):
    heard = Heard(form)
    form.set_values({"slow": 100})
    dot = form.row("slow").dot
    assert not dot.isHidden()
    assert dot.accessibleName() == "Reset Slow to 50 bars"
    QTest.mouseClick(dot, Qt.MouseButton.LeftButton)
    assert heard.changed == heard.committed == [("slow", 50)]
    assert dot.isHidden()


def test_that_a_fraction_is_typed_and_stepped_in_percent(form):
    heard = Heard(form)
    edit = edit_of(form, "rate")
    assert edit.text() == "5"
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_Up)
    assert heard.committed == [("rate", 0.06)]
    assert edit.text() == "6"
    type_into(form, "rate", "7")
    assert heard.changed[-1] == ("rate", 0.07)


def test_that_arrows_step_by_the_declared_step_and_page_keys_by_ten_within_the_range(form):
    edit = edit_of(form, "slow")
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_Up)
    assert form.values()["slow"] == 55
    QTest.keyClick(edit, Qt.Key.Key_PageUp)
    assert form.values()["slow"] == 105
    for _ in range(3):
        QTest.keyClick(edit, Qt.Key.Key_PageDown)
    assert form.values()["slow"] == 5


def test_that_dragging_the_slider_changes_and_releasing_it_commits_once(form):
    heard = Heard(form)
    slider = form.row("slow").editor.slider
    slider.setSliderDown(True)
    slider.setSliderPosition(20)
    slider.setSliderPosition(21)
    assert heard.changed == [("slow", 105), ("slow", 110)]
    assert heard.committed == []
    slider.setSliderDown(False)
    assert heard.committed == [("slow", 110)]
    assert edit_of(form, "slow").text() == "110"


def test_that_a_click_on_the_groove_jumps_there(form):
    slider = form.row("fast").editor.slider
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 1, slider.height() // 2))
    assert form.values()["fast"] == 100


def test_that_a_typed_value_between_two_ticks_is_kept(form):
    form.set_values({"slow": 52})
    assert form.values()["slow"] == 52
    assert form.row("slow").editor.slider.value() == 9


def test_that_a_long_range_gives_small_values_most_of_the_slider(form):
    slider = form.row("cost").editor.slider
    assert 0.15 < slider.value() / slider.maximum() < 0.3  # 10 of 1,000 bps


@pytest.mark.parametrize("name", ["fast", "side", "stop", "start"])
def test_that_the_wheel_over_a_control_without_focus_is_left_to_the_form(form, name):
    form.set_values({"stop": 0.1})
    form.row("note").editor.edit.setFocus()
    before = form.values()
    editor = form.row(name).editor
    event = wheel(editor.combo if name == "side" else editor.edit)
    assert not event.isAccepted()
    if name == "fast":
        assert not wheel(editor.slider).isAccepted()
    assert form.values() == before


def test_that_the_wheel_steps_the_number_that_has_the_focus(form):
    form.activateWindow()
    edit = edit_of(form, "fast")
    edit.setFocus()
    QTest.qWait(1)
    wheel(edit)
    assert form.values()["fast"] == 11
    wheel(edit, -120)
    assert form.values()["fast"] == 10


def test_that_an_optional_number_is_off_until_it_is_ticked(form):
    heard = Heard(form)
    editor = form.row("stop").editor
    assert not editor.edit.isEnabled()
    assert editor.edit.placeholderText() == "off"
    QTest.mouseClick(editor.toggle, Qt.MouseButton.LeftButton, pos=QPoint(7, editor.toggle.height() // 2))
    assert heard.committed == [("stop", 0.05)]
    assert form.values()["stop"] == 0.05
    QTest.mouseClick(editor.toggle, Qt.MouseButton.LeftButton, pos=QPoint(7, editor.toggle.height() // 2))
    assert form.values()["stop"] is None
    assert heard.committed[-1] == ("stop", None)


def test_that_a_unit_can_change_while_the_value_stays(form):
    form.set_values({"stop": 0.05})
    info = form.row("stop").info
    form.set_unit(replace(info, unit="of price"), start=0.1, reach=0.5)
    editor = form.row("stop").editor
    assert editor.edit.text() == "5"
    assert form.values()["stop"] == 0.05
    assert not editor.slider.isHidden()


def test_that_a_hidden_field_keeps_its_value_and_shows_no_dot(form):
    form.set_values({"slow": 100})
    form.set_hidden({"slow"})
    assert form.row("slow").editor.isHidden()
    assert form.row("slow").dot.isHidden()
    assert form.values()["slow"] == 100
    form.set_hidden(set())
    assert not form.row("slow").dot.isHidden()


def test_that_a_date_is_completed_when_the_field_is_left(form):
    heard = Heard(form)
    edit = type_into(form, "start", "2015")
    assert heard.changed == []
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert heard.committed == [("start", dt.date(2015, 1, 1))]
    assert edit.text() == "2015-01-01"
    QTest.keyClick(edit, Qt.Key.Key_Up)
    assert form.values()["start"] == dt.date(2015, 1, 2)


def test_that_a_date_being_typed_survives_a_refresh_of_the_form(form):
    edit = type_into(form, "start", "201")
    form.set_values({"start": None, "fast": 12})
    assert edit.text() == "201"


def test_that_undo_is_left_to_the_window_unless_something_is_being_typed(form):
    edit = edit_of(form, "fast")

    def takes_undo():
        event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        event.ignore()
        QApplication.sendEvent(edit, event)
        return event.isAccepted()

    assert not takes_undo()
    type_into(form, "fast", "25")
    assert takes_undo()
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert not takes_undo()


def test_that_every_control_has_a_name_and_says_its_help(form):
    for name in form.values():
        row = form.row(name)
        target = row.editor.focus_target
        assert row.info.title in target.accessibleName()
        assert row.info.help in target.accessibleDescription()
        assert row.info.help in row.editor.toolTip()
    assert "From 2 to 100 bars, default 10 bars" in form.row("fast").editor.toolTip()


def test_that_tab_follows_the_eye_after_a_form_in_the_middle_was_rebuilt(qtbot):
    page = FormPage()
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    infos = {info.name: info for info in describe(Settings)}
    top, middle, bottom = SchemaForm([infos["cost"]]), SchemaForm(), SchemaForm([infos["stop"]])
    for form in (top, middle, bottom):
        column.addWidget(form)
    page.show()
    page.activateWindow()
    middle.set_fields([infos["fast"], infos["slow"]])
    middle.set_values({"fast": 12})
    qtbot.waitUntil(middle.row("slow").editor.isVisible)
    names = [stop.accessibleName() for stop in page.stops()]
    assert names == ["Cost", "Fast", "Reset Fast to 10 bars", "Slow", "Stop on"]
    top.focus_field("cost")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is middle.row("fast").editor.edit
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backtab)
    assert QApplication.focusWidget() is top.row("cost").editor.edit


def test_that_other_fields_replace_the_rows(form):
    infos = [info for info in describe(Settings) if info.name in ("note", "close")]
    form.set_fields(infos)
    assert form.values() == {"close": False, "note": ""}
    row = form.row("note")
    form.set_fields(infos)
    assert form.row("note") is row  # the same fields are left alone: the focus stays


def test_that_a_wheel_over_the_form_scrolls_it(qtbot):
    area = QScrollArea()
    qtbot.addWidget(area)
    page = QWidget()
    column = QVBoxLayout(page)
    form = SchemaForm(describe(Settings))
    column.addWidget(form)
    page.setMinimumHeight(800)
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.resize(320, 200)
    area.show()
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 0)
    form.row("note").editor.edit.setFocus()
    # A wheel as the window system sends it: only such a one goes on to the parents.
    edit = form.row("fast").editor.edit
    at = edit.mapTo(area, edit.rect().center())
    QTest.wheelEvent(area.windowHandle(), QPointF(at), QPoint(0, -120))
    assert area.verticalScrollBar().value() > 0
    assert form.values()["fast"] == 10
