"""`MetricsPresenter`: the numbers of the shown run, explained with the run's own figures. Plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.metrics import METRICS
from engine.metrics.explain import explain
from ivybt_desktop.docks.metrics.run_lines import run_groups
from ivybt_desktop.docks.metrics.state import EMPTY, MetricsState, copied, state_of

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from ivybt_desktop.context import Workspace
    from ivybt_desktop.theme.tokens import Tokens


class MetricsView(Protocol):
    """What the presenter needs of the view."""

    def show_state(self, state: MetricsState) -> None:
        """Show a state."""
        ...

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        ...


class MetricsPresenter:
    """The plain half of the Metrics dock.

    Parameters
    ----------
    view : MetricsView
        Shows states.
    workspace : Workspace
        Gives the run.
    """

    def __init__(self, view: MetricsView, workspace: Workspace) -> None:
        self._view, self._workspace = view, workspace
        workspace.result_changed.connect(self._show)
        workspace.theme_changed.connect(view.set_theme)
        workspace.badges_changed.connect(self._badges_changed)
        view.set_theme(workspace.theme)
        self._show(workspace.result)

    def explain(self, name: str) -> str:
        """Return what a metric means, its formula, and the formula with this run's numbers."""
        result = self._workspace.result
        if name not in METRICS:
            return _of_run(result, name)
        info = METRICS[name]
        lines = [info.title, info.help, f"{name} = {info.formula}"]
        if result is not None:
            lines.append(explain(name, result))
        return "\n".join(lines)

    def copied(self) -> str:
        """Return all metrics as tab-separated text; empty without a run."""
        result = self._workspace.result
        return copied(result, self._workspace.result_badge) if result is not None else ""

    def close(self) -> None:
        """Disconnect."""
        self._workspace.result_changed.disconnect(self._show)
        self._workspace.theme_changed.disconnect(self._view.set_theme)
        self._workspace.badges_changed.disconnect(self._badges_changed)

    def _badges_changed(self) -> None:
        self._show(self._workspace.result)

    def _show(self, result: BacktestResult | None) -> None:
        badge = self._workspace.result_badge
        self._view.show_state(MetricsState(EMPTY) if result is None else state_of(result, badge))


def _of_run(result: BacktestResult | None, name: str) -> str:
    """Return the help of a line that is no metric."""
    groups = run_groups(result) if result is not None else ()
    lines = [line for group in groups for line in group.lines if line.name == name]
    return "\n".join(f"{line.title}\n{line.help}" for line in lines)
