"""One line of a searchable list, as plain data, so that presenters can make it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a `SearchList`.

    Parameters
    ----------
    id : str
        What is emitted.
    title, group : str
        Words of the line and of the heading it stands under.
    help : str
        Shown on hover; searched as well.
    usable : bool
        False for a line that explains and cannot be chosen.
    """

    id: str
    title: str
    group: str
    help: str = ""
    usable: bool = True

    def matches(self, words: Sequence[str]) -> bool:
        """Return whether every word (in lower case) occurs in id, title, group or help."""
        text = f"{self.id} {self.title} {self.group} {self.help}".casefold()
        return all(word in text for word in words)
