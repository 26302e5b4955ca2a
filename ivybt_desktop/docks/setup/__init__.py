"""Setup: strategy, parameters, costs, execution and dates, all made from the declared fields."""

from __future__ import annotations

from ivybt_desktop.context import AppContext
from ivybt_desktop.contracts import Action, Dock, DockSpec


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from pathlib import Path

    from engine.storage.presets import Presets
    from engine.strategies import registry
    from ivybt_desktop.bridge.live_run import LiveRunner
    from ivybt_desktop.docks.setup.finer import read_finer
    from ivybt_desktop.docks.setup.ports import SetupServices
    from ivybt_desktop.docks.setup.presenter import SetupPresenter
    from ivybt_desktop.docks.setup.view import SetupView

    space = ctx.workspace

    def line_of(path: str) -> int:
        return next((entry.line for entry in registry.broken if entry.path == path), 0)

    def rescan() -> None:
        if ctx.reload_strategies is not None:
            ctx.reload_strategies()
            return
        ctx.background(
            lambda: registry.scan(ctx.plugins),
            lambda _: space.strategies_changed.emit(),
            lambda error: space.log("error", str(error)),
        )

    view = SetupView()
    services = SetupServices(
        run=ctx.run or (lambda: None), rescan=rescan, add_files=ctx.add_files or (lambda _paths: None),
        read_finer=read_finer, background=ctx.background, open_file=ctx.open_file,
    )  # fmt: skip
    presenter = SetupPresenter(view, space, Presets(ctx.presets), LiveRunner(view, jobs=ctx.jobs), services)
    view.changed.connect(presenter.change)
    view.committed.connect(presenter.commit)
    view.edited.connect(presenter.edit)
    view.strategy_chosen.connect(presenter.choose_strategy)
    view.preset_opened.connect(presenter.open_preset)
    view.preset_saved.connect(presenter.save_preset)
    view.preset_deleted.connect(presenter.delete_preset)
    view.preset_prices_asked.connect(presenter.load_preset_prices)
    view.preset_applied.connect(presenter.apply_preset)
    view.folded.connect(presenter.fold)
    view.more_asked.connect(presenter.show_more)
    view.files_chosen.connect(presenter.add_files)
    view.symbols_removed.connect(presenter.remove_symbols)
    view.live_toggled.connect(presenter.set_live)
    view.run_asked.connect(presenter.run)
    edit_file = ctx.edit_file
    if edit_file is not None:
        view.edit_asked.connect(lambda path: edit_file(Path(path), line_of(path)))
    show_dock = ctx.show_dock
    if show_dock is not None:
        view.proof_asked.connect(lambda: show_dock("leak_lab"))
    actions = [
        Action("edit.undo", "Undo", presenter.undo, "Ctrl+Z", menu="Edit", icon="mdi6.undo"),
        Action("edit.redo", "Redo", presenter.redo, "Ctrl+Shift+Z", menu="Edit", icon="mdi6.redo"),
    ]
    return Dock(view, presenter, actions)


DOCK = DockSpec(
    id="setup", title="Setup", area="left", order=0, icon="mdi6.tune-variant", shortcut="Ctrl+Shift+S",
    build=build,
)  # fmt: skip
