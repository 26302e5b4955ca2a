"""Setup: strategy, parameters, costs, execution and dates, all made from the declared fields."""

from __future__ import annotations

from ivybt_desktop.context import AppContext
from ivybt_desktop.contracts import Action, Dock, DockSpec


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from engine.storage.presets import Presets
    from engine.strategies import registry
    from ivybt_desktop.bridge.live_run import LiveRunner
    from ivybt_desktop.docks.setup.finer import read_finer
    from ivybt_desktop.docks.setup.ports import SetupServices
    from ivybt_desktop.docks.setup.presenter import SetupPresenter
    from ivybt_desktop.docks.setup.view import SetupView

    space = ctx.workspace

    def rescan() -> None:
        ctx.background(
            lambda: registry.scan(ctx.plugins),
            lambda _: space.strategies_changed.emit(),
            lambda error: space.log("error", str(error)),
        )

    view = SetupView()
    services = SetupServices(
        run=ctx.run or (lambda: None), rescan=rescan, add_files=ctx.add_files or (lambda _paths: None),
        read_finer=read_finer, background=ctx.background,
    )  # fmt: skip
    presenter = SetupPresenter(view, space, Presets(ctx.presets), LiveRunner(view), services)
    view.changed.connect(presenter.change)
    view.committed.connect(presenter.commit)
    view.edited.connect(presenter.edit)
    view.strategy_chosen.connect(presenter.choose_strategy)
    view.preset_opened.connect(presenter.open_preset)
    view.preset_saved.connect(presenter.save_preset)
    view.preset_deleted.connect(presenter.delete_preset)
    view.folded.connect(presenter.fold)
    view.more_asked.connect(presenter.show_more)
    view.files_chosen.connect(presenter.add_files)
    view.symbols_removed.connect(presenter.remove_symbols)
    view.live_toggled.connect(presenter.set_live)
    view.run_asked.connect(presenter.run)
    actions = [
        Action("edit.undo", "Undo", presenter.undo, "Ctrl+Z", menu="Edit", icon="mdi6.undo"),
        Action("edit.redo", "Redo", presenter.redo, "Ctrl+Shift+Z", menu="Edit", icon="mdi6.redo"),
        Action("strategy.reload", "Reload your strategies", presenter.reload_strategies, menu="Run"),
    ]
    return Dock(view, presenter, actions)


DOCK = DockSpec(
    id="setup", title="Setup", area="left", order=0, icon="mdi6.tune-variant", shortcut="Ctrl+Shift+S",
    build=build,
)  # fmt: skip
