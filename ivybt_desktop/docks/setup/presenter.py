"""`SetupPresenter`: holds what the form holds, makes a spec of it, runs it live. Plain Python.

One method for each thing a person can do. Every one ends in `_show`, which hands the view one frozen
state; the view decides what of it is new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from engine.backtest.spec import BacktestSpec
from engine.core.errors import IvyError
from engine.strategies import registry
from ivybt_desktop.docks.setup import state as parts
from ivybt_desktop.docks.setup.history import History
from ivybt_desktop.docks.setup.ports import LivePort, PresetStore, SetupView
from ivybt_desktop.docks.setup.sections import (
    FIELDS,
    PARAMS,
    STOP_DISTANCES,
    STOP_SCALES,
    defaults,
    flatten,
    params_of,
)
from ivybt_desktop.docks.setup.validation import Verdict, judge, sentence
from ivybt_desktop.signal import Signal

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.core.bars import Bars
    from ivybt_desktop.context import Workspace

Values = dict[str, Any]
FIRST_STRATEGY = "ema_cross"
_LOAD = "load"
_MEND = "Mend the settings first"


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
    run : callable
        Does what F5 does.
    rescan : callable
        Reads the user's strategy folder again; ``workspace.strategies_changed`` follows.
    """

    def __init__(
        self, view: SetupView, workspace: Workspace, presets: PresetStore, live: LivePort, *,
        run: Callable[[], None], rescan: Callable[[], None],
    ) -> None:  # fmt: skip
        self._view, self._workspace, self._presets, self._live = view, workspace, presets, live
        self._run, self._rescan = run, rescan
        self._history: History[Values] = History(self._first_values())
        self._remembered: dict[str, Values] = {}
        self._folded = {"costs", "execution", "stops"}
        self._is_live, self._waits = True, False
        self._own: BacktestSpec | None = None
        self._preset, self._preset_error = "", ""
        self._choices, self._names = parts.strategy_choices(), tuple(presets.names())
        live.result.connect(self._live_done)
        live.failed.connect(self._live_failed)
        for signal, listener in self._subscriptions():
            signal.connect(listener)
        view.set_theme(workspace.theme)
        if workspace.spec is not None:
            self._take_spec(workspace.spec)
        else:
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
        if not self._reason(judge(self.values, self._workspace.bars)):
            self._run()

    def set_live(self, on: bool) -> None:  # noqa: FBT001  (a state, as in Qt)
        """Turn running after every change on or off."""
        self._is_live = on
        self._apply(run=self._workspace.result is not None)

    def fold(self, section: str, folded: bool) -> None:  # noqa: FBT001  (a state, as in Qt)
        """Remember that a section is folded."""
        (self._folded.add if folded else self._folded.discard)(section)
        self._show(judge(self.values, self._workspace.bars))

    def reload_strategies(self) -> None:
        """Read the user's strategy folder again."""
        self._rescan()

    def open_preset(self, name: str) -> None:
        """Fill the form from a preset; the loaded file stays."""
        try:
            spec = self._presets.load(name)
        except IvyError as error:
            self._tell_preset(sentence(error))
            return
        self._preset, self._preset_error = name, ""
        self._fill(spec, keep=("data.file", "data.timeframe"))
        self._apply(run=self._workspace.result is not None)

    def save_preset(self, name: str) -> None:
        """Keep the form as a preset; one of that name is replaced."""
        verdict = judge(self.values, self._workspace.bars)
        if verdict.spec is None:
            self._tell_preset(f"{_MEND}: {verdict.first}")
            return
        try:
            self._presets.save(name.strip(), verdict.spec)
        except IvyError as error:
            self._tell_preset(sentence(error))
            return
        self._preset, self._preset_error = name.strip(), ""
        self._names = tuple(self._presets.names())
        self._workspace.log("info", f"Saved preset '{self._preset}'")
        self._show(verdict)

    def delete_preset(self, name: str) -> None:
        """Remove a preset; the form keeps what it holds, so that it can be saved again."""
        try:
            self._presets.delete(name)
        except IvyError as error:
            self._tell_preset(sentence(error))
            return
        self._preset, self._preset_error = "", ""
        self._names = tuple(self._presets.names())
        self._workspace.log("info", f"Deleted preset '{name}'; the Setup panel still holds its settings")
        self._show(judge(self.values, self._workspace.bars))

    def close(self) -> None:
        """Disconnect and stop live runs."""
        for signal, listener in self._subscriptions():
            signal.disconnect(listener)
        self._live.result.disconnect(self._live_done)
        self._live.failed.disconnect(self._live_failed)
        self._live.close()

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
        fields = params_of(registry.get(name)) if name in registry.names() else ()
        return {info.name: info.default for info in fields}

    def _push(self, name: str, value: Any) -> None:
        values = self.values
        changed = values | {name: value}
        if name == "execution.stop_unit" and value != values[name]:
            # 5 % of the price read as 0.05 ATR would be a stop nobody meant.
            start = STOP_SCALES[value].start
            changed |= {stop: start for stop in STOP_DISTANCES if values[stop] is not None}
        self._history.push(changed, key=name)

    def _fill(self, spec: BacktestSpec, keep: tuple[str, ...] = ()) -> None:
        given = flatten(spec)
        bars = self._workspace.bars
        if bars is not None and given["periods_per_year"] == bars.periods_per_year:
            given["periods_per_year"] = None
        params = self._params(spec.strategy.name)
        known = {k: v for k, v in given.items() if not k.startswith(PARAMS) or k in params or not params}
        kept = {name: self.values[name] for name in keep}
        self._history.push(defaults() | params | known | kept, key=_LOAD)

    # -- what others do ---------------------------------------------------------------------------

    def _subscriptions(self) -> tuple[tuple[Signal[Any] | Signal[()], Callable[..., object]], ...]:
        space = self._workspace
        return (
            (space.spec_changed, self._take_spec), (space.bars_changed, self._bars_changed),
            (space.result_changed, self._result_changed), (space.theme_changed, self._view.set_theme),
            (space.strategies_changed, self._strategies_changed), (space.preset_saved, self._preset_saved),
        )  # fmt: skip

    def _take_spec(self, spec: BacktestSpec) -> None:
        if spec == self._own:
            return
        # A live run under way belongs to the settings that are being replaced.
        self._waits = False
        self._preset = ""
        self._fill(spec)
        self._apply()

    def _bars_changed(self, _bars: Bars) -> None:
        self._waits = False
        self._apply()

    def _result_changed(self, _result: BacktestResult | None) -> None:
        self._show(judge(self.values, self._workspace.bars))

    def _strategies_changed(self) -> None:
        self._choices = parts.strategy_choices()
        values = self.values
        # A reloaded file may have gained a parameter or lost one.
        params = self._params(values["strategy.name"])
        kept = {k: v for k, v in values.items() if not k.startswith(PARAMS) or k in params}
        self._history.push(params | kept, key=_LOAD)
        self._apply(run=self._workspace.result is not None)

    def _preset_saved(self, name: str) -> None:
        self._preset, self._preset_error = name, ""
        self._names = tuple(self._presets.names())
        self._show(judge(self.values, self._workspace.bars))

    def _live_done(self, result: BacktestResult) -> None:
        bars = self._workspace.bars
        if self._waits and bars is not None and result.bars.instrument == bars.instrument:
            self._workspace.set_result(result)
            self._waits = self._is_stale()

    def _live_failed(self, error: IvyError) -> None:
        if self._waits:
            self._waits = False
            self._workspace.log("error", str(error))
            verdict = judge(self.values, self._workspace.bars)
            self._show(Verdict(verdict.spec, verdict.errors, sentence(error)))

    # -- from values to spec, run and view --------------------------------------------------------

    def _apply(self, *, run: bool = False) -> None:
        bars = self._workspace.bars
        verdict = judge(self.values, bars)
        self._preset_error = ""
        self._workspace.problem = "" if verdict.spec else verdict.first
        if verdict.spec is not None:
            is_new = verdict.spec != self._own
            self._own = verdict.spec
            self._workspace.set_spec(verdict.spec)
            if run and self._is_live and bars is not None and (is_new or self._is_stale()):
                self._waits = True
                self._live.request(bars, verdict.spec)
        self._show(verdict)

    def _reason(self, verdict: Verdict) -> str:
        if verdict.spec is None:
            return verdict.first
        return parts.NO_DATA if self._workspace.bars is None else ""

    def _is_stale(self) -> bool:
        result, bars = self._workspace.result, self._workspace.bars
        if result is None or self._own is None:
            return False
        periods = bars.periods_per_year if bars is not None else None
        return _comparable(result.spec, periods) != _comparable(self._own, periods)

    def _tell_preset(self, what: str) -> None:
        self._preset_error = what
        self._show(judge(self.values, self._workspace.bars))

    def _show(self, verdict: Verdict) -> None:
        values = self.values
        data = parts.data_line(self._workspace.bars, values)
        name = str(values["strategy.name"])
        title, family, description, params = parts.strategy_words(name)
        fill, fill_is_warning = parts.fill_sentence(values)
        runs_soon = self._is_live and self._waits and verdict.spec is not None
        stale = parts.STALE if not runs_soon and (self._is_stale() or self._shows_other(verdict)) else ""
        self._view.show_state(
            parts.SetupState(
                data=data, strategy=name, title=title, family=family, description=description, params=params,
                values=values, errors=verdict.errors, problem=verdict.problem,
                hidden=parts.hidden_fields(values), units=parts.unit_changes(values, data.periods),
                summaries=parts.summaries(values, data), folded=frozenset(self._folded), fill_sentence=fill,
                fill_is_warning=fill_is_warning, reason=self._reason(verdict), stale=stale,
                live=self._is_live, choices=self._choices, presets=self._names,
                preset=self._preset, preset_error=self._preset_error, details=parts.broken_details(),
            )
        )

    def _shows_other(self, verdict: Verdict) -> bool:
        return verdict.spec is None and self._workspace.result is not None


def _comparable(spec: BacktestSpec, periods: float | None) -> Mapping[str, Any]:
    """Return what decides a run: with every default, without the path of the file."""
    name = spec.strategy.name
    fields = params_of(registry.get(name)) if name in registry.names() else ()
    params = {info.name: info.default for info in fields}
    values = dict.fromkeys(FIELDS) | params | flatten(spec)
    values["periods_per_year"] = values["periods_per_year"] or periods
    values.pop("data.file", None)
    return values
