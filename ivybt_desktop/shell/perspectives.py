"""Perspectives as data: which docks each one shows, and the first sizes. No Qt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Perspective:
    """A named arrangement.

    Parameters
    ----------
    id, title, shortcut : str
        Name in settings, words, key.
    hidden : frozenset of str
        Docks that are not shown at first.
    raised : tuple of str
        Docks whose tab is in front at first.
    """

    id: str
    title: str
    shortcut: str
    hidden: frozenset[str] = frozenset()
    raised: tuple[str, ...] = ()


_RESULTS = frozenset({"metrics", "equity", "trades", "portfolio", "costs", "leak_lab", "why"})
PERSPECTIVES = (
    Perspective("data", "Data", "Ctrl+1", _RESULTS, ("log",)),
    Perspective("research", "Research", "Ctrl+2", frozenset(), ("trades", "metrics")),
)
FIRST = PERSPECTIVES[1]


def first_sizes(width: int, height: int) -> dict[str, int]:
    """Return the widths of the side columns and the heights of the stacked parts, in pixels."""
    return {
        "left": min(max(int(width * 0.2), 280), 360),
        "right": min(max(int(width * 0.17), 256), 320),
        "chart": int(height * 0.40),
        "equity": int(height * 0.27),
        "bottom": int(height * 0.33),
    }
