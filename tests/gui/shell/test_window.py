"""The real window: starts, runs, closes; a broken dock, corrupt settings, files dropped on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QWidget

from engine.core.errors import StrategyError
from engine.jobs.inline import InlineExecutor
from engine.storage.presets import Presets
from ivybt_desktop.app import Application, make_qt
from ivybt_desktop.contracts import Dock, DockSpec
from ivybt_desktop.shell import dock_host
from ivybt_desktop.shell.desk import help_of
from ivybt_desktop.shell.dock_frame import FaultPanel
from ivybt_desktop.shell.home import open_home
from ivybt_desktop.shell.notices import Notice


def _drop(window: QWidget, *paths: Path) -> QDropEvent:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(200, 200), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(window.windowHandle(), event)
    return event


def _prices(path: Path, rows: int = 300) -> Path:
    lines = ["Date,Open,High,Low,Close,Volume"]
    price = 100.0
    for day in range(rows):
        price *= 1.02 if (day // 20) % 2 == 0 else 0.985
        stamp = f"20{10 + day // 250:02d}-{1 + day % 250 // 25:02d}-{1 + day % 25:02d}"
        lines.append(f"{stamp},{price},{price * 1.01},{price * 0.99},{price},1000")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_that_f5_shows_a_run_and_keeps_it(application: Application, settle: Any) -> None:
    application.desk.open_sample()
    settle(lambda: application.workspace.bars is not None and application.workspace.spec is not None)
    application.actions.run("run.backtest")
    settle(lambda: application.workspace.result is not None)
    result = application.workspace.result
    assert result is not None
    assert [run.run_id for run in application.store.summaries()] == [result.run_id]


def test_that_a_dropped_price_file_is_previewed_and_used_after_accept(
    application: Application, settle: Any, tmp_path: Path
) -> None:
    path = _prices(tmp_path / "ACME.csv")
    assert _drop(application.window, path).isAccepted()
    settle(lambda: application.window.sheet.body is not None)
    assert application.workspace.bars is None
    application.files.accept()
    assert application.workspace.bars is not None
    assert len(application.workspace.bars) == 300
    assert application.window.sheet.body is None
    assert application.preferences.settings.last.file == str(path)


def test_that_several_dropped_files_become_one_portfolio_that_runs(
    application: Application, settle: Any, tmp_path: Path
) -> None:
    paths = [_prices(tmp_path / f"{name}.csv") for name in ("ACME", "BOLT")]
    assert _drop(application.window, *paths).isAccepted()
    space = application.workspace
    settle(lambda: len(space.universe) == 2)
    assert application.window.sheet.body is None
    assert space.spec is not None
    assert (space.spec.data.file, space.spec.data.files) == (str(paths[0]), (str(paths[1]),))
    application.actions.run("run.backtest")
    settle(lambda: space.result is not None, 20_000)
    assert space.result is not None
    assert space.result.symbols == ("ACME", "BOLT")
    assert application.preferences.settings.last.file == str(paths[0])


def test_that_escape_leaves_the_import_preview_before_it_stops_jobs(
    application: Application, settle: Any, tmp_path: Path
) -> None:
    _drop(application.window, _prices(tmp_path / "ACME.csv"))
    settle(lambda: application.window.sheet.body is not None)
    application.actions.run("run.stop")
    assert application.window.sheet.body is None
    assert application.workspace.bars is None


def test_that_a_dock_that_fails_leaves_the_others_alone(
    qtbot: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_context: Any) -> Dock:
        raise StrategyError("no such thing")

    found, faults = dock_host.discover()
    bad = DockSpec("bad", "Bad", "bottom", 9, "", "", build=broken)
    monkeypatch.setattr("ivybt_desktop.app.discover", lambda: ([*found, bad], faults))
    application = Application(make_qt([]), open_home(), compute=InlineExecutor())
    application.start_at_once()
    host = application.window.host
    assert [fault.dock for fault in host.faults] == ["bad"]
    assert isinstance(host.frames["bad"].widget(), FaultPanel)
    assert host.view("log") is not None
    assert "no such thing" in (application.board.newest or pytest.fail("nothing told")).text
    application.window.close()
    application.window.deleteLater()


def test_that_corrupt_settings_are_set_aside_and_told(qtbot: Any, home: Path) -> None:
    home.mkdir(parents=True)
    (home / "settings.json").write_text('{"schema_version": 1, "theme": "pink"}')
    application = Application(make_qt([]), open_home(), compute=InlineExecutor())
    application.start_at_once()
    told = application.board.newest
    assert told is not None
    assert "theme" in told.text
    assert "settings.json.bad" in told.text
    assert (home / "settings.json.bad").exists()
    assert application.preferences.settings.theme == "dark"
    application.window.close()
    application.window.deleteLater()


def test_that_an_unwritable_home_is_told_and_replaced(
    qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("IVYBT_HOME", str(tmp_path / "file" / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    application = Application(make_qt([]), open_home(), compute=InlineExecutor())
    application.start_at_once()
    told = application.board.newest
    assert told is not None
    assert "cannot be written" in told.text
    assert "IVYBT_HOME" in told.text
    application.window.close()
    application.window.deleteLater()
    monkeypatch.setattr("tempfile.tempdir", None)


def test_that_theme_and_layout_come_back(qtbot: Any, home: Path) -> None:
    first = Application(make_qt([]), open_home(), compute=InlineExecutor())
    first.start_at_once()
    first.desk.toggle_theme()
    first.window.host.frames["jobs"].hide()
    first.window.close()
    first.window.deleteLater()
    second = Application(make_qt([]), open_home(), compute=InlineExecutor())
    second.start_at_once()
    assert second.workspace.theme.name == "light"
    assert second.window.host.frames["jobs"].isHidden()
    second.desk.reset_layout()
    assert not second.window.host.frames["jobs"].isHidden()
    second.window.close()
    second.window.deleteLater()


def test_that_an_unexpected_error_is_told_and_the_window_goes_on(application: Application) -> None:
    error = ValueError("odd")
    application.tell_crash(ValueError, error, None)
    told = application.board.newest
    assert told is not None
    assert "odd" in told.text
    assert application.window.isVisible()


def test_that_perspectives_remember_their_own_docks(application: Application) -> None:
    frames = application.window.host.frames
    assert not frames["log"].isHidden()
    application.actions.run("perspective.data")
    frames["log"].hide()
    application.actions.run("perspective.research")
    assert not frames["log"].isHidden()
    application.actions.run("perspective.data")
    assert frames["log"].isHidden()


def test_that_every_control_has_a_name_for_screen_readers(application: Application) -> None:
    application.desk.toggle_theme()
    nameless = [
        f"{type(widget).__name__} in {_owner(widget)}"
        for widget in application.window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(application.window) and not _name(widget)
    ]
    assert not nameless, "\n".join(nameless)


def _name(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    words = widget.accessibleName() or (text() if callable(text) else "")
    buddy = any(label.buddy() is widget for label in widget.window().findChildren(QLabel))
    # The field inside a spin box or an editable list is named by its owner.
    parent = widget.parentWidget()
    inner = widget.objectName().startswith("qt_") and parent is not None and bool(parent.accessibleName())
    return words or ("labelled" if buddy else "") or ("inner" if inner else "")


def _owner(widget: QWidget) -> str:
    names = []
    parent = widget.parentWidget()
    while parent is not None and len(names) < 4:
        names.append(f"{type(parent).__name__}:{parent.objectName()}")
        parent = parent.parentWidget()
    return " < ".join(names)


def test_that_the_tab_key_goes_through_the_window_as_it_is_read(application: Application) -> None:
    chain: list[QWidget] = [application.window]
    while (following := chain[-1].nextInFocusChain()) is not None and following is not chain[0]:
        chain.append(following)
    met: list[str] = []
    for widget in chain:
        if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus or not widget.isVisibleTo(application.window):
            continue
        place = _place(application, widget)
        if place and place not in met:
            met.append(place)
    areas = [name for name in ("toolbar", "left", "centre", "bottom", "right") if name in met]
    assert met == areas


def _place(application: Application, widget: QWidget) -> str:
    if application.window.menus.toolbar.isAncestorOf(widget):
        return "toolbar"
    return next((f.area for f in application.window.host.frames.values() if f.isAncestorOf(widget)), "")


def test_that_closing_before_the_docks_are_built_ends_everything(qtbot: Any, home: Path) -> None:
    application = Application(make_qt([]), open_home())
    ended: list[bool] = []
    application.ended = lambda: ended.append(True)
    application.start()
    application.window.close()
    qtbot.wait(50)
    assert ended == [True]
    assert application.worker_pids == ()
    application.window.deleteLater()


def test_that_the_start_builds_docks_after_the_first_paint_and_opens_the_last_project(
    qtbot: Any, home: Path, settle: Any, tmp_path: Path
) -> None:
    first = Application(make_qt([]), open_home(), compute=InlineExecutor())
    first.start([_prices(tmp_path / "ACME.csv")])
    assert first.window.isVisible()
    assert first.window.host.view("log") is None
    settle(lambda: first.window.sheet.body is not None)
    first.files.accept()
    spec = first.workspace.spec
    first.window.close()
    first.window.deleteLater()

    second = Application(make_qt([]), open_home(), compute=InlineExecutor())
    second.start()
    settle(lambda: second.workspace.bars is not None and second.workspace.bars.symbol == "ACME")
    assert second.window.sheet.body is None
    assert second.workspace.spec is not None
    assert spec is not None
    assert second.workspace.spec.strategy == spec.strategy
    second.window.close()
    second.window.deleteLater()


def test_that_a_last_project_that_cannot_be_read_is_told_and_the_window_opens(qtbot: Any, home: Path) -> None:
    home.mkdir(parents=True)
    settings = '{"schema_version": 1, "last": {"file": "/gone.csv", "spec": {"strategy": {"name": 5}}}}'
    (home / "settings.json").write_text(settings)
    application = Application(make_qt([]), open_home(), compute=InlineExecutor())
    lines: list[str] = []
    application.workspace.logged.connect(lambda _level, words: lines.append(words))
    application.start()
    qtbot.waitUntil(lambda: any("/gone.csv" in line for line in lines))
    assert any("the settings of the last session cannot be used" in line for line in lines)
    assert application.workspace.spec is not None
    application.window.close()
    application.window.deleteLater()


def test_that_a_notice_is_shown_copied_answered_and_dismissed(application: Application, qtbot: Any) -> None:
    bar, done = application.window.notice_bar, []
    assert not bar.isVisible()
    notice = Notice("error", "no price column", "a.csv", "Add one", "trace", actions=(("Do", lambda: done.append(1)),))
    application.board.post(notice)
    assert bar.isVisible()
    assert "no price column" in bar.accessibleName()
    assert bar.height() < 60
    buttons = {button.text(): button for button in bar.findChildren(QPushButton)}
    buttons["Copy details"].click()
    assert QApplication.clipboard().text() == "a.csv: no price column. Add one\n\ntrace"
    buttons["Do"].click()
    assert done == [1]
    assert not bar.isVisible()


def test_that_chart_trades_and_headline_metrics_fit_a_small_screen(application: Application, qtbot: Any) -> None:
    application.window.resize(1366, 768)
    application.window.layouts.reset()
    qtbot.wait(10)
    frames = application.window.host.frames
    window = application.window.rect()
    for name in ("setup", "chart", "equity", "trades", "metrics"):
        assert window.contains(frames[name].geometry()), name
    assert frames["chart"].width() > 700
    assert frames["chart"].height() > 250
    assert frames["trades"].height() > 150


def test_that_the_status_bar_rests_once_the_window_is_closed(application: Application) -> None:
    assert application.window.status.is_ticking
    application.window.close()
    assert not application.window.status.is_ticking
    assert not application.jobs.is_draining


def test_that_a_preset_saved_from_the_menu_is_offered_in_setup_at_once(
    application: Application, settle: Any, qtbot: Any
) -> None:
    application.desk.open_sample()
    settle(lambda: application.workspace.spec is not None)
    application.desk.save_preset()
    application.window.palette_panel.field.setText("Mine")
    qtbot.keyClick(application.window.palette_panel.field, Qt.Key.Key_Return)
    combo = next(w for w in application.window.findChildren(QComboBox) if w.accessibleName() == "Preset")
    assert [combo.itemText(at) for at in range(combo.count())] == ["Mine"]
    assert combo.currentText() == "Mine"


def test_that_a_preset_opened_from_the_menu_leaves_the_prices_and_the_run_on_the_screen(
    application: Application, settle: Any, qtbot: Any
) -> None:
    application.desk.open_sample()
    space = application.workspace
    settle(lambda: space.bars is not None and space.spec is not None)
    assert space.spec is not None
    Presets(application.home.presets).save("Fast one", space.spec.replace(strategy={"name": "ema_cross"}))
    application.actions.run("run.backtest")
    settle(lambda: space.result is not None)
    bars = space.bars
    application.desk.open_preset()
    qtbot.keyClick(application.window.palette_panel.field, Qt.Key.Key_Return)
    assert space.spec.strategy.name == "ema_cross"
    assert space.bars is bars
    assert space.result is not None


def test_that_a_button_of_a_notice_gives_the_keyboard_back_to_the_window(
    application: Application, qtbot: Any
) -> None:
    window, done = application.window, []
    window.activateWindow()
    application.board.post(Notice("error", "x", actions=(("Do it", lambda: done.append(1)),)))
    button = next(b for b in window.notice_bar.findChildren(QPushButton) if b.text() == "Do it")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert done == [1]
    assert QApplication.focusWidget() is window


def test_that_a_hidden_dock_does_not_hand_the_keyboard_to_a_toolbar_button(application: Application) -> None:
    application.window.activateWindow()
    application.window.host.frames["log"].raise_()
    application.desk.show_perspective("research")
    application.window.host.frames["metrics"].widget().setFocus()
    application.desk.show_perspective("data")
    now = QApplication.focusWidget()
    assert now is None or not application.window.menus.toolbar.isAncestorOf(now)


def test_that_f1_has_words_for_every_control_of_the_setup_form(application: Application) -> None:
    setup = application.window.host.frames["setup"].widget()
    edits = [w for w in setup.findChildren(QLineEdit) if w.isVisible() and w.accessibleName()]
    assert len(edits) > 5
    assert [w.accessibleName() for w in edits if not help_of(w)] == []


def test_that_a_damaged_list_of_runs_is_mended_before_it_is_read(
    qtbot: Any, home: Path, settle: Any
) -> None:
    (home / "runs").mkdir(parents=True)
    (home / "runs" / "runs.sqlite").write_bytes(b"no database" * 500)
    made = Application(make_qt([]), open_home(), compute=InlineExecutor())
    lines: list[tuple[str, str]] = []
    made.workspace.logged.connect(lambda level, words: lines.append((level, words)))
    made.start()
    settle(lambda: made.workspace.bars is not None and any("damaged" in words for _, words in lines), 20_000)
    settle(lambda: not made.background.busy)
    assert [words for level, words in lines if level == "error"] == []
    made.window.close()
    made.window.deleteLater()
    make_qt([]).setStyleSheet("")
