"""`StrategyDesk`: carries out the commands of the Strategy menu."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import IvyError
from engine.strategies import registry
from ivybt_desktop.context import Background, Workspace
from ivybt_desktop.contracts import Action
from ivybt_desktop.shell.editor import FILE, LINE, Editor, arguments_of, show
from ivybt_desktop.shell.notices import Notice, NoticeBoard
from ivybt_desktop.shell.palette import Choice, CommandPalette
from ivybt_desktop.shell.preferences import Preferences
from ivybt_desktop.shell.strategy_folder import StrategyFolder

if TYPE_CHECKING:
    from engine.storage.strategy_files import Kind

MENU = "Strategy"
_TOPIC = "strategy file"
_SYSTEM = "system"
_NAMES: dict[Kind, str] = {"rule": "My rule", "pandas": "My idea"}
_BUILT_IN = "comes with the program and cannot be edited"


class StrategyDesk:
    """Makes, opens and copies strategy files.

    Parameters
    ----------
    folder : StrategyFolder
        The user's files.
    workspace : Workspace
        The strategy in use.
    board : NoticeBoard
    palette : CommandPalette
        Asks for names and choices.
    preferences : Preferences
        Holds the editor's command.
    background : callable
        Writes files off the GUI thread.
    """

    def __init__(
        self, folder: StrategyFolder, workspace: Workspace, board: NoticeBoard, palette: CommandPalette,
        preferences: Preferences, background: Background,
    ) -> None:  # fmt: skip
        self._folder, self._workspace, self._board = folder, workspace, board
        self._palette, self._preferences, self._background = palette, preferences, background
        self._editor = Editor(lambda: preferences.settings.editor)

    def actions(self) -> list[Action]:
        """Return the commands in menu order."""
        return [
            Action("strategy.new_rule", "New strategy: compiled rule", lambda: self._ask("rule"), "", MENU),
            Action("strategy.new_pandas", "New strategy: pandas", lambda: self._ask("pandas"), "", MENU),
            Action("strategy.copy", "Copy to my strategies", self.copy, "", MENU),
            Action("strategy.edit", "Open in my editor", self.edit, "F4", MENU),
            Action("strategy.open", "Open one of my strategy files", self.choose, "", MENU),
            Action("strategy.folder", "Show strategy folder", self.show_folder, "", MENU),
            Action("strategy.reload", "Reload your strategies", self._folder.read, "", MENU),
            Action("strategy.editor", "Set editor command", self.set_editor, "", MENU),
        ]

    def open(self, path: Path, line: int = 1) -> None:
        """Open a file in the user's editor."""
        try:
            self._editor.open(path, line)
        except IvyError as error:
            self._tell(error)

    def edit(self) -> None:
        """Open the file of the strategy in use; of a built-in one offer a copy."""
        name = self._name()
        if not name:
            return
        broken, known = registry.broken_file(name), registry.last(name)
        if broken is not None:
            self.open(Path(broken.path), broken.line)
        elif known is not None:
            self.open(known[1])
        else:
            self._offer_copy(name)

    def choose(self) -> None:
        """Offer the user's files, the broken ones first."""
        broken = {Path(entry.path): entry.line for entry in registry.broken}
        files = sorted(self._folder.folder.glob("*.py"), key=lambda path: (path not in broken, path.stem))
        choices = [
            Choice(path.name, lambda path=path: self.open(path, broken.get(path, 1)), _note(path, broken))  # type: ignore[misc]
            for path in files
        ]
        if choices:
            self._palette.choose(choices, "Open strategy file")
        else:
            hint = "New strategy in the Strategy menu makes one from a template"
            self._board.post(Notice("info", "There are no strategy files yet", hint=hint, topic=_TOPIC))

    def copy(self) -> None:
        """Ask for a name and copy the strategy in use under it."""
        name = self._name()
        if not name:
            return
        try:
            wanted = f"My {registry.get(name).title}"
        except IvyError as error:  # its file is broken or gone
            self._tell(error)
            return
        from engine.storage.strategy_files import copy_strategy, free_name  # noqa: PLC0415

        folder = self._folder.folder

        def answer(title: str) -> None:
            self._make(lambda: copy_strategy(folder, name, title), answer, title)

        try:
            title = free_name(folder, wanted)
        except IvyError:  # its own title is too long for two words more
            title = free_name(folder, _NAMES["rule"])
        self._palette.ask("Name of the copy, then Enter", title, answer)

    def show_folder(self) -> None:
        """Open the strategy folder in the system's file browser."""
        from engine.storage.files import storage_error  # noqa: PLC0415

        folder = self._folder.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._tell(storage_error(error, folder, "cannot make the strategy folder"))
            return
        show(folder)

    def set_editor(self) -> None:
        """Ask for the command that opens a strategy file."""
        words = f"Command of your editor, such as code -g {FILE}:{LINE}; {_SYSTEM} for the system's own"
        self._palette.ask(words, self._preferences.settings.editor or _SYSTEM, self._keep_editor)

    def _keep_editor(self, command: str) -> None:
        command = "" if command.casefold() == _SYSTEM else command
        try:
            arguments_of(command, Path("file.py"), 1)
            self._preferences.update(editor=command)
            self._preferences.save()
        except IvyError as error:
            self._tell(error)
            return
        self._workspace.log("info", f"Strategy files open with {command or 'what the system has for them'}")

    def _ask(self, kind: Kind) -> None:
        from engine.storage.strategy_files import free_name, new_strategy  # noqa: PLC0415

        folder = self._folder.folder

        def answer(title: str) -> None:
            self._make(lambda: new_strategy(folder, title, kind), answer, title)

        self._palette.ask("Name of the strategy, then Enter", free_name(folder, _NAMES[kind]), answer)

    def _make(self, write: Callable[[], Path], again: Callable[[str], None], title: str) -> None:
        """Write a file and open it; a name that cannot be used is asked for once more."""

        def done(path: Path) -> None:
            self._board.clear(_TOPIC)
            self._workspace.log("info", f"{path} written")
            self._folder.read(lambda: self._workspace.strategy_asked.emit(path.stem))
            self.open(path)

        def failed(error: IvyError) -> None:
            self._tell(error)
            self._palette.ask("Another name, then Enter", title, again)

        self._background(write, done, failed)

    def _offer_copy(self, name: str) -> None:
        title = registry.get(name).title if name in registry.names() else name
        act = ("Copy to my strategies", self.copy)
        hint = "A copy of it in your strategy folder can"
        self._board.post(Notice("info", f"'{title}' {_BUILT_IN}", "", hint, topic=_TOPIC, actions=(act,)))

    def _name(self) -> str:
        spec = self._workspace.spec
        if spec is None:
            hint = "Choose one in the Setup panel first"
            self._board.post(Notice("warning", "No strategy is in use", hint=hint, topic=_TOPIC))
            return ""
        return spec.strategy.name

    def _tell(self, error: IvyError) -> None:
        self._board.post(Notice.of(error, topic=_TOPIC))


def _note(path: Path, broken: dict[Path, int]) -> str:
    if path not in broken:
        return ""
    return f"error in line {broken[path]}" if broken[path] else "cannot be loaded"
