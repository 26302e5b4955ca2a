"""From affected bars to a finding: how many bars ahead an output looks, and the likely cause.

The behaviour decides what kind of leak it is; the source, where it is suspicious in the right way, decides
between causes that behave alike and gives the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backtest.leak_lab import Lab, most_reach, run_probes
from engine.backtest.leak_probes import STRONG, Kind, Touch, touched
from engine.backtest.leak_source import (
    BACK_FILL,
    CENTRED,
    FITTED,
    OWN_EXTREMES,
    RESAMPLE,
    SCALING,
    SHIFT,
    hint_for,
)
from engine.regimes import Gate

_PROBES: tuple[Kind, ...] = ("cut", *STRONG)
_LATE = (0.62, 0.75, 0.9)
_SAMPLES = 6
_SCAN_CUTS = 36
_STRONG_CUTS = 40
_EARLY_CUTS = 12
# Bars that become final together, in a share of them: blocks rather than a fixed distance.
_BLOCKY = 0.6
_FEW_CUTS_BEYOND = 10


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is known about the leak of one output.

    Attributes
    ----------
    first_bar : int
        First affected bar.
    horizon : int or None
        Bars ahead; `None` for the whole sample.
    cause : str
        One of the causes of `engine.backtest.leak_source`.
    where : str
        File and line that look like it; empty when none does.
    """

    first_bar: int
    horizon: int | None
    cause: str
    where: str


