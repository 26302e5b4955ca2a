"""Reading several instruments at once; prints figures. Run with ``-m bench -s``."""

import os
import time
from pathlib import Path

import pytest

from engine.data.series import load_series

REFERENCE = os.environ.get("IVYBT_REFERENCE_DATA", "")

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(not REFERENCE, reason="IVYBT_REFERENCE_DATA is not set"),
]


def test_that_six_hundred_stocks_are_read_in_under_a_second():
    path = Path(REFERENCE) / "equities_daily" / "us_stocks_600_2007_2017.parquet"
    load_series(path, bad_rows="drop")
    began = time.perf_counter()
    series = load_series(path, bad_rows="drop")
    seconds = time.perf_counter() - began
    print(f"\n{len(series)} stocks, {sum(map(len, series)):,} bars of Parquet: {seconds:.2f} s")
    assert seconds < 1.0
