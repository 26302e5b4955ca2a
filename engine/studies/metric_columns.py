"""`MetricColumns`: the metrics of many runs by name, tail risk only when somebody reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from engine.core.bars import FloatArray
from engine.metrics import METRIC_NAMES, TAIL_NAMES


class MetricColumns(Mapping[str, FloatArray]):
    """Metric columns by name, float64[n_runs], with the names of a single run's metrics.

    var_95 and cvar_95 need the sorted returns of every run; they are computed when first read.

    Parameters
    ----------
    values : float64[n_runs, len(METRIC_NAMES)]
    errors : mapping of int to str
        Runs that failed, by row.
    run_again : callable
        Returns all metrics of one row by name.
    """

    def __init__(
        self, values: FloatArray, errors: Mapping[int, str], run_again: Callable[[int], Mapping[str, float]]
    ) -> None:
        self._values, self._errors, self._run_again = values, errors, run_again
        self._tails: dict[str, FloatArray] = {}

    def __getitem__(self, name: str) -> FloatArray:
        if name not in METRIC_NAMES:
            raise KeyError(name)
        if name in TAIL_NAMES:
            self._tails = self._tails or self._find_tails()
            return self._tails[name]
        return self._values[:, METRIC_NAMES.index(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(METRIC_NAMES)

    def __len__(self) -> int:
        return len(METRIC_NAMES)

    def _find_tails(self) -> dict[str, FloatArray]:
        found = self._values[:, [METRIC_NAMES.index(name) for name in TAIL_NAMES]]
        for row in np.flatnonzero(np.isnan(found).any(axis=1)).tolist():
            if row not in self._errors:
                metrics = self._run_again(row)
                found[row] = [metrics[name] for name in TAIL_NAMES]
        return {name: found[:, k] for k, name in enumerate(TAIL_NAMES)}
