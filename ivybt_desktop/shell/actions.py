"""`ActionList`: the one list of commands. Menus, toolbar, palette and shortcut list read it. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ivybt_desktop.contracts import Action
from ivybt_desktop.signal import Signal

QUIT = "app.quit"
MENUS = ("File", "Edit", "Data", "Strategy", "Run", "View", "Help")


class ActionList:
    """Commands in the order they were added.

    Attributes
    ----------
    changed : Signal
        Emitted after commands came or went.
    enabled_changed : Signal[str, bool]
        Id of a command, and whether it can be used now.
    """

    def __init__(self) -> None:
        self._actions: dict[str, Action] = {}
        self._disabled: set[str] = set()
        self.changed: Signal[()] = Signal()
        self.enabled_changed: Signal[str, bool] = Signal()

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions.values())

    def __len__(self) -> int:
        return len(self._actions)

    def get(self, name: str) -> Action:
        """Return the command with that id."""
        return self._actions[name]

    def add(self, actions: Iterable[Action]) -> list[str]:
        """Add commands; one of a known id replaces it.

        A key that another command has already is taken off the newcomer.

        Returns
        -------
        list of str
            One sentence for each key that was taken off.
        """
        refused = []
        for action in actions:
            owner = self._owner(action)
            if owner:
                refused.append(
                    f"{action.shortcut} already means '{owner.title}'; '{action.title}' has no key"
                )
                action = replace(action, shortcut="")  # noqa: PLW2901  (the same command without its key)
            self._actions[action.id] = action
        self.changed.emit()
        return refused

    def in_menu(self, menu: str) -> list[Action]:
        """Return the commands of one menu, in order; Quit is the last."""
        found = [action for action in self if action.menu == menu]
        return sorted(found, key=lambda action: action.id == QUIT)

    def menus(self) -> list[str]:
        """Return the menus that hold something: the usual ones first, then others as they came."""
        used = dict.fromkeys(action.menu for action in self if action.menu)
        return [name for name in MENUS if name in used] + [name for name in used if name not in MENUS]

    def is_enabled(self, name: str) -> bool:
        """Return whether the command can be used now."""
        return name not in self._disabled

    def set_enabled(self, name: str, enabled: bool) -> None:  # noqa: FBT001  (a state, as in Qt)
        """Allow or forbid a command."""
        if enabled == self.is_enabled(name):
            return
        (self._disabled.discard if enabled else self._disabled.add)(name)
        self.enabled_changed.emit(name, enabled)

    def run(self, name: str) -> bool:
        """Call a command; return False when it cannot be used now."""
        if not self.is_enabled(name):
            return False
        self._actions[name].callback()
        return True

    def _owner(self, action: Action) -> Action | None:
        if not action.shortcut:
            return None
        return next((a for a in self if a.shortcut == action.shortcut and a.id != action.id), None)
