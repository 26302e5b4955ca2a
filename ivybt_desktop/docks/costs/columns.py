"""The table beside the waterfall. Plain arrays and functions; no widgets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ivybt_desktop.widgets.format import money, number, percent_points
from ivybt_desktop.widgets.table_model import PLAIN, QUIET, Column, sign_tones

if TYPE_CHECKING:
    from ivybt_desktop.docks.costs.state import CostState


def cost_columns(state: CostState) -> list[Column]:
    """Return one row per step: amount, per round trip, in bps of turnover, against gross profit."""
    values = np.array([part.value for part in state.parts])
    totals = np.array([part.total for part in state.parts])
    # Costs are not bad news by themselves: only the results are coloured.
    tones = np.where(totals, sign_tones(values), np.where(values == 0.0, QUIET, PLAIN)).astype(np.int8)
    gross = state.parts[0].value
    with np.errstate(divide="ignore", invalid="ignore"):
        per_trade = values / state.trades if state.trades else np.full(values.size, np.nan)
        bps = values / state.turnover * 1e4 if state.turnover else np.full(values.size, np.nan)
        share = values / gross if gross > 0 else np.full(values.size, np.nan)
    signed = partial(money, signed=True)
    titles = np.array([part.title for part in state.parts], object)
    return [
        Column("part", "Part", titles, str, numeric=False),
        Column("amount", f"Amount {state.currency}", values, signed, tones=tones),
        Column("per_trade", "Per trade", per_trade, signed, help="Over all round trips, in currency"),
        Column("bps", "bps traded", bps, partial(number, digits=2, signed=True),
               help="Against the value of all orders"),
        Column("share", "% of gross", share, percent_points, help="A dash when there is no gross profit"),
    ]  # fmt: skip
