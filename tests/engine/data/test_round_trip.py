"""Random prices written in a random dialect read back equal, or are refused as ambiguous."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.data.reader import read_bars

DATES = {
    "iso": "%Y-%m-%d", "slashes": "%Y/%m/%d", "dots": "%Y.%m.%d", "compact": "%Y%m%d", "named": "%d-%b-%Y",
    "american": "%m/%d/%Y", "german": "%d.%m.%Y", "british": "%d/%m/%Y",
}  # fmt: skip
CLOCKS = {"daily": "", "minutes": " %H:%M", "seconds": " %H:%M:%S"}
EPOCHS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


@st.composite
def files(draw):
    count = draw(st.integers(1, 40))
    clock = draw(st.sampled_from(sorted(CLOCKS)))
    step = dt.timedelta(days=1) if clock == "daily" else dt.timedelta(minutes=draw(st.sampled_from([1, 5, 60])))
    start = dt.datetime(draw(st.integers(1975, 2029)), draw(st.integers(1, 12)), draw(st.integers(1, 28)), tzinfo=dt.UTC)
    if clock != "daily":
        start += dt.timedelta(hours=draw(st.integers(1, 20)))
    cents = st.integers(1, 10**7)
    rows = []
    for _ in range(count):
        four = sorted(draw(st.tuples(cents, cents, cents, cents)))
        middle = draw(st.permutations(four[1:3]))
        rows.append((middle[0] / 100, four[3] / 100, four[0] / 100, middle[1] / 100, draw(st.integers(0, 10**9))))
    decimal = draw(st.sampled_from(".,"))
    return {
        "stamps": [start + i * step for i in range(count)], "rows": rows, "clock": clock,
        "date": draw(st.sampled_from([*sorted(DATES), *EPOCHS])), "decimal": decimal,
        "delimiter": draw(st.sampled_from(";\t|," if decimal == "." else ";\t|")), "header": draw(st.booleans()), "reverse": draw(st.booleans()),
        "quote": draw(st.booleans()), "end": draw(st.sampled_from(["\n", "\r\n"])),
    }  # fmt: skip


def text_of(case):
    def stamp(moment):
        if case["date"] in EPOCHS:
            return str(int(moment.timestamp()) * EPOCHS[case["date"]])
        return moment.strftime(DATES[case["date"]] + CLOCKS[case["clock"]])

    def number(value):
        text = f"{value:.2f}" if isinstance(value, float) else str(value)
        return text.replace(".", case["decimal"])

    lines = [[stamp(moment), *map(number, row)] for moment, row in zip(case["stamps"], case["rows"], strict=True)]
    if case["reverse"]:
        lines.reverse()
    if case["header"]:
        lines.insert(0, ["Date", "Open", "High", "Low", "Close", "Volume"])
    if case["quote"]:
        lines = [[f'"{cell}"' for cell in line] for line in lines]
    return case["end"].join(case["delimiter"].join(line) for line in lines) + case["end"]


def is_ambiguous(case):
    if case["date"] not in ("american", "german", "british"):
        return False
    return all(moment.day <= 12 for moment in case["stamps"])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("dialects") / "X.csv"


@settings(max_examples=100, deadline=None)
@given(case=files())
def test_that_any_dialect_reads_back_equal_or_is_refused_as_ambiguous(path, case):
    path.write_bytes(text_of(case).encode())
    if case["date"] in EPOCHS and min(case["stamps"]).timestamp() < 10**9:
        case["date"] = "iso"
        path.write_bytes(text_of(case).encode())
    if not case["header"] and not told_by_prices(case):
        return
    bars = read_or_decide(path, case)
    assert len(bars) == len(case["rows"])
    expected = np.array(case["rows"], float)
    for column, values in zip((bars.open, bars.high, bars.low, bars.close, bars.volume), expected.T, strict=True):
        np.testing.assert_array_equal(column, values)
    days = [moment.date().isoformat() for moment in case["stamps"]]
    if case["clock"] == "daily":
        assert [bars.label(i) for i in range(len(bars))] == days
    elif len(bars) > 1:
        opened = bars.time - bars.timeframe.nanoseconds
        assert opened.tolist() == [int(moment.timestamp()) * 10**9 for moment in case["stamps"]]


def read_or_decide(path, case):
    try:
        return read_bars(path)
    except InputError:
        if not is_ambiguous(case):
            raise
        return read_bars(path, day_first=case["date"] != "american")


def told_by_prices(case):
    """Without a header the order of the columns must show: closes above highs would not."""
    o, h, lo, c, _ = np.array(case["rows"], float).T
    as_ochl = np.mean((c >= np.maximum.reduce([o, h, lo])) & (lo <= np.minimum.reduce([o, h, c])))
    other = np.mean((lo >= np.maximum.reduce([o, h, c])) & (c <= np.minimum.reduce([o, h, lo])))
    return max(as_ochl, other) < 1.0
