"""`DockHost`: finds the docks, frames and builds them, and isolates a broken one."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import traceback
from dataclasses import dataclass
from types import ModuleType

from PySide6.QtWidgets import QWidget

import ivybt_desktop.docks
from ivybt_desktop.context import AppContext
from ivybt_desktop.contracts import Action, Dock, DockSpec
from ivybt_desktop.shell.dock_frame import DockFrame, FaultPanel

_LOG = logging.getLogger(__name__)
_AREAS = ("left", "centre", "bottom", "right")


@dataclass(frozen=True, slots=True)
class Fault:
    """A dock that could not be declared or built."""

    dock: str
    reason: str
    details: str


def discover(package: ModuleType = ivybt_desktop.docks) -> tuple[list[DockSpec], list[Fault]]:
    """Return the declarations of all docks of a package by area and order, and what was broken."""
    specs, faults = [], []
    for info in pkgutil.iter_modules(package.__path__):
        try:
            specs.append(importlib.import_module(f"{package.__name__}.{info.name}").DOCK)
        except Exception as error:  # noqa: BLE001  (border: plug-in loader)
            faults.append(_fault(info.name, error))
    specs.sort(key=lambda spec: (_AREAS.index(spec.area), spec.order, spec.id))
    return specs, faults


class DockHost:
    """All docks of one window.

    Parameters
    ----------
    window : QWidget
        The main window; it owns the frames.
    specs : list of DockSpec
        What `discover` found.

    Attributes
    ----------
    frames : dict of str to DockFrame
        By dock id, in the order of the declarations.
    faults : list of Fault
        Docks that could not be built.
    """

    def __init__(self, window: QWidget, specs: list[DockSpec]) -> None:
        self._specs = {spec.id: spec for spec in specs}
        self.frames = {s.id: DockFrame(s.id, s.title, s.area, window) for s in specs}
        self.faults: list[Fault] = []
        self._docks: dict[str, Dock] = {}

    @property
    def waiting(self) -> list[str]:
        """Ids of the docks that have not been built yet."""
        broken = {fault.dock for fault in self.faults}
        return [name for name in self.frames if name not in self._docks and name not in broken]

    def build(self, name: str, context: AppContext) -> bool:
        """Build one dock into its frame; return False when it failed and shows why instead."""
        frame, spec = self.frames[name], self._specs[name]
        try:
            dock = spec.build(context)
            frame.show_body(dock.view)
        except Exception as error:  # noqa: BLE001  (border: plug-in loader)
            fault = _fault(name, error)
            self.faults.append(fault)
            frame.show_body(FaultPanel(spec.title, fault.reason, fault.details))
            return False
        self._docks[name] = dock
        return True

    def actions(self) -> list[Action]:
        """Return the commands that the docks brought, and one per dock that shows it."""
        own = [action for dock in self._docks.values() for action in dock.actions]
        focus = [
            Action(
                id=f"dock.{name}", title=f"Go to {spec.title}", callback=self.frames[name].reveal,
                shortcut=spec.shortcut, menu="View",
            )
            for name, spec in self._specs.items()
        ]  # fmt: skip
        return own + focus

    def view(self, name: str) -> QWidget | None:
        """Return the widget of a built dock."""
        dock = self._docks.get(name)
        return None if dock is None else dock.view

    def close(self) -> None:
        """Close all presenters; one that fails does not keep the others open."""
        for name, dock in self._docks.items():
            try:
                dock.presenter.close()
            except Exception:  # noqa: BLE001  (border: plug-in)
                _LOG.exception("the dock '%s' did not close", name)
        self._docks.clear()


def _fault(name: str, error: Exception) -> Fault:
    details = "".join(traceback.format_exception(error))
    _LOG.error("the dock '%s' could not be opened\n%s", name, details)
    return Fault(name, f"{type(error).__name__}: {error}", details)
