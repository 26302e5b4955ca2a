"""What the Setup presenter is given: a view, live runs, presets. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from engine.backtest.spec import BacktestSpec
    from engine.core.bars import Bars
    from ivybt_desktop.context import Background
    from ivybt_desktop.docks.setup.finer import Read
    from ivybt_desktop.docks.setup.state import SetupState
    from ivybt_desktop.theme.tokens import Tokens


class SetupView(Protocol):
    """What the presenter needs of the view."""

    def show_state(self, state: SetupState) -> None:
        """Show a state."""
        ...

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        ...


class Notifies(Protocol):
    """A signal, of Qt or ours."""

    def connect(self, listener: Callable[[Any], object]) -> object:
        """Add a listener."""
        ...

    def disconnect(self, listener: Callable[[Any], object]) -> object:
        """Remove a listener."""
        ...


class LivePort(Protocol):
    """Runs the newest request off the GUI thread."""

    @property
    def result(self) -> Notifies:
        """Emits a `BacktestResult`."""
        ...

    @property
    def failed(self) -> Notifies:
        """Emits an `IvyError`."""
        ...

    def request(
        self, bars: Bars | tuple[Bars, ...], spec: BacktestSpec, finer: tuple[Bars, ...] = ()
    ) -> None:
        """Ask for a run; older requests that wait are dropped."""
        ...

    def close(self) -> None:
        """Stop; nothing is emitted after this."""
        ...


class PresetStore(Protocol):
    """Named specs."""

    def names(self) -> list[str]:
        """Return the names, sorted."""
        ...

    def load(self, name: str) -> BacktestSpec:
        """Return the spec of that name."""
        ...

    def path_of(self, name: str) -> Path:
        """Return the file of that name."""
        ...

    def save(self, name: str, spec: BacktestSpec) -> object:
        """Keep a spec."""
        ...

    def delete(self, name: str) -> None:
        """Remove a spec."""
        ...


@dataclass(frozen=True)
class SetupServices:
    """What the presenter asks others to do.

    Parameters
    ----------
    run : callable
        Does what F5 does.
    rescan : callable
        Reads the user's strategy folder again; ``workspace.strategies_changed`` follows.
    add_files : callable
        Loads the instruments of further price files.
    read_finer : callable
        ``read_finer(file, universe)`` returns the shorter bars of the loaded instruments.
    background : callable
        ``background(work, then, failed)``: runs ``work()`` off the GUI thread.
    open_file : callable
        Opens a spec file with its prices.
    """

    run: Callable[[], None]
    rescan: Callable[[], None]
    add_files: Callable[[Sequence[Path]], None]
    read_finer: Read
    background: Background
    open_file: Callable[[Path], object] = lambda _path: None
