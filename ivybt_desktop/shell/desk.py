"""`Desk`: carries out the window's own commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QFileDialog, QToolTip, QWidget

from engine.core.errors import IvyError
from engine.storage.preset_universe import with_universe
from engine.storage.presets import Presets
from ivybt_desktop.context import Workspace
from ivybt_desktop.shell.about import about, shortcut_list
from ivybt_desktop.shell.actions import ActionList
from ivybt_desktop.shell.file_control import SAMPLE, FileControl
from ivybt_desktop.shell.home import DataHome
from ivybt_desktop.shell.import_preview import ImportPreview
from ivybt_desktop.shell.main_window import MainWindow
from ivybt_desktop.shell.notices import Notice, NoticeBoard
from ivybt_desktop.shell.palette import Choice
from ivybt_desktop.shell.run_control import RunControl
from ivybt_desktop.shell.samples import sample_projects
from ivybt_desktop.shell.theming import Theming

if TYPE_CHECKING:
    from engine.data.reader import Import

_PRICES = "Prices (*.csv *.txt *.tsv *.parquet *.feather *.gz *.zip);;All files (*)"
_SPECS = "Specs (*.yaml *.yml *.json);;All files (*)"


@dataclass
class Desk:
    """The window and its controls, as the commands see them.

    Also shows what `FileControl` found in a price file.
    """

    window: MainWindow
    workspace: Workspace
    actions: ActionList
    board: NoticeBoard
    runs: RunControl
    files: FileControl
    theming: Theming
    home: DataHome

    # -- files ----------------------------------------------------------------------------------

    def open_prices(self) -> None:
        """Ask for price files; several make one portfolio."""
        dialog = QFileDialog(self.window, "Open prices", filter=_PRICES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.files.open_all([Path(name) for name in names]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open_spec(self) -> None:
        """Ask for a spec file."""
        self._ask_file("Open spec", _SPECS, self.files.open_spec)

    def open_sample(self) -> None:
        """Open the sample project."""
        self.files.open_sample()

    def choose_sample(self) -> None:
        """Offer the sample projects, and the sample series alone."""
        from engine.data.sample import sample_names  # noqa: PLC0415  (readers load when used)

        projects = sample_projects()
        prices = {f"Only the prices of {name}": name for name in sample_names()}

        def take(title: str) -> None:
            if title in projects:
                self.files.open_spec(projects[title])
            else:
                self.files.read_prices(f"{SAMPLE}{prices[title]}")

        self._choose([*projects, *prices], take, "Samples")

    def open_preset(self) -> None:
        """Offer the saved presets, to be opened with the instruments they were saved on."""
        self._choose_preset(self._open_preset, "Open preset")

    def apply_preset(self) -> None:
        """Offer the saved presets, to be tried on the instruments in use."""
        self._choose_preset(self._apply_preset, "Apply preset to the instruments in use")

    def save_preset(self) -> None:
        """Ask for a name and keep the current settings under it."""
        spec = self.workspace.spec
        if spec is None:
            self._tell("warning", "There are no settings to save", "Choose a strategy in Setup first")
            return
        self.window.palette_panel.ask("Name of the preset, then Enter", spec.strategy.name, self._save_preset)

    def show_folder(self) -> None:
        """Open the data folder in the system's file browser."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.home.folder)))

    def show_import(self, path: Path, found: Import) -> None:
        """Show what was read from a price file."""
        panel = ImportPreview(self.files.accept, self.files.repair, self.files.cancel)
        self.window.sheet.open(panel)
        panel.show_import(path, found)

    def ask(self, prompt: str, text: str, answer: Callable[[str], object]) -> None:
        """Ask for a word."""
        self.window.palette_panel.ask(prompt, text, answer)

    def close_import(self) -> None:
        """Take the import preview away."""
        self.window.sheet.close_body()

    # -- run --------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run a backtest."""
        self.runs.run()

    def stop(self) -> None:
        """Close what lies over the window, else stop all jobs."""
        if self.window.palette_panel.isVisible():
            self.window.palette_panel.dismiss()
        elif not self.files.cancel():
            self.runs.stop()

    # -- view and help --------------------------------------------------------------------------

    def show_palette(self) -> None:
        """Open the command palette, or close it."""
        if self.window.palette_panel.isVisible():
            self.window.palette_panel.dismiss()
        else:
            self.window.show_palette()

    def toggle_theme(self) -> None:
        """Switch between dark and light."""
        self.theming.toggle()

    def toggle_colours(self) -> None:
        """Switch the colours of up and down."""
        self.theming.toggle_colours()

    def reset_layout(self) -> None:
        """Put all docks back."""
        self.window.layouts.reset()

    def show_perspective(self, name: str) -> None:
        """Show another arrangement of the docks."""
        self.window.layouts.switch(name)
        self.window.keep_focus()

    def show_help(self) -> None:
        """Show the help of the control that has the keyboard; without one, the list of keys."""
        control = QApplication.focusWidget()
        words = help_of(control)
        if control is None or not words:
            self.show_shortcuts()
            return
        QToolTip.showText(control.mapToGlobal(control.rect().bottomLeft()), words, control)

    def show_shortcuts(self) -> None:
        """Show the list of keys."""
        shortcut_list(self.actions, self.window).show()

    def show_about(self) -> None:
        """Show versions and licence."""
        about(str(self.home.folder), self.window).show()

    def quit(self) -> None:
        """Close the window."""
        self.window.close()

    # -- parts ----------------------------------------------------------------------------------

    def _ask_file(self, title: str, kinds: str, take: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self.window, title, filter=kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: take(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _choose(self, names: list[str], take: Callable[[str], None], prompt: str) -> None:
        choices = [Choice(name, lambda name=name: take(name)) for name in names]  # type: ignore[misc]
        self.window.palette_panel.choose(choices, prompt)

    def _choose_preset(self, take: Callable[[str], None], prompt: str) -> None:
        names = Presets(self.home.presets).names()
        if names:
            self._choose(names, take, prompt)
        else:
            self._tell("info", "There are no presets yet", "Ctrl+S saves the current settings as one")

    def _save_preset(self, name: str) -> None:
        if self.workspace.spec is None:
            return
        try:
            symbols = [bars.symbol for bars in self.workspace.traded]
            path = Presets(self.home.presets).save(name, with_universe(self.workspace.spec, symbols))
        except IvyError as error:
            self.board.post(Notice.of(error))
            return
        self.workspace.preset_saved.emit(path.stem)
        self.workspace.log("info", f"preset saved as {path}")

    def _open_preset(self, name: str) -> None:
        if self.workspace.bars is None:
            self.files.open_spec(Presets(self.home.presets).path_of(name))
            return
        self.workspace.preset_asked.emit(name, False)
        self.workspace.log("info", f"preset '{name}' opened")

    def _apply_preset(self, name: str) -> None:
        self.workspace.preset_asked.emit(name, True)
        self.workspace.log("info", f"preset '{name}' applied to the instruments in use")

    def _tell(self, level: str, what: str, hint: str) -> None:
        self.board.post(Notice("warning" if level == "warning" else "info", what, hint=hint))


def help_of(control: QWidget | None) -> str:
    """Return the help of a control, or of the nearest one around it that has some."""
    while control is not None and not control.isWindow():
        if words := control.toolTip() or control.accessibleDescription():
            return words
        control = control.parentWidget()
    return ""
