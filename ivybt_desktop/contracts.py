"""What a dock and a command are. Plain Python: presenters and their tests need no Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from ivybt_desktop.context import AppContext

Area = Literal["left", "centre", "right", "bottom"]


@dataclass(frozen=True)
class Action:
    """A command as data: menu, toolbar, palette and shortcut list are built from one list.

    Parameters
    ----------
    id : str
        Dotted name (``run.backtest``).
    title : str
        Words in menus and palette.
    callback : callable
        Called without arguments in the GUI thread.
    shortcut : str, default ""
        Qt key text (``F5``).
    menu : str, default ""
        Menu it stands in; empty keeps it in the palette only.
    icon : str, default ""
        QtAwesome name.
    toolbar : bool, default False
        Also a button in the toolbar.
    """

    id: str
    title: str
    callback: Callable[[], None]
    shortcut: str = ""
    menu: str = ""
    icon: str = ""
    toolbar: bool = False


class Presenter(Protocol):
    """The plain-Python half of a dock."""

    def close(self) -> None:
        """Disconnect from workspace and jobs."""
        ...


@dataclass
class Dock:
    """A built dock: its widget (a QWidget), its presenter, and the commands it adds."""

    view: Any
    presenter: Presenter
    actions: list[Action] = field(default_factory=list)


@dataclass(frozen=True)
class DockSpec:
    """Declaration of a dock; ``build`` imports Qt, the declaration does not.

    Parameters
    ----------
    id, title : str
        Name in layouts; words in the title bar.
    area : {"left", "centre", "right", "bottom"}
        Where it stands at first.
    order : int
        Order of tabs or rows within the area.
    icon : str
        QtAwesome name.
    shortcut : str
        Key that shows and focuses it.
    build : callable
        ``build(ctx) -> Dock``.
    """

    id: str
    title: str
    area: Area
    order: int
    icon: str
    shortcut: str
    build: Callable[[AppContext], Dock]
