"""Known exports: the contract (`Format`) and `recognise`. Each sibling file holds one vendor's formats.

A format adds to what the sniffer finds: which end of a bar the times mark, the names of columns
in a file without header, the order of its dates, and a note for the person.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from engine.data.head import Head


@dataclass(frozen=True, slots=True)
class Format:
    """One known export.

    Parameters
    ----------
    name : str
        Id for recipes.
    title : str
        Words for people.
    matches : callable
        Whether a `Head` is of this format.
    stamp : {"open", "close"}, default "open"
        Which end of an intraday bar its time marks.
    names : tuple of str, default empty
        Column names of a file without header.
    date_order : {"", "dmy", "mdy"}, default ""
        Order of its dates, where the format fixes it.
    note : str, default ""
        A sentence for the report on intraday files.
    rank : int, default 50
        Lower ranks are asked first.
    """

    name: str
    title: str
    matches: Callable[[Head], bool]
    stamp: str = "open"
    names: tuple[str, ...] = ()
    date_order: str = ""
    note: str = ""
    rank: int = 50


PLAIN = Format("plain", "Table of times and prices", lambda _: True, rank=1000)


@cache
def known_formats() -> tuple[Format, ...]:
    """Return all formats of this package, in the order in which they are asked."""
    found: list[Format] = []
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        found += module.FORMATS
    return tuple(sorted(found, key=lambda item: (item.rank, item.name)))


def recognise(head: Head) -> Format:
    """Return the first format that matches, `PLAIN` when none does."""
    return next((item for item in known_formats() if item.matches(head)), PLAIN)