def diagnose(lab: Lab, name: str) -> Diagnosis:
    """Find horizon and likely cause of an output that some probe of the lab has changed.

    Parameters
    ----------
    lab : Lab
        After its probes; more are made here, until its time is over.
    name : str
        Output.
    """
    tried = lab.changed(name)
    run_probes(lab, _PROBES, [int(lab.size * share) for share in _LATE])
    source = lab.part.sources.get(name, lab.part.sources.get(""))
    if _is_whole(lab, name):
        return _finding(lab, name, None, *_whole_cause(source))
    last = _last_early_cut(lab, name)
    if last is not None:
        first = min(lab.firsts(name).values())
        return _finding(lab, name, last - first + 1, *_known(source, BACK_FILL, ()))
    run_probes(lab, STRONG, sorted(tried)[:: max(1, len(tried) // _STRONG_CUTS)])
    _scan(lab, name)
    _look_early(lab, name)
    horizon = most_reach(lab.firsts(name))
    if _is_blocky(lab, name):
        default = BACK_FILL if _reads_columns_only(lab, name, horizon) else RESAMPLE
        return _finding(lab, name, horizon, *_known(source, default, (RESAMPLE, BACK_FILL, SHIFT, CENTRED)))
    return _finding(lab, name, horizon, *_distance_cause(lab, name, horizon, source))


def _finding(lab: Lab, name: str, horizon: int | None, cause: str, where: str) -> Diagnosis:
    return Diagnosis(min(lab.firsts(name).values()), horizon, cause, where)


def _known(source: Any, default: str, others: tuple[str, ...]) -> tuple[str, str]:
    """Return the default cause with its line; or another one, when only that stands in the source."""
    hint = hint_for(source, (default, *others))
    return (default, "") if hint is None else (hint.cause, hint.where)


def _whole_cause(source: Any) -> tuple[str, str]:
    is_gate = isinstance(source, type) and issubclass(source, Gate)
    hint = hint_for(source, (FITTED, SCALING))
    if hint is None:
        return (FITTED if is_gate else SCALING), ""
    return hint.cause, hint.where


def _is_whole(lab: Lab, name: str) -> bool:
    """Return whether early bars change even when only the last part of the data does."""
    late = lab.size * _LATE[0] - 1
    return any(cut >= late and first < cut / 2 for cut, first in lab.firsts(name).items())


def _last_early_cut(lab: Lab, name: str) -> int | None:
    """Return the last cut that changes anything, if it is early and changes the first bars: a back-fill."""
    last = max(lab.firsts(name))
    beyond = sorted(cut for cut in lab.changed(name) if cut > last)
    if len(beyond) < _FEW_CUTS_BEYOND or last > lab.size / 2:
        return None
    low, high = last, beyond[0]
    while high - low > 1 and not lab.is_spent:
        middle = (low + high) // 2
        run_probes(lab, _PROBES, [middle])
        if middle in lab.firsts(name):
            low = middle
        else:
            high = middle
    # Whatever is learnt now may be beyond: a leak that is rare is no back-fill.
    run_probes(lab, _PROBES, range(low + 1, low + 6))
    firsts = lab.firsts(name)
    is_early = max(firsts) == low and low > lab.first and firsts[low] - min(firsts.values()) <= low / 2
    return low if is_early and most_reach(firsts) > 1 else None


def _scan(lab: Lab, name: str) -> None:
    """Probe one cut after the other around the one that reaches furthest; again when that reaches further."""
    reach = 0
    for _ in range(3):
        firsts = lab.firsts(name)
        if most_reach(firsts) <= reach:
            return
        reach = most_reach(firsts)
        centre = max(firsts, key=lambda cut: cut - firsts[cut])
        step = max(1, 2 * reach // _SCAN_CUTS)
        begin = max(centre - reach, lab.first)
        run_probes(lab, _PROBES, range(begin, begin + max(2 * reach + 3, _EARLY_CUTS), step))


def _look_early(lab: Lab, name: str) -> None:
    """Probe the first bars with a value, to find the first one that is affected."""
    values = np.nan_to_num(lab.full[name].values).any(axis=0)
    begin = max(lab.first, int(np.argmax(values)) - 1 if values.any() else 0)
    run_probes(lab, _PROBES, range(begin, begin + _EARLY_CUTS))


def _is_blocky(lab: Lab, name: str) -> bool:
    """Return whether neighbouring bars become final together: when a longer bar ends, or a value comes."""
    changed = lab.changed(name)
    final: dict[int, int] = {}
    for cut, bars in sorted(changed.items()):
        final |= dict.fromkeys(bars.tolist(), cut)
    # Only where the next cut was tried too is the last cut that changes a bar known.
    ends = [cut for bar, cut in final.items() if cut + 1 in changed and _is_tried(changed, bar, cut)]
    return len(ends) >= 4 and len(set(ends)) <= _BLOCKY * len(ends)


def _is_tried(changed: dict[int, Any], bar: int, cut: int) -> bool:
    return all(between in changed for between in range(bar, cut))


def _distance_cause(lab: Lab, name: str, horizon: int, source: Any) -> tuple[str, str]:
    """Tell a shift from a window that lies around its bar, and from the next bar's high and low."""
    bars = _samples(lab, name, horizon)
    if horizon == 1:
        if _reacts(lab, name, bars, (1, 1), "extremes") and not _reacts(lab, name, bars, (1, 1), "body"):
            hint = hint_for(source, (SHIFT, OWN_EXTREMES))
            return OWN_EXTREMES, hint.where if hint else ""
        return _known(source, SHIFT, (CENTRED, RESAMPLE))
    if not _reacts(lab, name, bars, (1, horizon - 1), "prices"):
        return _known(source, SHIFT, (CENTRED,))
    # A centred window reaches as far back as ahead, and no further.
    near = _reacts(lab, name, bars, (-horizon, -1), "prices")
    if near and not _reacts(lab, name, bars, (-3 * horizon - 1, -horizon - 1), "prices"):
        return _known(source, CENTRED, (SHIFT, RESAMPLE))
    return _known(source, SHIFT, (CENTRED, RESAMPLE))


def _reads_columns_only(lab: Lab, name: str, horizon: int) -> bool:
    bars = _samples(lab, name, horizon)
    return _reacts(lab, name, bars, (1, horizon), "columns") and not _reacts(
        lab, name, bars, (1, horizon), "prices"
    )


def _samples(lab: Lab, name: str, horizon: int) -> list[int]:
    """Return a few affected bars that reach furthest."""
    firsts = lab.firsts(name)
    reach = {first: cut - first + 1 for cut, first in sorted(firsts.items())}
    far = [bar for bar, bars in reach.items() if bars == horizon and horizon < bar < lab.size - horizon - 1]
    every = np.linspace(0, len(far) - 1, min(_SAMPLES, len(far))).astype(int)
    return [far[at] for at in every]


def _reacts(lab: Lab, name: str, bars: list[int], span: tuple[int, int], what: Touch) -> bool:
    """Return whether any of some bars changes when only the bars at a distance of ``span`` do."""
    for bar in bars:
        if lab.is_spent:
            return False
        first, last = (int(lab.axis[max(bar + offset, 0)]) for offset in span)
        if lab.reaction(touched(lab.part.series, first, last, what), bar, name):
            return True
    return False
