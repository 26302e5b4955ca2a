"""`LeakLabPresenter`: the proof of the settings on the screen, and the way to what it found. Plain Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from engine.core.errors import IvyError
from ivybt_desktop.docks.leak_lab.state import LabState, lab_state
from ivybt_desktop.signal import Links

if TYPE_CHECKING:
    from engine.core.bars import Bars
    from ivybt_desktop.bridge.proof_control import Standing
    from ivybt_desktop.context import Workspace
    from ivybt_desktop.theme.tokens import Tokens


class LabScreen(Protocol):
    """What the presenter needs of the view."""

    def show_state(self, state: LabState) -> None:
        """Show a state."""
        ...

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        ...


class Proofs(Protocol):
    """Look-ahead checks of the settings on the screen."""

    @property
    def standing(self) -> Standing:
        """What is known."""
        ...

    def check_again(self) -> None:
        """Check now."""
        ...

    def cancel(self) -> None:
        """Stop the check under way."""
        ...


class LeakLabPresenter:
    """Shows what is known and carries out what a person asks.

    Parameters
    ----------
    view : LabScreen
        The widget, or a fake.
    workspace : Workspace
        Settings, prices and run; the chart is brought to a bar through it.
    proofs : Proofs or None
        Who checks; None shows the empty state.
    edit : callable or None
        ``edit(path, line)`` opens a file in the user's editor.
    """

    def __init__(
        self, view: LabScreen, workspace: Workspace, proofs: Proofs | None,
        edit: Callable[[Path, int], object] | None = None,
    ) -> None:  # fmt: skip
        self._view, self._workspace, self._proofs, self._edit = view, workspace, proofs, edit
        self._state: LabState | None = None
        self._links = Links(
            (workspace.spec_changed, self._changed),
            (workspace.universe_changed, self._changed),
            (workspace.badges_changed, self.refresh),
            (workspace.theme_changed, view.set_theme),
        )
        view.set_theme(workspace.theme)
        self.refresh()

    def close(self) -> None:
        """Disconnect."""
        self._links.close()

    def refresh(self) -> None:
        """Show what is known now."""
        space = self._workspace
        state = LabState()
        if self._proofs is not None:
            state = lab_state(self._proofs.standing, space.spec, space.traded)
        if state != self._state:
            self._state = state
            self._view.show_state(state)

    def check_again(self) -> None:
        """Check the settings on the screen once more."""
        if self._proofs is not None:
            self._proofs.check_again()

    def cancel(self) -> None:
        """Stop the check under way."""
        if self._proofs is not None:
            self._proofs.cancel()

    def bring(self, row: int) -> None:
        """Bring the chart to the first affected bar of a finding."""
        if self._state is None or not 0 <= row < len(self._state.rows):
            return
        found = self._state.rows[row]
        place = self._place(found.time)
        if place is None:
            self._workspace.log("info", f"{found.first} is not among the bars on the chart")
        else:
            self._workspace.show_place(*place)

    def open_source(self, row: int) -> None:
        """Open the line that looks like the cause of a finding, or that raised, in the user's editor."""
        if self._edit is None or self._state is None:
            return
        where = self._state.rows[row].where if 0 <= row < len(self._state.rows) else self._state.where
        name, _, line = where.rpartition(":")
        path = self._path_of(Path(name).name)
        if path is not None and line.isdigit():
            self._edit(path, int(line))

    def _changed(self, _value: object) -> None:
        self.refresh()

    def _place(self, time: int) -> tuple[int, int] | None:
        """Return instrument and bar of the shown run (else of the shown prices) that closed at an instant."""
        result, shown = self._workspace.result, self._workspace.bars
        if not time:
            return None
        if result is None:
            at = _bar_at(shown, time)
            return None if at is None else (0, at)
        at = _bar_at(result.bars, time)
        asset = next((k for k, leg in enumerate(result.instruments) if _bar_at(leg, time) is not None), 0)
        return None if at is None else (asset, at)

    def _path_of(self, name: str) -> Path | None:
        """Return the strategy file of that name."""
        from engine.strategies import registry  # noqa: PLC0415

        spec = self._workspace.spec
        for used in (spec.strategy, *spec.sleeves) if spec is not None else ():
            try:
                path = registry.path_of(used.name)
            except IvyError:
                continue
            if path.name == name:
                return path
        return None


def _bar_at(bars: Bars | None, time: int) -> int | None:
    if bars is None:
        return None
    at = int(np.searchsorted(bars.time, time))
    return at if at < len(bars) and int(bars.time[at]) == time else None
