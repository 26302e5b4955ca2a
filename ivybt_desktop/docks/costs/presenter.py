"""`CostsPresenter`: from gross profit to net of the shown run. Plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ivybt_desktop.signal import Links
from ivybt_desktop.widgets.run_words import cost_words

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from ivybt_desktop.context import Workspace
    from ivybt_desktop.docks.costs.state import CostState
    from ivybt_desktop.theme.tokens import Tokens

NO_RUN = "Run a backtest with F5 to see what costs took from its gross profit"
NO_TRADES = "No trades, no costs: the strategy never left cash in this range"
FREE = "Zero costs: no commission, spread or slippage is charged in this run"


class CostsScreen(Protocol):
    """What the presenter needs of the view."""

    uncovered: Any

    def is_seen(self) -> bool:
        """Return whether anybody can see the dock."""
        ...

    def show_empty(self, words: str) -> None:
        """Show a sentence instead of the numbers."""
        ...

    def show_state(self, state: CostState, costs: str, warning: str) -> None:
        """Show the costs of a run, the sentence of its cost model, and a warning or nothing."""
        ...

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        ...


class CostsPresenter:
    """Costs of the workspace's result, worked out while they can be seen.

    Parameters
    ----------
    view : CostsScreen
        The widget, or a fake.
    workspace : Workspace
        What the user is looking at.
    """

    def __init__(self, view: CostsScreen, workspace: Workspace) -> None:
        self._view, self._workspace = view, workspace
        self._drawn = False
        view.uncovered.connect(self._draw)
        self._links = Links(
            (workspace.result_changed, self._result_changed),
            (workspace.theme_changed, view.set_theme),
        )
        self._result_changed(workspace.result)

    def close(self) -> None:
        """Disconnect."""
        self._links.close()

    def _result_changed(self, result: BacktestResult | None) -> None:
        self._drawn = False
        if result is None or result.trades.size == 0:
            self._view.show_empty(NO_RUN if result is None else NO_TRADES)
        else:
            self._draw()

    def _draw(self) -> None:
        result = self._workspace.result
        if result is None or result.trades.size == 0 or self._drawn or not self._view.is_seen():
            return
        from ivybt_desktop.docks.costs.state import cost_state  # noqa: PLC0415  (loads the engine)

        self._drawn = True
        state = cost_state(result)
        words = cost_words(result.spec)
        self._view.show_state(state, words[:1].upper() + words[1:], FREE if state.is_free else "")
