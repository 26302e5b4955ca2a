"""Random numbers as lines: the draws of a null model, the same for every cell with the same seed."""

from __future__ import annotations

from engine.indicators import Argument, Indicator, indicator
from engine.kernels.chance import uniform


@indicator(outputs=("event", "fate"), warmup=lambda _args: 0, pane="none")
def _draws(prices, source, args, out):
    seed = int(args[0])
    for t in range(source.shape[0]):
        out[0, t], out[1, t] = uniform(seed, 2 * t), uniform(seed, 2 * t + 1)


def draws(seed: Argument) -> tuple[Indicator, Indicator]:
    """Declare two random numbers in [0, 1) for each bar; they are no function of the prices.

    Parameters
    ----------
    seed : int
        At least 0; another one is another sequence.
    """
    return Indicator("draws", "close", (seed,), 0), Indicator("draws", "close", (seed,), 1)
