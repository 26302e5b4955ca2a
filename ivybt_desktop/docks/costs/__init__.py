"""Costs dock: the way from gross to net profit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivybt_desktop.contracts import Action, Dock, DockSpec

if TYPE_CHECKING:
    from ivybt_desktop.context import AppContext


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from ivybt_desktop.docks.costs.presenter import CostsPresenter
    from ivybt_desktop.docks.costs.view import CostsView

    view = CostsView(ctx.workspace.theme)
    presenter = CostsPresenter(view, ctx.workspace)
    actions = [Action("costs.copy", "Costs: copy the selected rows with headers (Ctrl+C)", view.table.copy)]
    return Dock(view, presenter, actions)


DOCK = DockSpec("costs", "Costs", "bottom", 2, "mdi6.chart-waterfall", "Ctrl+Shift+K", build)
