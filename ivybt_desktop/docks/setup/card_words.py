"""The card of a strategy in words: idea, rule, when it works and fails, and measured costs. Plain Python."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from engine.data.sample import SAMPLES
from engine.strategies import registry
from engine.strategies.card import card_of
from ivybt_desktop.widgets.format import number, percent

_FILE = "strategy_cards.json"


@dataclass(frozen=True, slots=True)
class CardWords:
    """What the picker shows of a strategy.

    Parameters
    ----------
    title, idea : str
    parts : tuple of (str, str)
        Heading and text.
    costs : tuple of (str, str)
        Cost and net return a year, for a small table; empty when nothing was measured.
    measured : str
        What was measured, on what.
    """

    title: str
    idea: str
    parts: tuple[tuple[str, str], ...]
    costs: tuple[tuple[str, str], ...] = ()
    measured: str = ""


def card_words(name: str) -> CardWords | None:
    """Return the card of a strategy; None when there is none of that id."""
    if name not in registry.names():
        return None
    card = card_of(registry.get(name))
    told = [("Rule", text) for text in card.rule[:1]] + [("", text) for text in card.rule[1:]]
    told += [("Works", card.works), ("Fails", card.fails), ("Costs", card.costs), ("Source", card.source)]
    # The heading says the first word already.
    parts = tuple((head, _without(head, text)) for head, text in told if text)
    figures = {} if registry.is_user_plugin(name) else _figures().get(name, {})
    return CardWords(card.title, card.idea, parts, _costs(figures), _measured(figures))


@functools.cache
def _figures() -> Mapping[str, Any]:
    text = resources.files("resources").joinpath(_FILE).read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)["strategies"]
    return found


def _without(head: str, text: str) -> str:
    if head not in ("Works", "Fails", "Costs") or not text.startswith(head):
        return text
    rest = text[len(head) :].lstrip(" ,:")
    return rest[:1].upper() + rest[1:]


def _costs(figures: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if not figures.get("orders_per_year"):
        return ()
    return tuple(
        (f"{level:g} bps", percent(value, 1, signed=True))
        for level, value in zip(figures["levels_bps"], figures["annual_returns"], strict=True)
    )


def _measured(figures: Mapping[str, Any]) -> str:
    if not figures:
        return ""
    where = ", ".join(SAMPLES[name].title for name in figures["samples"])
    if not figures["orders_per_year"]:
        return f"No trade with the defaults on {where}."
    end = _ends(figures["break_even_bps"])
    given = ", ".join(f"{name} {value}" for name, value in figures["params"].items())
    what = f"With {given}" if given else "Defaults"
    return f"{what} on {where}: {number(figures['orders_per_year'], 1)} orders a year. {end}"


def _ends(break_even: float | str | None) -> str:
    if break_even is None:
        return "Nothing is left even without costs."
    if isinstance(break_even, str):
        return "Costs hardly matter."
    return f"Nothing is left at {number(break_even, 1)} bps an order."
