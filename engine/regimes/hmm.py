"""Open while a hidden Markov model of returns says that the market is in the chosen states."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from engine.core.bars import Bars, FloatArray
from engine.core.errors import DataError
from engine.fields import field
from engine.regimes import Gate, GateSeries
from engine.regimes.fitted import (
    MOTIONLESS,
    Cadence,
    history_field,
    log_returns,
    refit_field,
    window_field,
)

LOCAL_BARS = 21
STAY = 0.95
FLOOR = 0.01  # of the window's variance: a run of unchanged prices would else make a state of no width
TOLERANCE = 1e-3  # of log-likelihood
MOST_STEPS = 5000


class Hmm(Gate):
    """Open while the filtered probability of the chosen states is above the threshold.

    The model has normal log returns in each state. States are numbered by volatility, 1 the calmest, so a
    number means the same after every refit. Probabilities are filtered: those of a bar use returns up to
    that bar. Estimation is Baum-Welch from fixed start values, so it is the same every time.
    """

    title: ClassVar[str] = "Hidden Markov states"

    name: Literal["hmm"] = "hmm"
    states: int = field(2, low=2, high=4, step=1, help="Number of hidden states")
    from_state: int = field(1, low=1, high=4, step=1, title="Open from state", help="1 is the calmest state")
    to_state: int = field(1, low=1, high=4, step=1, title="Open to state",
                          help="Last state in which the gate is open")  # fmt: skip
    threshold: float = field(
        0.5, low=0.0, high=0.999, step=0.05, help="Probability that the chosen states must exceed"
    )
    window: int | None = window_field()
    min_history: int = history_field()
    refit_every: int = refit_field()

    def model_post_init(self, _context: Any) -> None:
        """Refuse states that are not there, and a choice that is always open."""
        if not self.from_state <= self.to_state <= self.states:
            raise self.refuse(
                f"open in states {self.from_state} to {self.to_state}, there are states 1 to {self.states}",
                "to_state", "Choose from_state <= to_state <= states",
            )  # fmt: skip
        if self.to_state - self.from_state + 1 == self.states:
            raise self.refuse(
                "every state is chosen, so the gate would never close", "to_state", "Leave a state out"
            )

    def history(self) -> int:
        """Return the bars before the first fit."""
        return self.min_history

    def compute(self, bars: Bars) -> GateSeries:
        """Fit at the cadence's bars and filter forward in between.

        Raises
        ------
        DataError
            The first fit finds no solution, or a close is not above zero.
        """
        n, returns = len(bars), log_returns(bars)
        states = np.full((n, self.states), np.nan)
        model, first, refits, failed = None, 0, [], 0
        for fit in Cadence(self.window, self.min_history, self.refit_every).fits(n):
            found = fit_model(returns[fit.start + 1 : fit.bar + 1], self.states)
            if found is not None:
                model, first = found, fit.start + 1
                refits.append(fit.bar)
            elif model is None:
                raise DataError(
                    f"a hidden Markov model of {self.states} states finds no solution for the first "
                    f"{fit.bar + 1} bars", where=bars.symbol, hint="Raise min_history or lower states",
                )  # fmt: skip
            else:
                failed += 1
            states[fit.bar : fit.stop] = filtered(model, returns[first : fit.stop])[fit.bar - fit.stop :]
        chosen = states[:, self.from_state - 1 : self.to_state].sum(axis=1)
        lines = {"probability": chosen, "threshold": np.where(np.isnan(chosen), np.nan, self.threshold)}
        lines |= {f"state_{j + 1}": states[:, j].copy() for j in range(self.states)}
        refit_bars = np.array(refits, dtype=np.int64)
        return GateSeries(chosen > self.threshold, lines, refit_bars, self._legend(), failed)

    def _legend(self) -> str:
        one = self.from_state == self.to_state
        which = f"state {self.from_state}" if one else f"states {self.from_state} to {self.to_state}"
        return (
            f"open while the probability of {which} of {self.states} (1 is the calmest) "
            f"is above {self.threshold:g}"
        )


@dataclass(frozen=True, slots=True)
class MarkovModel:
    """A fitted model; states by rising variance.

    Parameters
    ----------
    mean, variance : float64[k]
        Of log returns.
    transition : float64[k, k]
        Row: from; column: to.
    start : float64[k]
        Probabilities at the first return of the window.
    log_likelihood : float
    """

    mean: FloatArray
    variance: FloatArray
    transition: FloatArray
    start: FloatArray
    log_likelihood: float


def fit_model(returns: FloatArray, states: int) -> MarkovModel | None:
    """Estimate a model by Baum-Welch; None when a state stays empty or the steps run out.

    Parameters
    ----------
    returns : float64[m]
        Log returns.
    states : int
    """
    from engine.kernels.hidden_markov import baum_welch_driver  # noqa: PLC0415  (numba only when used)

    centre, spread = float(returns.mean()), float(returns.std())
    if spread < MOTIONLESS:
        return None
    x = (returns - centre) / spread
    mean, variance = np.zeros(states), _start_variances(x, states)
    transition = np.full((states, states), (1.0 - STAY) / (states - 1))
    np.fill_diagonal(transition, STAY)
    start = np.full(states, 1.0 / states)
    steps, likelihood = baum_welch_driver()(
        x, FLOOR, TOLERANCE, MOST_STEPS, mean, variance, transition, start
    )
    if steps < 0:
        return None
    order = np.lexsort((mean, variance))
    return MarkovModel(
        mean[order] * spread + centre, variance[order] * spread**2,
        np.ascontiguousarray(transition[np.ix_(order, order)]), start[order],
        float(likelihood) - returns.size * float(np.log(spread)),
    )  # fmt: skip


def filtered(model: MarkovModel, returns: FloatArray) -> FloatArray:
    """Return the probabilities of the states after each return, float64[m, k]."""
    from engine.kernels.hidden_markov import filter_driver  # noqa: PLC0415  (numba only when used)

    out = np.empty((returns.size, model.mean.size))
    filter_driver()(
        np.ascontiguousarray(returns), model.mean, model.variance, model.transition, model.start, out
    )
    return out


def _start_variances(x: FloatArray, states: int) -> FloatArray:
    """Return the mean square of calm to wild stretches: start values near the solution, without chance."""
    squares = np.cumsum(np.concatenate(([0.0], x * x)))
    span = min(LOCAL_BARS, x.size)
    local = np.sort((squares[span:] - squares[:-span]) / span)
    edges = np.linspace(0, local.size, states + 1).astype(int)
    means = [local[low : max(high, low + 1)].mean() for low, high in itertools.pairwise(edges)]
    return np.maximum(means, FLOOR)
