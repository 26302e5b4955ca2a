"""The columns of the Runs dock, from summaries of runs. Plain arrays, no widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.backtest.proof_words import LOOKS_AHEAD, PAST_ONLY, UNPROVEN
from ivybt_desktop.widgets import format as words
from ivybt_desktop.widgets.proof_pill import badge_text
from ivybt_desktop.widgets.table_model import QUIET, UP, WARN, Column, sign_tones

if TYPE_CHECKING:
    from engine.storage.run_store import RunSummary

_STAR, _HERE = "\N{BLACK STAR}", "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}"


def run_columns(runs: Sequence[RunSummary], shown: str, proofs: Sequence[str] = ()) -> list[Column]:
    """Return the table of runs; parameters may be long, so that results stand before them.

    Parameters
    ----------
    runs : sequence of RunSummary
        In the order of the rows.
    shown : str
        Id of the run on the screen; it gets a mark.
    proofs : sequence of str, default ()
        Word of each run's look-ahead badge.
    """
    return [
        _marks(runs, shown),
        _moments("when", "Made", runs),
        _texts("strategy", "Strategy", [run.strategy for run in runs]),
        _texts("symbol", "Symbol", [run.symbol for run in runs]),
        _proofs(proofs or [""] * len(runs)),
        _numbers("return", "Return %", [run.total_return for run in runs], _points, toned=True),
        _numbers("cagr", "CAGR %", [run.cagr for run in runs], _points, toned=True),
        _numbers("sharpe", "Sharpe", [run.sharpe for run in runs], words.ratio),
        _numbers("drawdown", "Max DD %", [run.max_drawdown for run in runs], _points),
        _numbers("trades", "Trades", [float(run.trades) for run in runs], words.count),
        _texts("params", "Parameters", [run.params for run in runs]),
        _texts("timeframe", "Bars", [run.timeframe for run in runs]),
        _texts("start", "From", [run.start[:10] for run in runs]),
        _texts("end", "To", [run.end[:10] for run in runs]),
        _texts("note", "Note", [run.note for run in runs]),
    ]


def _proofs(statuses: Sequence[str]) -> Column:
    tones = {PAST_ONLY: UP, LOOKS_AHEAD: WARN}
    return Column(
        "proof", "Proof", np.array(list(statuses), object), _sign, numeric=False,
        tones=np.array([tones.get(status, QUIET) for status in statuses], np.int8),
        help="Whether the strategy, as it was then, reads past bars only: "
        + ", ".join(badge_text(status) for status in (PAST_ONLY, LOOKS_AHEAD, UNPROVEN)),
    )  # fmt: skip


def _sign(status: str) -> str:
    # Results stand at the right of it: only what a trader must not miss has words.
    return badge_text(status) if status == LOOKS_AHEAD else badge_text(status)[:1]


def _points(value: float) -> str:
    return words.percent_points(value)


def _marks(runs: Sequence[RunSummary], shown: str) -> Column:
    codes = np.array([run.starred + 2 * (run.run_id == shown) for run in runs], np.int64)
    texts = ("", _STAR, _HERE, f"{_HERE}{_STAR}")
    return Column(
        "mark", "", codes, lambda code: texts[int(code)],
        plain=lambda some: ["starred" if code & 1 else "" for code in some.tolist()], numeric=False,
        help="Star: marked by you. Triangle: on the screen",
    )  # fmt: skip


def _texts(name: str, title: str, values: list[str]) -> Column:
    return Column(name, title, np.array(values, object), str, numeric=False)


def _numbers(
    name: str, title: str, values: list[float], text: Callable[[Any], str], *, toned: bool = False
) -> Column:
    array = np.array(values, np.float64)
    return Column(name, title, array, text, tones=sign_tones(array) if toned else None)


def _moments(name: str, title: str, runs: Sequence[RunSummary]) -> Column:
    local = [run.last_run.astimezone() for run in runs]
    shown = {round(moment.timestamp() * 1e3): f"{moment:%Y-%m-%d %H:%M}" for moment in local}
    stamps = np.array([round(moment.timestamp() * 1e3) for moment in local], np.int64)
    return Column(
        name, title, stamps, lambda stamp: shown[int(stamp)],
        plain=lambda some: [shown[int(stamp)] for stamp in some], numeric=False,
    )  # fmt: skip
