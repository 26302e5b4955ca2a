import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.plots.candles import CandleLayer
from ivybt_desktop.plots.lines import LineLayer
from ivybt_desktop.plots.stack import PaneStack
from ivybt_desktop.theme.tokens import DARK, LIGHT
from tests.gui.plots.samples import random_bars


@pytest.fixture
def bars():
    return random_bars(3_000)


@pytest.fixture
def stack(qtbot, bars):
    made = PaneStack(DARK, "Chart")
    qtbot.addWidget(made)
    price, below = made.add_pane("Prices", 4), made.add_pane("Close", 1)
    candles = CandleLayer()
    candles.set_bars(bars)
    price.add(candles)
    line = LineLayer("Close", lambda inks: inks.accent)
    line.set_values(bars.close)
    below.add(line, legend=True)
    made.set_calendar(Calendar.of(bars), len(bars))
    made.resize(900, 500)
    made.show()
    qtbot.waitExposed(made)
    made.grab()
    return made


@pytest.fixture
def price(stack):
    return stack.panes[0]


def turn(widget, x, notches, modifiers=Qt.KeyboardModifier.NoModifier):
    at = QPointF(x, 50)
    event = QWheelEvent(
        at, widget.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def move(widget, x, y, button=Qt.MouseButton.NoButton):
    at = QPointF(x, y)
    event = QMouseEvent(QEvent.Type.MouseMove, at, widget.mapToGlobal(at), Qt.MouseButton.NoButton, button, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("notches", [1, -1, 4, -3])
@pytest.mark.parametrize("x", [5.0, 400.0, 790.0])
def test_that_the_wheel_keeps_the_bar_under_the_cursor_within_a_pixel(stack, price, x, notches):
    stack.shown.show(1_000, 1_300)
    bar = price.view().bar(x)
    turn(price, x, notches)
    assert abs(price.view().x(bar) - x) < 1.0
    assert (stack.shown.span < 300) == (notches > 0)


def test_that_shift_and_wheel_pan_and_keep_the_zoom(stack, price):
    stack.shown.show(1_000, 1_300)
    turn(price, 400.0, 1, Qt.KeyboardModifier.ShiftModifier)
    assert stack.shown.span == pytest.approx(300)
    assert stack.shown.first < 1_000


def test_that_a_drag_moves_the_bars_with_the_mouse(stack, price, qtbot):
    stack.shown.show(1_000, 1_300)
    bar = price.view().bar(300.0)
    qtbot.mousePress(price, Qt.MouseButton.LeftButton, pos=QPoint(300, 100))
    move(price, 420, 100, Qt.MouseButton.LeftButton)
    qtbot.mouseRelease(price, Qt.MouseButton.LeftButton, pos=QPoint(420, 100))
    assert price.view().x(bar) == pytest.approx(420, abs=1)


def test_that_a_drag_is_no_click(stack, price, qtbot):
    with qtbot.assertNotEmitted(price.clicked):
        qtbot.mousePress(price, Qt.MouseButton.LeftButton, pos=QPoint(300, 100))
        move(price, 320, 100, Qt.MouseButton.LeftButton)
        qtbot.mouseRelease(price, Qt.MouseButton.LeftButton, pos=QPoint(320, 100))
    with qtbot.waitSignal(price.clicked):
        qtbot.mouseClick(price, Qt.MouseButton.LeftButton, pos=QPoint(300, 100))


def test_that_a_double_click_on_the_time_axis_shows_everything(stack, qtbot, bars):
    qtbot.mouseDClick(stack.axis, Qt.MouseButton.LeftButton, pos=QPoint(100, 5))
    assert (stack.shown.first, stack.shown.last) == (-0.5, len(bars) - 0.5)


def test_that_a_drag_on_the_value_axis_holds_the_scale_until_it_is_double_clicked(stack, price, qtbot):
    x = round(price.plot_width) + 10
    before = price.scale.high - price.scale.low
    qtbot.mousePress(price, Qt.MouseButton.LeftButton, pos=QPoint(x, 100))
    move(price, x, 160, Qt.MouseButton.LeftButton)
    qtbot.mouseRelease(price, Qt.MouseButton.LeftButton, pos=QPoint(x, 160))
    assert not price.scale.auto
    assert price.scale.high - price.scale.low > before
    qtbot.mouseDClick(price, Qt.MouseButton.LeftButton, pos=QPoint(x, 100))
    price.grab()
    assert price.scale.high - price.scale.low == pytest.approx(before)


def test_that_values_fit_the_visible_bars(stack, price, bars):
    stack.shown.show(500, 700)
    price.grab()
    low, high = bars.low[500:701].min(), bars.high[500:701].max()
    assert price.scale.low < low
    assert price.scale.high > high
    assert price.scale.high - price.scale.low < 1.3 * (high - low)


def test_that_the_keys_of_a_chart_move_zoom_and_switch_the_scale(stack, price, qtbot):
    stack.shown.show(1_000, 1_300)
    for key, first, span in [
        (Qt.Key.Key_Right, 1_001, 300), (Qt.Key.Key_Left, 1_000, 300), (Qt.Key.Key_Home, -0.5, 300),
        (Qt.Key.Key_End, 2_699.5, 300),
    ]:  # fmt: skip
        qtbot.keyClick(stack, key)
        assert (stack.shown.first, stack.shown.span) == (pytest.approx(first), pytest.approx(span))
    qtbot.keyClick(stack, Qt.Key.Key_Plus)
    assert stack.shown.span < 300
    qtbot.keyClick(stack, Qt.Key.Key_Minus)
    assert stack.shown.span == pytest.approx(300)
    qtbot.keyClick(stack, Qt.Key.Key_L)
    assert price.scale.log
    qtbot.keyClick(stack, Qt.Key.Key_A)
    assert not price.scale.auto
    qtbot.keyClick(stack, Qt.Key.Key_R)
    assert stack.shown.last == 2_999.5


def test_that_control_and_arrows_ask_for_trades(stack, qtbot):
    asked = []
    stack.stepped.connect(asked.append)
    qtbot.keyClick(stack, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(stack, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert asked == [1, -1]


def test_that_all_panes_share_one_time_cursor(stack, price):
    heard = []
    stack.hovered.connect(heard.append)
    move(price, 200, 80)
    bar = round(price.view().bar(200))
    assert heard == [bar]
    assert [pane._cursor.bar for pane in stack.panes] == [bar, bar]
    move(price, price.plot_width + 5, 80)
    assert heard[-1] == -1


def test_that_the_cursor_follows_when_bars_move_beneath_it(stack, price):
    heard = []
    stack.hovered.connect(heard.append)
    move(price, 200, 80)
    stack.shown.pan(-40)
    assert heard[-1] == round(price.view().bar(200)) == heard[0] - 40


def test_that_following_a_linked_chart_is_not_told_again(stack, qtbot):
    with qtbot.assertNotEmitted(stack.range_changed):
        stack.follow(100, 300)
    with qtbot.waitSignal(stack.range_changed):
        stack.shown.pan(10)


def test_that_moving_the_cursor_does_not_draw_the_bars_again(stack, price):
    picture = price._picture
    move(price, 200, 80)
    price.grab()
    assert price._picture is picture


def test_that_the_theme_changes_every_pixel_of_the_ground(stack, price):
    stack.set_theme(LIGHT)
    assert price.grab().toImage().pixelColor(2, price.height() - 3).name() == LIGHT.panel.lower()


def test_that_the_chart_that_has_the_keyboard_is_marked(stack, qtbot):
    def base():
        return stack.axis.grab().toImage().pixelColor(3, 0).name()

    stack.setFocus()
    qtbot.waitUntil(stack.hasFocus)
    assert base() == DARK.accent.lower()
    stack.clearFocus()
    assert base() == DARK.line.lower()


def test_that_a_chart_without_bars_paints(qtbot):
    empty = PaneStack(DARK, "Chart")
    qtbot.addWidget(empty)
    empty.add_pane("Prices", 1)
    empty.resize(300, 200)
    assert not empty.grab().isNull()
