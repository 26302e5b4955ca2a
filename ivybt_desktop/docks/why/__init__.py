"""Why dock: what decided, sized, filled and closed a trade, and why a bar caused none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivybt_desktop.contracts import Action, Dock, DockSpec

if TYPE_CHECKING:
    from ivybt_desktop.context import AppContext


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from ivybt_desktop.docks.why.presenter import WhyPresenter
    from ivybt_desktop.docks.why.view import WhyView

    view = WhyView(ctx.workspace.theme)
    presenter = WhyPresenter(view, ctx.workspace, ctx.background, ctx.show_dock)
    actions = [
        Action("why.copy", "Why: copy the explanation", view.copy),
        Action("why.decision", "Why: show the deciding bar on the chart", presenter.show_decision),
        Action("why.next_bar", "Why: explain the next bar", lambda: presenter.step(1), "Alt+Right"),
        Action("why.previous_bar", "Why: explain the bar before", lambda: presenter.step(-1), "Alt+Left"),
        Action("why.clear", "Why: explain no bar, go back to the trade", presenter.clear),
    ]
    return Dock(view, presenter, actions)


DOCK = DockSpec("why", "Why", "right", 1, "mdi6.help-circle-outline", "Ctrl+Shift+W", build)
