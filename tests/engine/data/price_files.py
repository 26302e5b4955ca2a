"""Small price files for the tests of the reader."""

import numpy as np

DAYS = ["2020-01-13", "2020-01-14", "2020-01-15", "2020-01-16", "2020-01-17"]
PRICES = [
    (10.0, 11.0, 9.5, 10.5, 1000),
    (10.5, 12.0, 10.25, 11.75, 2000),
    (11.75, 11.875, 11.0, 11.25, 1500),
    (11.25, 11.5, 10.0, 10.125, 2500),
    (10.125, 10.75, 10.0, 10.5, 1250),
]
DAY_NS = 86_400 * 10**9


def write(path, *lines, end="\n"):
    path.write_text(end.join(lines) + end, encoding="utf-8", newline="")
    return path


def table(stamps=DAYS, prices=PRICES, delimiter=",", header="Date,Open,High,Low,Close,Volume", number=str):
    rows = [
        delimiter.join([stamp, *(number(value) for value in row)])
        for stamp, row in zip(stamps, prices, strict=False)
    ]
    return ([header.replace(",", delimiter)] if header else []) + rows


def is_the_table(bars, rows=5):
    expected = np.array(PRICES[:rows])
    columns = (bars.open, bars.high, bars.low, bars.close, bars.volume)
    for column, values in zip(columns, expected.T, strict=True):
        np.testing.assert_array_equal(column, values)
    return True


def labels(bars):
    return [bars.label(i) for i in range(len(bars))]


def instants(bars):
    return [str(np.datetime64(int(t), "ns").astype("M8[s]")) for t in bars.time]
