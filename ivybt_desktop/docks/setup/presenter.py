"""`SetupPresenter`: holds what the form holds, makes a spec of it, runs it live. Plain Python.

One method for each thing a person can do. Every one ends in `_show`, which hands the view one frozen
state; the view decides what of it is new.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.backtest.spec import BacktestSpec
from engine.core.errors import IvyError
from engine.strategies import registry
from ivybt_desktop.context import NO_BADGE, Badge
from ivybt_desktop.docks.setup import screen
from ivybt_desktop.docks.setup.cost_start import costs_in, preset_line, preset_of, start_costs
from ivybt_desktop.docks.setup.edits import Edit, ForgetSymbols, set_value
from ivybt_desktop.docks.setup.finer import READING, FinerBars
from ivybt_desktop.docks.setup.history import History
from ivybt_desktop.docks.setup.missing import failure_words, is_as_loaded, known_params, used_classes
from ivybt_desktop.docks.setup.ports import LivePort, PresetStore, SetupServices, SetupView
from ivybt_desktop.docks.setup.preset_control import PresetControl
from ivybt_desktop.docks.setup.sections import FINER, PARAMS, PRESET
from ivybt_desktop.docks.setup.state import NO_DATA, strategy_choices
from ivybt_desktop.docks.setup.summaries import changes
from ivybt_desktop.docks.setup.validation import Verdict, judge, sentence
from ivybt_desktop.docks.setup.values import comparable, defaults, flatten
from ivybt_desktop.signal import Signal

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.core.bars import Bars
    from ivybt_desktop.context import Workspace

Values = dict[str, Any]
type _AnySignal = Signal[Any] | Signal[()] | Signal[str, bool]
FIRST_STRATEGY = "ema_cross"
_LOAD = "load"
_MEND = "Mend the settings first"
_ASSET_CLASS = "data.instrument.asset_class"
_ALWAYS_OPEN = ("data", "strategy", "capital")


class SetupPresenter:
    """The plain half of the Setup dock.

    Parameters
    ----------
    view : SetupView
        Shows states.
    workspace : Workspace
        Receives the spec and live results; gives bars and specs that others set.
    presets : PresetStore
        Presets of the user.
    live : LivePort
        Backtests while a slider is dragged.
    services : SetupServices
        What others do: run, read files.
    """

    def __init__(
        self, view: SetupView, workspace: Workspace, presets: PresetStore, live: LivePort,
        services: SetupServices,
    ) -> None:  # fmt: skip
        self._view, self._workspace, self._live = view, workspace, live
        self._services = services
        self._presets = PresetControl(workspace, presets, services.open_file)
        self._finer = FinerBars(workspace, services.read_finer, services.background, self._apply)
        self._history: History[Values] = History(self._first_values())
        self._remembered: dict[str, Values] = {}
        self._fold = {name: name not in _ALWAYS_OPEN for name in screen.SECTION_IDS}
        self._folded_by_hand: set[str] = set()
        self._opened: set[str] = set()
        self._is_live, self._waits, self._owns_costs = True, False, False
        self._own: BacktestSpec | None = None
        self._choices = strategy_choices()
        self._ran_with, self._live_error = used_classes(self.values), ""
        live.result.connect(self._live_done)
        live.failed.connect(self._live_failed)
        for signal, listener in self._subscriptions():
            signal.connect(listener)
        view.set_theme(workspace.theme)
        if workspace.spec is not None:
            self._take_spec(workspace.spec)
        else:
            self._history.rebase(self._with_costs)
            self._apply()

    # -- what a person does ---------------------------------------------------------------------

    def change(self, name: str, value: Any) -> None:
        """Take a value while it is dragged or typed; the whole drag is one step of undo."""
        self._push(name, value)
        self._apply(run=name.startswith(PARAMS) or self._workspace.result is not None)

    def commit(self, name: str, value: Any) -> None:
        """Take a value that is done."""
        self._push(name, value)
        self._history.seal()
        self._apply(run=self._workspace.result is not None)

    def edit(self, edit: Edit) -> None:
        """Change a list or what is said about symbols; one step of undo."""
        self._history.seal()
        self._history.push(edit(self.values))
        self._apply(run=self._workspace.result is not None)

    def choose_strategy(self, name: str) -> None:
        """Switch to another strategy; parameters set for it before come back."""
        values = self.values
        current = values["strategy.name"]
        if name == current:
            return
        self._remembered[current] = {k: v for k, v in values.items() if k.startswith(PARAMS)}
        kept = {k: v for k, v in values.items() if not k.startswith(PARAMS)}
        fresh = self._params(name) | self._remembered.get(name, {})
        self._history.push(kept | {"strategy.name": name} | fresh)
        self._apply(run=self._workspace.result is not None)

    def undo(self) -> None:
        """Take the last step back."""
        self._history.undo()
        self._apply(run=self._workspace.result is not None)

    def redo(self) -> None:
        """Take the step that was undone."""
        self._history.redo()
        self._apply(run=self._workspace.result is not None)

    def run(self) -> None:
        """Run what the form holds, as F5 does; nothing while there is a reason against it."""
        self._history.seal()
        if not self._reason(self._judge()):
            self._services.run()

    def set_live(self, on: bool) -> None:  # noqa: FBT001  (a state, as in Qt)
        """Turn running after every change on or off."""
        self._is_live = on
        self._apply(run=self._workspace.result is not None)

    def fold(self, section: str, folded: bool) -> None:  # noqa: FBT001  (a state, as in Qt)
        """Remember that a section is folded."""
        self._fold[section] = folded
        self._folded_by_hand.add(section)
        self._show(self._judge())

    def show_more(self, section: str) -> None:
        """Show the rare fields of a section, or leave the unchanged ones out again."""
        self._opened ^= {section}
        self._show(self._judge())

    def add_files(self, paths: Sequence[Path]) -> None:
        """Load the instruments of further price files."""
        self._services.add_files(paths)

    def remove_symbols(self, symbols: frozenset[str]) -> None:
        """Unload instruments and what the form says about them; the last one stays."""
        if symbols >= {bars.symbol for bars in self._workspace.universe}:
            return
        self._history.rebase(ForgetSymbols(symbols))
        self._workspace.remove_symbols(symbols)

    def reload_strategies(self) -> None:
        """Read the user's strategy folder again."""
        self._services.rescan()

    def open_preset(self, name: str) -> None:
        """Fill the form from a preset, with its instruments where they are loaded; the loaded files stay."""
        self._open_preset(name, None)

    def apply_preset(self, name: str, symbols: Collection[str]) -> None:
        """Fill the form from a preset and trade these of the loaded instruments with it."""
        self._open_preset(name, symbols)

    def load_preset_prices(self) -> None:
        """Load the instruments that the open preset was saved on."""
        self._presets.load_prices()

    def save_preset(self, name: str) -> None:
        """Keep the form as a preset; one of that name is replaced."""
        verdict = self._judge()
        if verdict.spec is None:
            self._presets.error = f"{_MEND}: {verdict.first}"
        elif self._presets.save(name.strip(), verdict.spec):
            self._workspace.log("info", f"Saved preset '{self._presets.name}'")
        self._show(verdict)

    def delete_preset(self, name: str) -> None:
        """Remove a preset; the form keeps what it holds, so that it can be saved again."""
        if self._presets.delete(name):
            self._workspace.log("info", f"Deleted preset '{name}'; the Setup panel still holds its settings")
        self._show(self._judge())

    def close(self) -> None:
        """Disconnect and stop live runs."""
        for signal, listener in self._subscriptions():
            signal.disconnect(listener)
        self._live.result.disconnect(self._live_done)
        self._live.failed.disconnect(self._live_failed)
        self._live.close()
        self._finer.close()

    # -- what the form holds ----------------------------------------------------------------------

    @property
    def values(self) -> Values:
        """Every field by dotted name."""
        return self._history.state

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to take again."""
        return self._history.can_redo

    def _first_values(self) -> Values:
        names = registry.names()
        name = FIRST_STRATEGY if FIRST_STRATEGY in names else next(iter(names), FIRST_STRATEGY)
        return defaults() | {"strategy.name": name} | self._params(name)

    def _params(self, name: str) -> Values:
        return {info.name: info.default for info in known_params(name)}

    def _push(self, name: str, value: Any) -> None:
        values = set_value(self.values, name, value)
        self._owns_costs |= name.startswith("costs.") and value != self.values[name]
        if name == _ASSET_CLASS:
            values = self._with_costs(values)
        self._history.push(values, key=name)

    def _with_costs(self, values: Values) -> Values:
        """Return the values with the preset for the prices, unless the person has set the costs."""
        bars = self._workspace.bars
        return values if self._owns_costs or bars is None else start_costs(values, bars)

    def _open_preset(self, name: str, symbols: Collection[str] | None) -> None:
        opened = self._presets.open(name, self.values, symbols)
        if opened is None:
            self._show(self._judge())
            return
        self._owns_costs = True
        self._fill(*opened)
        self._apply(run=self._workspace.result is not None)

    def _fill(self, spec: BacktestSpec, instead: Mapping[str, Any] | None = None) -> None:
        given = flatten(spec)
        if given["periods_per_year"] == self._workspace.periods_per_year:
            given["periods_per_year"] = None
        params = self._params(spec.strategy.name)
        known = {k: v for k, v in given.items() if not k.startswith(PARAMS) or k in params or not params}
        self._history.push(defaults() | params | known | dict(instead or {}), key=_LOAD)
        # What a spec changes is in sight, unless the person has folded it.
        for section, count in changes(self.values).items():
            if count and section not in self._folded_by_hand:
                self._fold[section] = False

    # -- what others do ---------------------------------------------------------------------------

    def _subscriptions(self) -> tuple[tuple[_AnySignal, Callable[..., object]], ...]:
        space = self._workspace
        return (
            (space.spec_changed, self._take_spec), (space.universe_changed, self._universe_changed),
            (space.bars_changed, self._bars_changed), (space.result_changed, self._result_changed),
            (space.theme_changed, self._view.set_theme), (space.strategies_changed, self._strategies_changed),
            (space.preset_saved, self._preset_saved), (space.preset_asked, self._preset_asked),
            (space.strategy_asked, self._strategy_asked), (space.badges_changed, self._badges_changed),
        )  # fmt: skip

    def _take_spec(self, spec: BacktestSpec) -> None:
        if spec == self._own:
            return
        # A live run under way belongs to the settings that are being replaced.
        self._waits = False
        self._presets.forget()
        before = costs_in(self.values)
        self._fill(spec)
        # The sample's costs are nobody's; those of a file, a kept run or the last session are somebody's.
        is_sample = str(spec.data.file or "").startswith("sample:")
        self._owns_costs |= not is_sample and costs_in(self.values) != before
        self._apply()

    def _universe_changed(self, universe: tuple[Bars, ...]) -> None:
        loaded = {bars.symbol for bars in universe}

        def keep_loaded(values: Values) -> Values:
            used = tuple(symbol for symbol in values["data.symbols"] if symbol in loaded)
            return values | {"data.symbols": used}

        self._waits = False
        self._presets.settle()
        self._history.rebase(keep_loaded)
        self._apply()

    def _bars_changed(self, _bars: Bars) -> None:
        self._waits = False
        before = self.values.get(PRESET)
        self._history.rebase(self._with_costs)
        preset = preset_of(self.values)
        if preset is not None and preset.name != before:
            self._workspace.log("info", f"Costs: {preset_line(preset)}")
        self._apply()

    def _result_changed(self, result: BacktestResult | None) -> None:
        # A run that was under way while its file was edited is one of the source before.
        is_current = result is None or is_as_loaded(result)
        self._ran_with, self._live_error = used_classes(self.values) if is_current else (), ""
        self._show(self._judge())

    def _badges_changed(self) -> None:
        self._show(self._judge())

    def _strategies_changed(self) -> None:
        self._choices = strategy_choices()
        values = self.values
        # A reloaded file may have gained a parameter or lost one; of one that is gone all are kept.
        params = self._params(values["strategy.name"])
        kept = {k: v for k, v in values.items() if not k.startswith(PARAMS) or k in params or not params}
        self._history.push(params | kept, key=_LOAD)
        self._apply(run=self._workspace.result is not None)

    def _preset_saved(self, name: str) -> None:
        self._presets.saved(name)
        self._show(self._judge())

    def _preset_asked(self, name: str, keeps_symbols: bool) -> None:  # noqa: FBT001  (a signal's value)
        used = {bars.symbol for bars in self._workspace.traded}
        self._open_preset(name, used if keeps_symbols else None)

    def _strategy_asked(self, name: str) -> None:
        if name in registry.names():
            self.choose_strategy(name)

    def _live_done(self, result: BacktestResult) -> None:
        asked = {bars.instrument for bars in self._workspace.traded}
        if self._waits and asked >= {bars.instrument for bars in result.instruments}:
            self._workspace.set_result(result)
            self._waits = self._is_stale()

    def _live_failed(self, error: IvyError) -> None:
        if self._waits:
            self._waits, self._live_error = False, failure_words(error)
            self._workspace.log("error", str(error))
            self._show(self._judge())

    # -- from values to spec, run and view --------------------------------------------------------

    def _judge(self) -> Verdict:
        space = self._workspace
        verdict = judge(self._with_files(), space.universe)
        if self._finer.error is not None and not verdict.errors:
            return Verdict(None, {FINER: sentence(self._finer.error)})
        return verdict if verdict.spec is None else Verdict(verdict.spec, {}, self._live_error)

    def _with_files(self) -> Values:
        # Undo brings settings back, not files: the spec names the ones that are loaded.
        files = tuple(dict.fromkeys(self._workspace.sources.values()))
        return self.values | ({"data.file": files[0], "data.files": files[1:]} if files else {})

    def _apply(self, *, run: bool = False) -> None:
        space = self._workspace
        self._live_error = ""
        self._finer.follow(self.values[FINER] or None)
        verdict = self._judge()
        self._presets.error = ""
        space.problem = self._trouble(verdict)
        if verdict.spec is not None:
            is_new = verdict.spec != self._own
            self._own = verdict.spec
            space.set_spec(verdict.spec)
            if run and self._is_live and space.bars is not None and (is_new or self._is_stale()):
                self._ask_live(verdict.spec)
        self._show(verdict)

    def _ask_live(self, spec: BacktestSpec) -> None:
        if self._finer.is_busy:
            return
        traded = self._workspace.traded
        self._waits = True
        self._live.request(traded[0] if len(traded) == 1 else traded, spec, self._workspace.finer_traded)

    def _trouble(self, verdict: Verdict) -> str:
        if verdict.spec is None:
            return verdict.first
        return READING if self._finer.is_busy else ""

    def _reason(self, verdict: Verdict) -> str:
        return self._trouble(verdict) or (NO_DATA if self._workspace.bars is None else "")

    def _is_stale(self) -> bool:
        result, periods = self._workspace.result, self._workspace.periods_per_year
        if result is None or self._own is None:
            return False
        return self._is_edited or comparable(result.spec, periods) != comparable(self._own, periods)

    @property
    def _is_edited(self) -> bool:
        """Whether the strategy's file is another one than when the shown run was made."""
        return self._workspace.result is not None and self._ran_with != used_classes(self.values)

    def _badge(self) -> Badge:
        spec = self._workspace.spec
        # Settings that cannot be run are not those of the last proof.
        is_same = spec is not None and spec.strategy.name == self.values["strategy.name"]
        return self._workspace.spec_badge if is_same else NO_BADGE

    def _is_same_strategy(self) -> bool:
        result = self._workspace.result
        return result is not None and result.spec.strategy.name == self.values["strategy.name"]

    def _show(self, verdict: Verdict) -> None:
        runs_soon = self._is_live and self._waits and verdict.spec is not None
        shows_other = verdict.spec is None and self._workspace.result is not None
        given = screen.Given(
            values=self._with_files(), verdict=verdict, universe=self._workspace.universe,
            shown=self._workspace.bars, periods=self._workspace.periods_per_year,
            folded=frozenset(name for name, is_in in self._fold.items() if is_in),
            opened=frozenset(self._opened), reason=self._reason(verdict),
            is_stale=not runs_soon and (self._is_stale() or shows_other), is_live=self._is_live,
            is_edited=self._is_edited and self._is_same_strategy(),
            choices=self._choices, presets=self._presets, badge=self._badge(),
        )  # fmt: skip
        self._view.show_state(screen.state_of(given))
