"""`Card`: what a strategy says about itself, on one screen, read from its docstring.

The first sentence is the idea and the next paragraphs are the rule. Sentences that begin with "Works",
"Fails" and "Costs" open the parts of those names; "References" is the source.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

from engine.strategies import Strategy

_HEADING = re.compile(r"^(\w+)\n-{3,}$", re.MULTILINE)
_PART = re.compile(r"(?:^|(?<=[.:] ))(?=(?:Works|Fails|Costs)\b)")
_MARKS = re.compile(r"`+")


@dataclass(frozen=True, slots=True)
class Card:
    """A strategy in words; a part that its author left out is empty.

    Parameters
    ----------
    title, family : str
    idea : str
        One sentence.
    rule : tuple of str
        Paragraphs: what exactly is traded.
    works, fails, costs : str
        When it earns, when it loses, and what costs do to it.
    source : str
        Where it comes from.
    """

    title: str
    family: str
    idea: str
    rule: tuple[str, ...]
    works: str
    fails: str
    costs: str
    source: str


def card_of(cls: type[Strategy]) -> Card:
    """Return the card of a strategy."""
    text = inspect.getdoc(cls) if cls.__doc__ else ""
    body, sections = _split(text or "")
    paragraphs = [_plain(part) for part in re.split(r"\n\s*\n", body) if part.strip()]
    idea, rule = (paragraphs[0] if paragraphs else ""), list[str]()
    told: dict[str, list[str]] = {"Works": [], "Fails": [], "Costs": []}
    current = ""
    for paragraph in paragraphs[1:]:
        for part in filter(None, map(str.strip, _PART.split(paragraph))):
            word = part.split(" ", 1)[0].rstrip(",:")
            # A paragraph of its own after "Costs" belongs to the rule again; a sentence does not.
            current = word if word in told else ("" if part == paragraph else current)
            (told[current] if current else rule).append(part)
    return Card(
        title=cls.title or cls.id, family=cls.family, idea=idea, rule=tuple(rule),
        works=" ".join(told["Works"]), fails=" ".join(told["Fails"]), costs=" ".join(told["Costs"]),
        source=_plain(sections.get("References", "")),
    )  # fmt: skip


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub("", text).split())


def _split(text: str) -> tuple[str, dict[str, str]]:
    """Return the text before the first section, and the sections by heading."""
    found = list(_HEADING.finditer(text))
    if not found:
        return text, {}
    ends = [match.start() for match in found[1:]] + [len(text)]
    return text[: found[0].start()], {
        match[1]: text[match.end() : end].strip() for match, end in zip(found, ends, strict=True)
    }
