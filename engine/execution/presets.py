"""Named cost schedules with the date on which they were true; one place for all brokers and markets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from engine.core.contracts import root_of
from engine.core.errors import InputError, nearest
from engine.core.instrument import AssetClass
from engine.execution.schedules import CostPreset, schedules

__all__ = ["PRESETS", "CostPreset", "default_preset", "preset_named", "presets_for"]

PRESETS: Mapping[str, CostPreset] = MappingProxyType({preset.name: preset for preset in schedules()})

_DEFAULTS = MappingProxyType(
    {
        AssetClass.EQUITY: "us_equities_free",
        AssetClass.INDEX: "cfd_index",
        AssetClass.FX: "fx",
        AssetClass.CRYPTO: "binance_spot",
        AssetClass.FUTURE: "futures",
    }
)


def preset_named(name: str) -> CostPreset:
    """Return the preset of that name.

    Raises
    ------
    InputError
        No such preset; the nearest name is suggested.
    """
    if str(name) not in PRESETS:
        raise InputError(
            f"unknown cost preset '{name}'", field="costs.preset", value=name,
            hint=nearest(str(name), PRESETS),
        )  # fmt: skip
    return PRESETS[name]


def presets_for(asset_class: AssetClass, symbol: str = "") -> tuple[CostPreset, ...]:
    """Return the presets that a list for this instrument shows, the default first.

    Parameters
    ----------
    asset_class : AssetClass
        Kind of the instrument.
    symbol : str, default ""
        ``EUR/USD`` leaves out the presets of other pairs, ``ESZ5`` those of other futures; with no symbol
        all presets of the class are there.

    Notes
    -----
    ``none`` (no costs at all) is always the last.
    """
    own = _key(asset_class, symbol)
    default = default_preset(asset_class, symbol)
    fitting = [
        preset
        for preset in PRESETS.values()
        if preset.asset_class in (asset_class, None)
        and preset is not default
        and (not symbol or not preset.symbols or own in preset.symbols)
    ]
    # A preset made for this symbol stands before the general ones.
    fitting.sort(key=lambda preset: (preset.asset_class is None, not preset.symbols))
    return (default, *fitting)


def default_preset(asset_class: AssetClass, symbol: str = "") -> CostPreset:
    """Return the schedule that a new spec for this kind of instrument starts with.

    Parameters
    ----------
    asset_class : AssetClass
        Kind of the instrument.
    symbol : str, default ""
        Picks the schedule of a currency pair (``EURUSD``, ``eur/usd``) or of a future (``ES=F``, ``CLZ5``)
        where there is one.
    """
    general = PRESETS[_DEFAULTS[asset_class]]
    own = _key(asset_class, symbol)
    if not own:
        return general
    made_for = (p for p in PRESETS.values() if p.asset_class is asset_class and own in p.symbols)
    return next(made_for, general)


def _key(asset_class: AssetClass, symbol: str) -> str:
    if asset_class is AssetClass.FUTURE:
        return root_of(symbol)
    return re.sub(r"[/_-]", "", symbol).upper()
