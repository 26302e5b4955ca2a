"""The list of flags of a spec, generated from the models: one per field, whatever is nested where.

``costs.slippage_bps`` is ``--slippage-bps``. Sizing and allocation are chosen by name: all rules together
have one flag per field name (``--sizing-cap``), and the chosen rule says whether it has that field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from engine.allocation import registry as allocations
from engine.backtest.spec import BacktestSpec
from engine.cli.flag_texts import read_files, read_gates, read_groups, read_sleeves, read_symbol_costs, words
from engine.execution.presets import PRESETS
from engine.fields import FieldInfo, describe
from engine.sizing import SIZERS

OFF = ("none", "off", "null", "")

_NAMES = {
    "strategy.weight": "--strategy-weight",
    "data.file": "--data",
    "data.candles.kind": "--candles",
    "data.candles.timeframe": "--candle-timeframe",
    "sizing.fraction": "--fraction",
    "costs.preset": "--costs",
}
_PLACEHOLDERS = {"data.file": "FILE", "data.finer": "FILE", "data.formula": "FORMULA", "costs.preset": "NAME"}
_GROUPS = {
    "": "run", "data.candles": "candles", "data.instrument": "instrument", "sizing": "position size",
    "portfolio.allocation": "allocation",
}  # fmt: skip
_HELP = {"strategy.weight": "Its share of the account when several strategies trade it"}
_FEW = 3
# Files come as one flag, the strategy's name and parameters as two of their own.
_LEFT_OUT = {"data.files", "strategy.name", "strategy.params"}


@dataclass(frozen=True, slots=True)
class SpecFlag:
    """One field of the spec and its flag.

    Parameters
    ----------
    path : str
        Dotted name of the field, as in error messages.
    info : FieldInfo
        The declared field.
    flag : str
        The long flag.
    placeholder : str
        Stands for the value in the help.
    variants : tuple of str, default ()
        Names of the sizing rules or allocations that have the field; empty for any other field.
    read : callable, optional
        Makes the value of the spec from the texts of a repeated flag, or from the one text.
    is_repeated : bool, default False
        The flag may be given several times.
    """

    path: str
    info: FieldInfo
    flag: str
    placeholder: str
    variants: tuple[str, ...] = ()
    read: Callable[[Any], Any] | None = None
    is_repeated: bool = False

    @property
    def group(self) -> str:
        """Title of its part of the help."""
        section = self.path.rpartition(".")[0]
        return _GROUPS.get(section, section)

    @property
    def is_family(self) -> bool:
        """True for the name that chooses a sizing rule, an allocation or a schedule of costs."""
        return self.path in FAMILIES

    def value(self, given: Any) -> Any:
        """Return what the model is to parse: None where the user switched an optional field off.

        Raises
        ------
        InputError
            The text cannot be taken apart.
        """
        # A schedule may be called "none": it charges nothing.
        is_name = self.is_family and given in PRESETS
        if self.info.optional and isinstance(given, str) and given.lower() in OFF and not is_name:
            return None
        return self.read(given) if self.read else given


# Another name starts from that name's own values: the file's belong to the name in the file.
FAMILIES = {"sizing.name": "fixed_fraction", "portfolio.allocation.name": "none", "costs.preset": None}


def spec_flags() -> list[SpecFlag]:
    """Return the flags of all fields, in declared order."""
    return list(_walk(BacktestSpec, ""))


def _walk(model: type[BaseModel], prefix: str) -> Iterator[SpecFlag]:
    known = {info.name: info for info in describe(model)}
    for name, declared in model.model_fields.items():
        path = f"{prefix}{name}"
        if path in _LEFT_OUT:
            continue
        if path in _SPECIAL:
            yield _SPECIAL[path]
        elif path in _VARIANTS:
            yield from _variants(path)
        elif name in known:
            yield _flag(path, known[name])
        elif isinstance(declared.annotation, type) and issubclass(declared.annotation, BaseModel):
            yield from _walk(declared.annotation, f"{path}.")


def _flag(path: str, info: FieldInfo) -> SpecFlag:
    flag = _NAMES.get(path, "--" + info.name.replace("_", "-"))
    if path == "data.file":
        info = replace(info, help=f"{info.help}; repeat it for several instruments on one account")
        return SpecFlag(path, info, flag, "FILE", read=read_files, is_repeated=True)
    info = replace(info, help=info.help or _HELP.get(path, ""))
    return SpecFlag(path, info, flag, _PLACEHOLDERS.get(path) or _placeholder(info))


def _placeholder(info: FieldInfo) -> str:
    kinds = {"int": "N", "float": "X", "date": "DATE", "str": "TEXT", "bool": ""}
    return "|".join(info.choices) if info.choices else kinds[info.type]


def _variants(path: str) -> Iterator[SpecFlag]:
    models, word, text = _VARIANTS[path]()
    names = ", ".join(models)
    default = FAMILIES[f"{path}.name"]
    yield SpecFlag(f"{path}.name", _info("name", f"{text}: {names}", default), f"--{word}", "NAME")
    merged: dict[str, list[tuple[str, FieldInfo]]] = {}
    for name, model in models.items():
        for info in describe(model):
            if info.name != "name":
                merged.setdefault(info.name, []).append((name, info))
    for field, found in merged.items():
        owners = tuple(name for name, _ in found)
        info = found[0][1]
        if len(owners) <= _FEW:
            info = replace(info, help=f"{', '.join(owners)}: {info.help[:1].lower()}{info.help[1:]}")
        if any(other.default != info.default for _, other in found):
            info = replace(info, default=None)
        flag = _NAMES.get(f"{path}.{field}", f"--{word}-{field.replace('_', '-')}")
        yield SpecFlag(f"{path}.{field}", info, flag, _placeholder(info), owners)


def _sizings() -> tuple[Mapping[str, type[BaseModel]], str, str]:
    return SIZERS, "sizing", "Rule of position size"


def _allocations() -> tuple[Mapping[str, type[BaseModel]], str, str]:
    models = {name: allocations.get(name) for name in allocations.names()}
    return models, "allocation", "Method that divides the account among instruments"


_VARIANTS = {"sizing": _sizings, "portfolio.allocation": _allocations}


def _info(name: str, text: str, default: Any = None) -> FieldInfo:
    return FieldInfo(
        name=name, type="str", default=default, low=None, high=None, step=None, choices=(), unit="",
        help=text, optional=False, title=name,
    )  # fmt: skip


def _repeated(path: str, flag: str, form: str, text: str, read: Callable[[Any], Any]) -> SpecFlag:
    info = _info(path.rpartition(".")[2], f"{text}; may be repeated; 'none' clears those of the file")
    return SpecFlag(path, info, flag, form, read=read, is_repeated=True)


def _words(path: str, flag: str, text: str) -> SpecFlag:
    return SpecFlag(path, _info(path.rpartition(".")[2], text), flag, "A,B", read=words)


_SPECIAL = {
    item.path: item
    for item in (
        _words("strategy.symbols", "--strategy-symbols", "Instruments it trades (default all)"),
        _words("data.symbols", "--symbols", "Instruments to use of those the files hold (default all)"),
        _repeated(
            "sleeves", "--sleeve", "NAME:param=value,..@A,B*WEIGHT",
            "Further strategy on the same account with its instruments and its share", read_sleeves,
        ),
        _repeated(
            "gates", "--gate", "NAME:field=value,..",
            "Regime filter; see 'ivybt gates'", read_gates,
        ),
        _repeated(
            "symbol_costs", "--symbol-costs", "SYMBOL:field=value,..",
            "Costs of one symbol where they differ", read_symbol_costs,
        ),
        _repeated(
            "portfolio.groups", "--group", "SYMBOL=GROUP", "Group of a symbol, for --max-group", read_groups
        ),
    )
}  # fmt: skip
