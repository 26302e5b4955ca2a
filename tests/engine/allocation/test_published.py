"""Our weights on the ETF prices are those of published libraries, to 1e-6."""

import functools
import os
from pathlib import Path

import numpy as np
import pytest

from engine.allocation import parse_allocation
from tests.engine.allocation.published import CASES, WEIGHTS

FILE = Path(os.environ.get("IVYBT_REFERENCE_DATA", "unset")) / "equities_daily" / "us_etfs_daily.parquet"
pytestmark = [
    pytest.mark.golden,
    pytest.mark.skipif(not FILE.is_file(), reason="IVYBT_REFERENCE_DATA holds no us_etfs_daily.parquet"),
]


@functools.cache
def closes():
    import pandas as pd

    table = pd.read_parquet(FILE, columns=["close", "symbol"]).reset_index()
    return table.pivot_table(index="timestamp", columns="symbol", values="close")


def window(case):
    symbols, _, end, count = CASES[case]
    known = closes()[symbols].loc[:end].dropna().to_numpy()[-count - 1 :]
    return known[1:] / known[:-1] - 1


@pytest.mark.parametrize(("case", "name", "cap"), WEIGHTS, ids=str)
def test_that_weights_agree_with_the_published_library(case, name, cap):
    spec = {"name": name, "covariance": CASES[case][1], "max_weight": cap}
    spec |= {"risk_aversion": 5.0} if name == "mean_variance" else {}
    found = parse_allocation(spec).weights(window(case))
    np.testing.assert_allclose(found, WEIGHTS[case, name, cap], rtol=0, atol=1e-6)
