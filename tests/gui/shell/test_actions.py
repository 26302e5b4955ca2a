"""One list of commands: menus, toolbar, palette and the list of keys show the same."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QTableWidget

from ivybt_desktop.app import Application
from ivybt_desktop.contracts import Action
from ivybt_desktop.shell.actions import ActionList
from ivybt_desktop.shell.commands import standard_actions
from ivybt_desktop.theme.icons import icon
from ivybt_desktop.theme.tokens import DARK


def _act(name: str, key: str = "", menu: str = "File") -> Action:
    return Action(name, name.title(), lambda: None, key, menu)


def test_that_a_key_belongs_to_one_command() -> None:
    actions = ActionList()
    actions.add([_act("a", "F5")])
    refused = actions.add([_act("b", "F5")])
    assert actions.get("b").shortcut == ""
    assert refused == ["F5 already means 'A'; 'B' has no key"]


def test_that_a_command_of_a_known_id_replaces_it_and_keeps_its_key() -> None:
    actions = ActionList()
    actions.add([_act("a", "F5")])
    assert actions.add([_act("a", "F5", "Edit")]) == []
    assert [(a.id, a.shortcut, a.menu) for a in actions] == [("a", "F5", "Edit")]


def test_that_a_forbidden_command_does_not_run() -> None:
    ran = []
    actions = ActionList()
    actions.add([Action("a", "A", lambda: ran.append(1))])
    actions.set_enabled("a", False)
    assert not actions.run("a")
    actions.set_enabled("a", True)
    assert actions.run("a")
    assert ran == [1]


def test_that_menus_come_in_the_usual_order() -> None:
    actions = ActionList()
    actions.add([_act("x", menu="Zoo"), _act("h", menu="Help"), _act("f", menu="File"), _act("p", menu="")])
    assert actions.menus() == ["File", "Help", "Zoo"]


def test_that_menus_toolbar_and_keys_are_the_list(application: Application) -> None:
    listed = list(application.actions)
    shown: dict[str, list[str]] = {}
    for top in application.window.menuBar().actions():
        menu = top.menu()
        assert menu is not None
        shown[top.text()] = [a.objectName() for a in menu.actions() if not a.isSeparator()]
    for title in application.actions.menus():
        assert shown[title] == [a.id for a in application.actions.in_menu(title)]
    buttons = {a.objectName() for a in application.window.menus.toolbar.actions() if a.objectName()}
    assert buttons == {a.id for a in listed if a.toolbar}
    keys = {a.objectName(): a.shortcut().toString() for a in application.window.findChildren(QAction)}
    assert all(keys[a.id] for a in listed if a.shortcut)


def test_that_no_two_commands_of_the_real_window_ask_for_the_same_key(application: Application) -> None:
    asked = [*standard_actions(application.desk), *application.window.host.actions()]
    owners: dict[str, set[str]] = {}
    for action in asked:
        owners.setdefault(action.shortcut, set()).add(action.id)
    del owners[""]
    assert not {key: ids for key, ids in owners.items() if len(ids) > 1}


def test_that_every_icon_of_a_command_exists(application: Application) -> None:
    for action in application.actions:
        assert icon(action.icon, DARK).isNull() == (not action.icon)


def test_that_the_palette_lists_every_command_and_runs_one(application: Application, qtbot: Any) -> None:
    application.window.activateWindow()
    palette = application.window.palette_panel
    application.desk.show_palette()
    listed = {choice.title for choice, _fit in palette.model.found}
    assert listed == {action.title for action in application.actions if action.id != "view.palette"}
    before = application.workspace.theme.name
    qtbot.keyClicks(palette.field, "dark light")
    assert palette.model.found[0][0].title == "Switch theme: dark or light"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert application.workspace.theme.name != before


def test_that_the_palette_moves_by_keys_and_closes_on_escape(application: Application, qtbot: Any) -> None:
    palette = application.window.palette_panel
    application.desk.show_palette()
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 1
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == 0
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_that_a_preset_is_saved_and_opened_by_keyboard_alone(
    application: Application, qtbot: Any, settle: Any
) -> None:
    application.desk.open_sample()
    settle(lambda: application.workspace.spec is not None)
    palette = application.window.palette_panel
    application.desk.save_preset()
    palette.field.setText("my turtle")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert (application.home.presets / "my turtle.yaml").exists()
    application.desk.open_preset()
    assert [choice.title for choice, _ in palette.model.found] == ["my turtle"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    settle(lambda: not application.jobs.live and not application.background.busy)
    assert application.workspace.spec is not None
    assert application.workspace.spec.strategy.name == "sma_cross"


def test_that_the_shortcut_list_shows_every_key(application: Application) -> None:
    application.desk.show_shortcuts()
    dialog = application.window.findChild(QDialog)
    assert dialog is not None
    table = dialog.findChild(QTableWidget)
    assert table is not None
    keys = {table.item(row, 0).text() for row in range(table.rowCount())}
    assert keys == {action.shortcut for action in application.actions if action.shortcut}
    dialog.close()


def test_that_every_sample_project_opens_with_its_prices_and_runs(
    application: Application, settle: Any, qtbot: Any
) -> None:
    palette = application.window.palette_panel
    application.desk.choose_sample()
    titles = [choice.title for choice, _ in palette.model.found]
    assert "Only the prices of VIX" in titles
    chosen = next(title for title in titles if "Standard" in title or "NASDAQ Composite" in title)
    palette.field.setText(chosen)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    settle(lambda: application.workspace.bars is not None and application.workspace.spec is not None)
    application.actions.run("run.backtest")
    settle(lambda: application.workspace.result is not None)
    assert application.workspace.result is not None
    assert application.workspace.result.spec.strategy.name == "bollinger_reversion"
