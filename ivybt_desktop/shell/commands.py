# ruff: noqa: E501  (a command a line)
"""The window's own commands as data. Docks add theirs; everything is shown from one list. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ivybt_desktop.contracts import Action
from ivybt_desktop.shell.perspectives import PERSPECTIVES

if TYPE_CHECKING:
    from ivybt_desktop.shell.desk import Desk


def standard_actions(desk: Desk) -> list[Action]:
    """Return the window's commands in menu order."""

    def show(name: str) -> Callable[[], None]:
        return lambda: desk.show_perspective(name)

    perspectives = [
        Action(f"perspective.{p.id}", f"{p.title} perspective", show(p.id), p.shortcut, "View")
        for p in PERSPECTIVES
    ]
    return [
        Action("file.open", "Open prices", desk.open_prices, "Ctrl+O", "File", "mdi6.folder-open-outline", toolbar=True),
        Action("file.sample", "Sample project", desk.open_sample, "", "File", "mdi6.chart-box-outline", toolbar=True),
        Action("file.samples", "All samples", desk.choose_sample, "", "File"),
        Action("preset.open", "Open preset", desk.open_preset, "Ctrl+Shift+O", "File"),
        Action("preset.apply", "Apply preset to the instruments in use", desk.apply_preset, "", "File"),
        Action("preset.file", "Open spec file", desk.open_spec, "", "File"),
        Action("preset.save", "Save preset", desk.save_preset, "Ctrl+S", "File"),
        Action("home.folder", "Show the data folder", desk.show_folder, "", "File"),
        Action("app.quit", "Quit", desk.quit, "Ctrl+Q", "File"),
        Action("run.backtest", "Run", desk.run, "F5", "Run", "mdi6.play", toolbar=True),
        Action("run.stop", "Stop", desk.stop, "Esc", "Run", "mdi6.stop", toolbar=True),
        *perspectives,
        Action("view.palette", "Commands", desk.show_palette, "Ctrl+K", "View", "mdi6.magnify", toolbar=True),
        Action("view.theme", "Switch theme: dark or light", desk.toggle_theme, "Ctrl+Shift+L", "View", "mdi6.brightness-6", toolbar=True),
        Action("view.colours", "Switch colours: green and red, or blue and orange", desk.toggle_colours, "", "View"),
        Action("view.reset", "Reset layout", desk.reset_layout, "", "View"),
        Action("help.here", "Help for what has the keyboard", desk.show_help, "F1", "Help"),
        Action("help.shortcuts", "Keyboard shortcuts", desk.show_shortcuts, "Ctrl+/", "Help"),
        Action("help.about", "About IvyBT", desk.show_about, "", "Help"),
    ]  # fmt: skip
