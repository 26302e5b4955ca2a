"""Reading a formula's text into steps: numbers, symbols, ``+ - * / ( )``. No code of the text ever runs."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.core.errors import InputError

MOST_CHARACTERS = 2_000
_DEEPEST = 50

_SYMBOL = r"[\w.^=]+"
_TOKEN = re.compile(
    r"\s*(?:`(?P<quoted>[^`]*)`"
    # What goes on like a name is one: 0700.HK, 3M, 2E.
    rf"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?!{_SYMBOL})"
    rf"|(?P<symbol>{_SYMBOL})|(?P<sign>[-+*/()]))"
)
_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "negate": 3}


class Step(NamedTuple):
    """One step of a formula in postfix order.

    Parameters
    ----------
    kind : {"number", "symbol", "+", "-", "*", "/", "negate"}
    value : float or str
        The number or the symbol; empty for an operation.
    position : int
        Where it stands in the text, from 0.
    """

    kind: str
    value: float | str
    position: int


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def read_steps(text: str) -> tuple[Step, ...]:
    """Read a formula.

    Parameters
    ----------
    text : str
        Numbers, symbols, ``+ - * /`` and brackets. A symbol is made of letters, digits and ``. _ ^ =``;
        with other characters it stands in backticks.

    Returns
    -------
    tuple of Step
        Postfix order: operands before their operation.

    Raises
    ------
    InputError
        The text is no formula; the message names the position.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            f"a formula of {len(text):,} characters is too long", field="formula", value=text[:40] + "...",
            hint=f"Use at most {MOST_CHARACTERS:,}",
        )  # fmt: skip
    if not text.strip():
        raise InputError(
            "the formula is empty", field="formula", value=text, hint="Write such as SPY - 0.8*QQQ"
        )
    reader = _Reader(text)
    reader.sum()
    left = reader.token
    if left.text == ")":
        raise refuse(text, left.position, "a closing bracket without its opening one", "Take it out")
    if left.kind != "end":
        raise refuse(text, left.position, f"'{left.text}' follows a value", "Put + - * or / between values")
    return tuple(reader.steps)


def refuse(text: str, position: int, what: str, hint: str) -> InputError:
    """Return the error of a formula that cannot be read; positions are told from 1."""
    where = f"at position {position + 1} of '{text}'"
    return InputError(f"{what} {where}", field="formula", value=text, hint=hint)


class _Reader:
    """Recursive descent; each level leaves its steps behind and one token ahead."""

    def __init__(self, text: str) -> None:
        self.text, self.steps, self.depth = text, list[Step](), 0
        self._at = 0
        self.token = self._next()

    def _next(self) -> _Token:
        rest = self.text[self._at :]
        if not rest.strip():
            return _Token("end", "", len(self.text))
        match = _TOKEN.match(self.text, self._at)
        if match is None or match.lastgroup is None:
            at = self._at + len(rest) - len(rest.lstrip())
            if self.text[at] == "`":
                raise refuse(self.text, at, "a backtick without its pair", "Close it")
            hint = "Only + - * / and brackets join; other characters of a symbol stand in backticks: `BRK-B`"
            raise refuse(self.text, at, f"'{self.text[at]}' is not understood", hint)
        self._at = match.end()
        kind = match.lastgroup
        start = match.start(kind) - (1 if kind == "quoted" else 0)
        return _Token(kind, match[kind], start)

    def _advance(self) -> _Token:
        token, self.token = self.token, self._next()
        return token

    def _operation(self, signs: str) -> _Token | None:
        ahead = self.token.kind == "sign" and self.token.text in signs
        return self._advance() if ahead else None

    def sum(self) -> None:
        """Read terms joined by + and -."""
        self._product()
        while sign := self._operation("+-"):
            self._product()
            self.steps.append(Step(sign.text, "", sign.position))

    def _product(self) -> None:
        self._signed()
        while sign := self._operation("*/"):
            self._signed()
            self.steps.append(Step(sign.text, "", sign.position))

    def _signed(self) -> None:
        negative, position = False, self.token.position
        while sign := self._operation("+-"):
            negative ^= sign.text == "-"
        self._value()
        if negative:
            self.steps.append(Step("negate", "", position))

    def _value(self) -> None:
        token = self._advance()
        if token.kind == "number":
            self.steps.append(Step("number", self._number(token), token.position))
        elif token.kind in ("symbol", "quoted"):
            if not token.text.strip():
                raise refuse(self.text, token.position, "an empty symbol", "Name it between the backticks")
            self.steps.append(Step("symbol", token.text, token.position))
        elif token.text == "(":
            self._bracket(token)
        else:
            what = f"a value is missing before '{token.text}'" if token.text else "the formula ends early"
            hint = "A number, a symbol or an opening bracket belongs there"
            raise refuse(self.text, token.position, what, hint)

    def _number(self, token: _Token) -> float:
        number = float(token.text)
        if number == float("inf"):
            raise refuse(self.text, token.position, f"{token.text} is too large", "Use a smaller number")
        return number

    def _bracket(self, opening: _Token) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise refuse(
                self.text, opening.position, f"more than {_DEEPEST} brackets inside each other", "Use fewer"
            )
        self.sum()
        if self.token.text != ")":
            what = "an opening bracket without its closing one"
            raise refuse(self.text, opening.position, what, "Close it")
        self._advance()
        self.depth -= 1
