"""The value of a formula over prices, and what each of its legs has in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.core.errors import InputError, nearest
from engine.data.formula_text import Step

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def _bar_number(bar: int) -> str:
    return f"bar {bar}"


class _Dual(NamedTuple):
    """A value with its derivative by each symbol: forward-mode differentiation."""

    value: FloatArray
    slopes: dict[str, FloatArray]


@dataclass(frozen=True)
class Formula:
    """A formula that was read.

    Parameters
    ----------
    text : str
        As it was written.
    steps : tuple of Step
        Postfix order.
    """

    text: str
    steps: tuple[Step, ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols in order of appearance, each once."""
        named = (str(step.value) for step in self.steps if step.kind == "symbol")
        return tuple(dict.fromkeys(named))

    def evaluate(
        self, columns: Mapping[str, FloatArray], *, label: Callable[[int], str] = _bar_number
    ) -> FloatArray:
        """Return the formula's value.

        Parameters
        ----------
        columns : mapping of str to float64[n]
            Prices by symbol; further columns are not read.
        label : callable, default "bar 7"
            How a bar is called in a message.

        Returns
        -------
        float64[n]
            NaN where a price that is used is NaN.

        Raises
        ------
        InputError
            A symbol is missing, lengths differ, or a bar divides by zero or exceeds all numbers.
        """
        return self._run(columns, label, slopes=False).value

    def gearing(
        self, columns: Mapping[str, FloatArray], *, label: Callable[[int], str] = _bar_number
    ) -> dict[str, FloatArray]:
        """Return each leg's share of the value held, for one unit of gross exposure to the formula.

        With S the formula's value and p the prices, g_i = p_i dS/dp_i / sum_j |p_j dS/dp_j|: the share of leg
        i that makes the value of the legs move as S does, with the absolute shares adding up to 1. For
        ``SPY/QQQ`` 1/2 and -1/2 throughout; for ``SPY - 0.8*QQQ`` in proportion to SPY and -0.8 QQQ.

        Parameters
        ----------
        columns : mapping of str to float64[n]
            Prices by symbol, in one currency.
        label : callable, default "bar 7"
            How a bar is called in a message.

        Returns
        -------
        dict of str to float64[n]
            One per symbol, in the order of `symbols`; NaN where a price is NaN.

        Raises
        ------
        InputError
            As for `evaluate`, or the legs cancel out at a bar (``SPY - SPY``).
        """
        slopes = self._run(columns, label, slopes=True).slopes
        with np.errstate(all="ignore"):
            values = {name: np.asarray(columns[name], np.float64) * slopes[name] for name in self.symbols}
            gross = np.sum([np.abs(value) for value in values.values()], axis=0)
        self._refuse_bars(gross == 0, "the legs cancel out", label)
        return {name: value / gross for name, value in values.items()}

    def require(self, there: Mapping[str, object]) -> None:
        """Check that every symbol is there.

        Raises
        ------
        InputError
            One is not; the message names those there are.
        """
        for step in self.steps:
            if step.kind == "symbol" and step.value not in there:
                raise _missing(self.text, step, there)

    def _run(
        self, columns: Mapping[str, FloatArray], label: Callable[[int], str], *, slopes: bool
    ) -> _Dual:
        prices = self._prices(columns)
        size = next(iter(prices.values())).shape
        stack: list[_Dual] = []
        with np.errstate(all="ignore"):  # checked below, with the bar
            for step in self.steps:
                if step.kind == "symbol":
                    name = str(step.value)
                    stack.append(_Dual(prices[name], {name: np.ones(size)} if slopes else {}))
                elif step.kind == "number":
                    stack.append(_Dual(np.full(size, float(step.value)), {}))
                elif step.kind == "negate":
                    operand = stack.pop()
                    stack.append(_Dual(-operand.value, {n: -s for n, s in operand.slopes.items()}))
                else:
                    right, left = stack.pop(), stack.pop()
                    stack.append(self._join(step, left, right, label))
        result = stack.pop()
        complete = np.logical_and.reduce([np.isfinite(price) for price in prices.values()])
        for array in (result.value, *result.slopes.values()):
            self._refuse_bars(complete & ~np.isfinite(array), "the value exceeds all numbers", label)
        return result

    def _prices(self, columns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        self.require(columns)
        prices = {name: np.asarray(columns[name], np.float64) for name in self.symbols}
        sizes = {name: price.shape for name, price in prices.items()}
        if len(set(sizes.values())) > 1:
            told = ", ".join(f"{name} {shape[0]:,}" for name, shape in sizes.items())
            raise InputError(
                f"the legs have different numbers of bars: {told}", field="formula", value=self.text,
                hint="Cut them to common bars first",
            )  # fmt: skip
        return prices

    def _join(
        self, step: Step, left: _Dual, right: _Dual, label: Callable[[int], str]
    ) -> _Dual:
        a, b = left.value, right.value
        if step.kind == "/":
            self._refuse_bars(b == 0, f"position {step.position + 1} divides by zero", label)
            value = a / b
            by_left, by_right = 1.0 / b, -value / b
        elif step.kind == "*":
            value, by_left, by_right = a * b, b, a
        else:
            sign = 1.0 if step.kind == "+" else -1.0
            value, by_left, by_right = a + sign * b, np.ones_like(a), np.full_like(b, sign)
        slopes = {name: slope * by_left for name, slope in left.slopes.items()}
        for name, slope in right.slopes.items():
            part = slope * by_right
            slopes[name] = slopes[name] + part if name in slopes else part
        return _Dual(value, slopes)

    def _refuse_bars(self, wrong: BoolArray, what: str, label: Callable[[int], str]) -> None:
        if not wrong.any():
            return
        count = int(np.count_nonzero(wrong))
        more = f" and {count - 1:,} more" if count > 1 else ""
        raise InputError(
            f"in '{self.text}' {what} at {label(int(np.argmax(wrong)))}{more}", field="formula",
            value=self.text, hint="Change the formula or leave those bars out",
        )  # fmt: skip


def _missing(text: str, step: Step, there: Mapping[str, object]) -> InputError:
    name = str(step.value)
    # BRK-B without backticks reads as BRK minus B.
    longer = [known for known in there if len(known) > len(name)]
    hidden = [known for known in longer if text.startswith(known, step.position)]
    guess = nearest(name, there)
    hint = f"{guess} " if guess.startswith("Did") else ""
    hint += f"Symbols there: {', '.join(sorted(there)) or 'none'}"
    if hidden:
        hint = f"Write `{max(hidden, key=len)}` in backticks"
    return InputError(
        f"there are no prices of {name}, at position {step.position + 1} of '{text}'", field="formula",
        value=text, hint=hint,
    )  # fmt: skip
