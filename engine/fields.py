"""Declared fields: the one source of forms, grid axes, command-line help and validation.

A model derives from `Model`; its fields are made with `field`. `describe` returns what a form or a
table needs to know; `parse` turns a mapping into a model or into one clear `InputError`.
"""

from __future__ import annotations

import functools
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from engine.core.errors import InputError, nearest

_ABBREVIATIONS = {"atr", "bb", "ema", "macd", "rsi", "sma", "std"}


class Model(BaseModel):
    """Frozen, strict record with declared fields; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)

    @functools.cached_property
    def canonical(self) -> str:
        """The record as JSON with sorted names: equal records give equal text. Receipts are made of it."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, with fields replaced by checked values."""
        copy = super().model_copy(update=update, deep=deep)
        for name in ("canonical", "without_paths"):  # they tell of the fields before the update
            copy.__dict__.pop(name, None)
        return copy

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_switches(cls, value: Any, info: ValidationInfo) -> Any:
        # YAML reads "yes" as true, and true is 1 in Python: a capital of 1 that nobody asked for.
        if isinstance(value, bool) and info.field_name:
            kind = _kind(cls.model_fields[info.field_name].annotation)[0]
            if kind in ("int", "float"):
                raise PydanticCustomError("switch", "must be a number")
        return value


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """What a form needs to know about one field.

    Parameters
    ----------
    name : str
        Name in specs.
    type : {"int", "float", "bool", "str", "choice", "date"}
        Kind of control.
    default : object
        Value before anybody changed it.
    low, high, step : float or None
        Range and step of numbers; also the default grid axis.
    choices : tuple of str
        Accepted words of a choice.
    unit : str
        Shown inside the control ("bars", "bps", "USD").
    help : str
        One or two sentences.
    optional : bool
        True when the field may be empty (`None`).
    title : str
        Short label; made from the name when not given (`title_of`). The unit stands inside the control and
        the section above the label: neither is said twice.
    """

    name: str
    type: str
    default: Any
    low: float | None
    high: float | None
    step: float | None
    choices: tuple[str, ...]
    unit: str
    help: str
    optional: bool
    title: str

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping."""
        return asdict(self) | {"choices": list(self.choices)}


def field(
    default: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    unit: str = "",
    help: str = "",  # noqa: A002  (the word of the contract)
    title: str = "",
) -> Any:
    """Declare a field with range, unit and help.

    Parameters
    ----------
    default : object
        Value when nothing is given.
    low, high : float, optional
        Inclusive range.
    step : float, optional
        Step of the spin box and of the default grid axis.
    unit, help, title : str, default ""
        Texts of the form.
    """
    extra: dict[str, Any] = {"step": step, "unit": unit}
    return Field(
        default, ge=low, le=high, title=title or None, description=help, json_schema_extra=extra
    )


def describe(model: type[BaseModel]) -> list[FieldInfo]:
    """Return the fields of a model that a form can show, in declared order; nested models are left out."""
    return list(_described(model))


@functools.lru_cache(maxsize=256)
def _described(model: type[BaseModel]) -> tuple[FieldInfo, ...]:
    found = []
    for name, info in model.model_fields.items():
        kind, optional, choices = _kind(info.annotation)
        if not kind:
            continue
        extra: Any = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        limits = {type(item).__name__: item for item in info.metadata}
        shown = FieldInfo(
            name=name, type=kind, default=_plain(info.get_default(call_default_factory=True)),
            low=getattr(limits.get("Ge"), "ge", None), high=getattr(limits.get("Le"), "le", None),
            step=extra.get("step"), choices=choices, unit=str(extra.get("unit") or ""),
            help=info.description or "", optional=optional,
            title=info.title or title_of(name),
        )  # fmt: skip
        found.append(shown)
    return tuple(found)


def title_of(name: str) -> str:
    """Return the label of a field without a title: ``atr_length`` is "ATR length"."""
    words = name.split("_")
    words[0] = words[0].capitalize()
    return " ".join(word.upper() if word.lower() in _ABBREVIATIONS else word for word in words)


def parse[M: BaseModel](model: type[M], data: Mapping[str, Any], *, where: str = "") -> M:
    """Build a model from a mapping.

    Parameters
    ----------
    model : type
        A `Model`.
    data : mapping
        Names and values as typed, read from YAML or from flags.
    where : str, default ""
        Dotted prefix for messages (``costs``).

    Raises
    ------
    InputError
        For the first offending field: an unknown name suggests the nearest one, a value out of
        range names the range.
    """
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        raise input_error(error, model, where) from None


def input_error(error: ValidationError, model: type[BaseModel], where: str = "") -> InputError:
    """Turn pydantic's first complaint into an `InputError` in plain words."""
    first = error.errors(include_url=False)[0]
    inner = first.get("ctx", {}).get("error")
    if isinstance(inner, InputError):
        return inner
    path = ".".join(str(part) for part in first["loc"])
    dotted = f"{where}.{path}" if where and path else where or path
    if first["type"] == "extra_forbidden":
        name = str(first["loc"][-1])
        owner = _owner(model, first["loc"][:-1])
        return InputError(
            f"unknown field '{name}'", field=dotted, value=first["input"],
            hint=nearest(name, owner.model_fields),
        )  # fmt: skip
    what = f"{_words(first)}, was {first['input']!r}"
    return InputError(what, field=dotted, value=first["input"], hint=_range_hint(model, first["loc"]))


_WORDS = {
    "missing": "is missing",
    "model_type": "must be a group of fields, such as {{name: value}}",
    "dict_type": "must be a group of fields, such as {{name: value}}",
    "tuple_type": "must be a list, such as [a, b]",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "string_type": "must be text",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "date_parsing": "must be a date such as 2015-01-31",
    "date_from_datetime_parsing": "must be a date such as 2015-01-31",
    "date_from_datetime_inexact": "must be a date such as 2015-01-31",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
}


def _words(complaint: Any) -> str:
    limits = complaint.get("ctx", {})
    if 0 < limits.get("ge", 0) < 1e-6:
        return "must be above 0"
    if complaint["type"] in _WORDS:
        return _WORDS[complaint["type"]].format(**limits)
    message = complaint["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return f"{message[0].lower()}{message[1:]}"


def _owner(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    for part in loc:
        info = model.model_fields.get(str(part))
        options = (info.annotation, *typing.get_args(info.annotation)) if info else ()
        for option in options:
            if isinstance(option, type) and issubclass(option, BaseModel):
                model = option
                break
    return model


def _range_hint(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    owner = _owner(model, loc[:-1])
    for info in describe(owner):
        if loc and info.name == loc[-1] and info.low is not None and info.high is not None:
            if 0 < info.low < 1e-6:  # a limit that stands for "above 0"
                return f"Use a value up to {info.high:g}"
            return f"Use a value from {info.low:g} to {info.high:g}"
    return ""


def _kind(annotation: Any) -> tuple[str, bool, tuple[str, ...]]:
    optional = False
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        args = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
        optional = len(args) < len(typing.get_args(annotation))
        annotation = args[0]
    if typing.get_origin(annotation) is Literal:
        return "choice", optional, tuple(str(value) for value in typing.get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "choice", optional, tuple(str(item.value) for item in annotation)
    names = {bool: "bool", int: "int", float: "float", str: "str"}
    if annotation in names:
        return names[annotation], optional, ()
    return ("date" if getattr(annotation, "__name__", "") == "date" else ""), optional, ()


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
