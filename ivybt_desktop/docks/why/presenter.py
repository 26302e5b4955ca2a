"""`WhyPresenter`: explains the selected trade, or the bar that was asked about. Plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ivybt_desktop.signal import Links

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.backtest.result import BacktestResult
    from engine.core.errors import IvyError
    from ivybt_desktop.context import Background, Workspace
    from ivybt_desktop.docks.why.state import WhyState
    from ivybt_desktop.theme.tokens import Tokens

NO_RUN = "Run a backtest with F5, then click a trade or a bar on the chart to see why"
NOTHING = "Click a trade, or a bar on the chart, to see why it was traded or not"


class WhyScreen(Protocol):
    """What the presenter needs of the view."""

    uncovered: Any
    place_asked: Any
    cleared: Any

    def is_seen(self) -> bool:
        """Return whether anybody can see the dock."""
        ...

    def show_empty(self, words: str) -> None:
        """Show a sentence instead of an explanation."""
        ...

    def show_busy(self) -> None:
        """Tell that another explanation is being worked out."""
        ...

    def show_state(self, state: WhyState) -> None:
        """Show an explanation."""
        ...

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        ...


class WhyPresenter:
    """Explanations of the shown run, worked out off the window while they can be seen.

    Parameters
    ----------
    view : WhyScreen
        The widget, or a fake.
    workspace : Workspace
        What the user is looking at.
    background : callable
        ``background(work, then, failed)``.
    show_dock : callable, optional
        Brings a dock to the front: a bar that is asked about is not explained behind another tab.
    """

    def __init__(
        self, view: WhyScreen, workspace: Workspace, background: Background,
        show_dock: Callable[[str], object] | None = None,
    ) -> None:  # fmt: skip
        self._show_dock = show_dock
        self._view, self._workspace, self._background = view, workspace, background
        self._explainer: Any = None
        self._ticket = 0
        self._stale = False
        self._state: WhyState | None = None
        view.uncovered.connect(self._draw)
        view.place_asked.connect(self._show_place)
        view.cleared.connect(self.clear)
        self._links = Links(
            (workspace.result_changed, self._result_changed),
            (workspace.trade_selected, self._changed),
            (workspace.bar_asked, self._bar_asked),
            (workspace.theme_changed, view.set_theme),
        )
        self._result_changed(workspace.result)

    def close(self) -> None:
        """Disconnect; an answer that is still to come is dropped."""
        self._ticket += 1
        self._links.close()

    def clear(self) -> None:
        """Explain no bar: the selected trade comes back."""
        self._workspace.ask_bar(-1, -1)

    def step(self, by: int) -> None:
        """Explain the next (+1) or the previous (-1) bar, from the one that is explained or decided."""
        result, state = self._workspace.result, self._state
        if result is None or state is None:
            return
        asset, bar = self._workspace.asked or (state.asset, state.decision_bar)
        if 0 <= bar + by < len(result.bars):
            self._workspace.ask_bar(asset, bar + by)
            self._workspace.show_place(asset, bar + by)

    def show_decision(self) -> None:
        """Bring the deciding bar into sight."""
        if self._state is not None:
            self._show_place(self._state.decision_bar)

    def _show_place(self, bar: int) -> None:
        if self._state is not None and bar >= 0:
            self._workspace.show_place(self._state.asset, bar)

    def _result_changed(self, _result: BacktestResult | None) -> None:
        self._explainer = None
        self._changed()

    def _bar_asked(self, asset: int, bar: int) -> None:
        self._changed(asset, bar)
        if bar >= 0 and self._stale and self._show_dock is not None:
            self._show_dock("why")

    def _changed(self, *_what: int) -> None:
        self._ticket += 1
        self._stale = True
        self._draw()

    def _draw(self) -> None:
        if not self._stale or not self._view.is_seen():
            return
        self._stale = False
        workspace = self._workspace
        result, asked, row = workspace.result, workspace.asked, workspace.trade
        if result is None or (asked is None and not 0 <= row < result.trades.size):
            self._state = None
            self._view.show_empty(NO_RUN if result is None else NOTHING)
            return
        ticket, traded = self._ticket, (*workspace.traded, *workspace.universe)
        self._view.show_busy()
        self._background(
            lambda: self._work(result, traded, asked, row),
            lambda state: self._ready(ticket, state),
            lambda error: self._failed(ticket, error),
        )

    def _work(self, result: BacktestResult, traded: Any, asked: tuple[int, int] | None, row: int) -> WhyState:
        """Work out an explanation; what the strategies saw is kept for the next one of the same run."""
        from engine.backtest.why import Explainer  # noqa: PLC0415  (numba only when used)
        from ivybt_desktop.docks.why.state import bar_state, trade_state  # noqa: PLC0415
        from ivybt_desktop.plots.scale import price_decimals  # noqa: PLC0415

        explainer = self._explainer
        if explainer is None or explainer.result is not result:
            explainer = self._explainer = Explainer(result, traded)
        asset = asked[0] if asked is not None else int(result.trades["asset"][row])
        leg = result.instruments[asset]
        decimals = price_decimals(leg.close, leg.instrument.tick_size)
        if asked is not None:
            return bar_state(explainer.bar(*asked), decimals)
        return trade_state(explainer.trade(row), decimals)

    def _ready(self, ticket: int, state: WhyState) -> None:
        # The newest request wins: an older answer is of something else.
        if ticket == self._ticket:
            self._state = state
            self._view.show_state(state)

    def _failed(self, ticket: int, error: IvyError) -> None:
        if ticket == self._ticket:
            self._state = None
            self._view.show_empty(f"This cannot be explained. {error}")
