"""Numbers as people read them: one way to write a percentage, an amount, a ratio and a count.

Plain Python. Every function takes what the engine gives (fractions, NaN) and returns text with
thousands separators and a minus sign as wide as a digit; NaN and infinity become a dash.
"""

from __future__ import annotations

import math
from typing import SupportsFloat

DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"

# Beyond this many digits a number in a column is noise; the exponent says more.
_PLAIN_LIMIT = 1e15


def number(value: SupportsFloat | None, digits: int = 2, *, signed: bool = False) -> str:
    """Return a number with a fixed count of decimals.

    Parameters
    ----------
    value : float or None
        `None`, NaN and infinity become a dash.
    digits : int, default 2
        Decimals.
    signed : bool, default False
        Also write a plus sign in front of numbers above zero.
    """
    if value is None or not math.isfinite(plain := float(value)):
        return DASH
    kind = "e" if abs(plain) >= _PLAIN_LIMIT else "f"
    text = f"{abs(plain):,.{digits}{kind}}"
    # A loss that rounds to nothing is shown as nothing: no "-0.00".
    if not any(digit in text for digit in "123456789"):
        return text
    sign = MINUS if plain < 0 else "+" if signed else ""
    return sign + text


def percent(value: SupportsFloat | None, digits: int = 2, *, signed: bool = False) -> str:
    """Return a fraction as a percentage: ``-0.1234`` is ``−12.34%``."""
    text = percent_points(value, digits, signed=signed)
    return text if text == DASH else f"{text}%"


def percent_points(value: SupportsFloat | None, digits: int = 2, *, signed: bool = False) -> str:
    """Return a fraction in percent without the sign, for columns that have it in their header."""
    return number(None if value is None else float(value) * 100.0, digits, signed=signed)


def money(value: SupportsFloat | None, digits: int = 2, *, signed: bool = False) -> str:
    """Return an amount with cents; the currency stands in the header."""
    return number(value, digits, signed=signed)


def ratio(value: SupportsFloat | None, digits: int = 2) -> str:
    """Return a ratio such as Sharpe."""
    return number(value, digits)


def count(value: SupportsFloat | None) -> str:
    """Return a whole number with thousands separators."""
    return number(value, 0)


def exact(value: float) -> str:
    """Return a number as short as it can be written: ``10000`` is ``10,000``, ``0.5`` stays."""
    if not math.isfinite(value):
        return DASH
    text = f"{abs(value):,}" if isinstance(value, int) else f"{abs(value):,.12g}"
    return MINUS + text if value < 0 else text
