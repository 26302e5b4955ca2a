"""Cost presets in the form: where a new spec starts, what was changed since, what to say. Plain Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.core.instrument import AssetClass
from engine.execution.costs import CostModel
from engine.execution.presets import PRESETS, CostPreset, default_preset, presets_for
from ivybt_desktop.docks.setup.edits import choose_preset
from ivybt_desktop.docks.setup.kinds import Values
from ivybt_desktop.docks.setup.sections import PRESET

if TYPE_CHECKING:
    from engine.core.bars import Bars

FREE = "Zero costs: no commission, spread or slippage is charged. The run is marked"


def costs_in(values: Mapping[str, Any]) -> Values:
    """Return the cost fields under dotted names."""
    return {name: value for name, value in values.items() if name.startswith("costs.")}


def cost_defaults(values: Mapping[str, Any]) -> Values:
    """Return what the cost fields count as unchanged at: the chosen preset's numbers, else the model's."""
    preset = values.get(PRESET)
    model = CostModel(preset=preset) if preset in PRESETS else CostModel()
    return {f"costs.{name}": value for name, value in model}


def asset_class_of(values: Mapping[str, Any], bars: Bars) -> AssetClass:
    """Return the kind of instrument: as stated in the form, else as guessed from the symbol."""
    stated = values.get("data.instrument.asset_class")
    return AssetClass(stated) if stated else bars.instrument.asset_class


def start_costs(values: Mapping[str, Any], bars: Bars) -> Values:
    """Return the values with the preset that a new spec on these prices starts with."""
    return choose_preset(values, start_preset(values, bars).name)


def start_preset(values: Mapping[str, Any], bars: Bars) -> CostPreset:
    """Return the preset that a new spec on these prices starts with."""
    return default_preset(asset_class_of(values, bars), bars.symbol)


def fitting_presets(values: Mapping[str, Any], bars: Bars | None) -> tuple[str, ...]:
    """Return the presets to choose from: those for the prices, the default first, and the chosen one."""
    if bars is None:
        return tuple(PRESETS)
    found = [preset.name for preset in presets_for(asset_class_of(values, bars), bars.symbol)]
    chosen = values.get(PRESET)
    return tuple(found) if chosen is None or chosen in found else (*found, str(chosen))


def preset_of(values: Mapping[str, Any]) -> CostPreset | None:
    """Return the chosen preset."""
    return PRESETS.get(str(values.get(PRESET)))


def changed_costs(values: Mapping[str, Any]) -> int:
    """Return how many cost fields differ from the preset, or from the defaults without one."""
    return sum(values[name] != value for name, value in cost_defaults(values).items() if name != PRESET)


def is_free(values: Mapping[str, Any]) -> bool:
    """Return whether no order costs anything."""
    names = (info for info in CostModel.model_fields if info != "preset")
    numbers = {name: values[f"costs.{name}"] for name in names}
    if not all(isinstance(value, int | float) for value in numbers.values()):
        return False
    return CostModel.model_construct(**numbers).is_free


def cost_note(values: Mapping[str, Any], bars: Bars | None) -> tuple[str, bool]:
    """Return the line about the costs, and whether it is a warning."""
    if is_free(values):
        return FREE, True
    preset = preset_of(values)
    if preset is None:
        return "", False
    words = f"Costs: {preset_line(preset)}"
    if changed := changed_costs(values):
        words += f"; {changed} changed from preset"
    if bars is not None and preset.asset_class is not None:
        kind = asset_class_of(values, bars)
        if kind is not preset.asset_class:
            return f"{words}. The prices are of {_WORDS[kind]}", True
    return words, False


def preset_line(preset: CostPreset) -> str:
    """Return which preset it is, for what and of when."""
    kind = f" for {_WORDS[preset.asset_class]}" if preset.asset_class is not None else ""
    return f"{preset.title} preset{kind}, {preset.as_of}"


def cost_detail(values: Mapping[str, Any]) -> str:
    """Return what the chosen preset leaves out."""
    preset = preset_of(values)
    return "" if preset is None or is_free(values) else preset.note


def preset_words() -> dict[str | None, tuple[str, str]]:
    """Return title and help of each choice of the preset list."""
    found: dict[str | None, tuple[str, str]] = {None: ("No preset", "The numbers below, from no schedule")}
    for preset in PRESETS.values():
        found[preset.name] = (preset.title, f"{preset.title}, {preset.as_of}. {preset.note}".strip())
    return found


_WORDS = {
    AssetClass.EQUITY: "shares", AssetClass.INDEX: "an index", AssetClass.FX: "currencies",
    AssetClass.CRYPTO: "crypto", AssetClass.FUTURE: "futures",
}  # fmt: skip
