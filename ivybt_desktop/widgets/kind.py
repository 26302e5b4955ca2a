"""One of several kinds that a place of a form can hold, as plain data, so that presenters can make it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Kind:
    """A sizing rule, a gate, an allocation, a strategy.

    Parameters
    ----------
    name : str
        Id in specs.
    title : str
        Words of the list it is chosen from.
    help : str
        One sentence: what it does.
    fields : tuple of FieldInfo
        What can be set, under plain names.
    """

    name: str
    title: str
    help: str
    fields: tuple[FieldInfo, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place of the form with the kind it holds now.

    Parameters
    ----------
    prefix : str
        Dotted name of the place (``sizing``, ``gates.0``); ``<prefix>.name`` holds the kind.
    label : str
        Words of the row in which the kind is chosen.
    kind : str
        Id of the kind it holds; it may be unknown.
    kinds : tuple of Kind
        What can be chosen.
    fields : tuple of FieldInfo
        Fields of the kind, then those of the place itself, dotted.
    """

    prefix: str
    label: str
    kind: str
    kinds: tuple[Kind, ...]
    fields: tuple[FieldInfo, ...]

    @property
    def sentence(self) -> str:
        """What the kind does."""
        return next((kind.help for kind in self.kinds if kind.name == self.kind), "")

    @property
    def title(self) -> str:
        """Words of the kind; its id when it is unknown."""
        return next((kind.title for kind in self.kinds if kind.name == self.kind), self.kind)
