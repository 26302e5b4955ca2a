"""Portfolio dock: weights over time, net profit by leg, correlations, and candidates that were left out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ivybt_desktop.contracts import Action, Dock, DockSpec

if TYPE_CHECKING:
    from ivybt_desktop.context import AppContext


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from ivybt_desktop.docks.portfolio.presenter import PortfolioPresenter
    from ivybt_desktop.docks.portfolio.view import PortfolioView

    view = PortfolioView(ctx.workspace.theme)
    presenter = PortfolioPresenter(view, ctx.workspace)
    titles = {
        "weights": "weights over time", "contribution": "net profit by leg", "correlation": "correlations",
        "rejected": "rejected candidates",
    }  # fmt: skip
    actions = [
        Action(f"portfolio.{tab}", f"Portfolio: {title}", partial(view.open_tab, tab))
        for tab, title in titles.items()
    ]
    return Dock(view, presenter, actions)


DOCK = DockSpec("portfolio", "Portfolio", "bottom", 1, "mdi6.chart-areaspline-variant", "Ctrl+Shift+P", build)
