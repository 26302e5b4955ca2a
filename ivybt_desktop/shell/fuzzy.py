"""Search by a few letters: how well a pattern fits a title, and which letters it hit. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

_START, _RUN, _HIT, _GAP, _WHOLE = 12, 6, 2, 1, 12


@dataclass(frozen=True, slots=True)
class Match:
    """Score of a pattern in a text, and the positions of the letters it hit."""

    score: int
    hits: tuple[int, ...]


def match(pattern: str, text: str) -> Match | None:
    """Return how well ``pattern`` fits ``text``; `None` when its letters do not occur in order.

    Starts of words and letters in a row count more; blanks in the pattern are ignored.

    >>> match("rb", "Run backtest").hits
    (0, 4)
    """
    letters = [letter for letter in pattern.casefold() if not letter.isspace()]
    lower = text.casefold()
    if len(lower) != len(text):  # casefolding changed the length: positions would not fit
        lower = text.lower() if len(text.lower()) == len(text) else text
    best: Match | None = None
    for first in _starts(letters, lower):
        for seek in (_word_start, _plain):
            found = _walk(letters, lower, first, seek)
            if found is not None and (best is None or found.score > best.score):
                best = found
    return best if letters else Match(0, ())


def ranked[T](pattern: str, items: Iterable[T], text: Callable[[T], str]) -> list[tuple[T, Match]]:
    """Return the items that fit, best first; equal ones keep their order."""
    found = [(item, fit) for item in items if (fit := match(pattern, text(item))) is not None]
    return sorted(found, key=lambda pair: -pair[1].score)


def _starts(letters: list[str], text: str) -> list[int]:
    return [at for at, letter in enumerate(text) if letters and letter == letters[0]]


def _walk(letters: list[str], text: str, first: int, seek: Callable[[str, str, int], int]) -> Match | None:
    hits: list[int] = []
    score, at = 0, first
    for letter in letters:
        runs_on = bool(hits) and text[at : at + 1] == letter
        found = at if runs_on else seek(letter, text, at)
        if found < 0:
            return None
        score += _HIT - _GAP * min(found - at, 5)
        if _is_start(text, found):
            score += _START
        elif runs_on:
            score += _RUN
        hits.append(found)
        at = found + 1
    if len(hits) > 2 and hits[-1] - hits[0] == len(hits) - 1:
        score += _WHOLE  # three letters in a row are a part of a word, not initials
    return Match(score - first // 8, tuple(hits))


def _plain(letter: str, text: str, at: int) -> int:
    return text.find(letter, at)


def _word_start(letter: str, text: str, at: int) -> int:
    found = next((i for i in range(at, len(text)) if text[i] == letter and _is_start(text, i)), -1)
    return found if found >= 0 else _plain(letter, text, at)


def _is_start(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum()
