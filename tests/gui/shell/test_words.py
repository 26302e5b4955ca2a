"""Plain parts of the shell: fuzzy search, notices, sentences of the status bar and the import preview."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import DataError
from engine.data.recipe import Column, Recipe
from engine.jobs.events import Cancelled, Progress, Queued, Started
from ivybt_desktop.bridge.ledger import JobLedger
from ivybt_desktop.shell.fuzzy import match, ranked
from ivybt_desktop.shell.import_words import bars_line, layout_lines
from ivybt_desktop.shell.notices import Notice, NoticeBoard
from ivybt_desktop.shell.perspectives import PERSPECTIVES, first_sizes
from ivybt_desktop.shell.status_words import clock_words, data_words, job_words, memory_words
from tests.fakes.prices import random_bars

_TITLES = ["Run", "Reset layout", "Go to Trades", "Open prices", "Switch theme: dark or light", "Export trades"]


def test_that_starts_of_words_win() -> None:
    assert ranked("gt", _TITLES, str)[0][0] == "Go to Trades"
    assert ranked("rl", _TITLES, str)[0][0] == "Reset layout"
    assert ranked("run", _TITLES, str)[0][0] == "Run"
    assert ranked("the", ["Trades: copy with headers", "Switch theme"], str)[0][0] == "Switch theme"
    assert [title for title, _ in ranked("zz", _TITLES, str)] == []


def test_that_an_empty_pattern_keeps_the_order() -> None:
    assert [title for title, _ in ranked("", _TITLES, str)] == _TITLES


@given(st.text(max_size=6), st.text(max_size=30))
def test_that_hits_are_the_letters_of_the_pattern_in_order(pattern: str, text: str) -> None:
    found = match(pattern, text)
    if found is not None:
        assert all(before < after for before, after in pairwise(found.hits))
        assert all(0 <= hit < len(text) for hit in found.hits)
        assert len(found.hits) == len([letter for letter in pattern.casefold() if not letter.isspace()])


def test_that_the_newest_notice_is_shown_and_a_topic_is_cleared() -> None:
    board = NoticeBoard()
    board.post(Notice("error", "a", topic="run"))
    board.post(Notice("warning", "b"))
    board.post(Notice("error", "a", topic="run"))
    assert len(board) == 2
    assert board.newest is not None
    assert board.newest.what == "a"
    board.clear("run")
    assert board.newest.what == "b"
    board.dismiss()
    assert board.newest is None


def test_that_an_error_becomes_a_notice_with_what_where_and_next_step() -> None:
    notice = Notice.of(DataError("no price column", where="a.csv", hint="Add one"))
    assert (notice.what, notice.where, notice.hint) == ("no price column", "a.csv", "Add one")
    assert notice.text == "a.csv: no price column. Add one"


def test_that_the_status_bar_tells_the_range() -> None:
    assert data_words(None) == "No prices loaded"
    bars = random_bars(400)
    assert data_words(bars) == f"TEST  1d  400 bars  {bars.label(0)} to {bars.label(399)}"


@pytest.mark.parametrize(("seconds", "words"), [(4.2, "4 s"), (65, "1:05"), (7389, "2:03:09"), (59.7, "1:00")])
def test_that_times_are_short(seconds: float, words: str) -> None:
    assert clock_words(seconds) == words


def test_that_the_status_bar_tells_progress_and_what_is_left() -> None:
    now = [0.0]
    ledger = JobLedger(lambda: now[0])
    assert job_words(ledger) == ("", -1)
    ledger.record(Queued("1", "sweep", "sma_cross sweep on SPX"))
    ledger.record(Started("1", 100))
    now[0] = 10.0
    ledger.record(Progress("1", 25, 100))
    assert job_words(ledger) == ("sma_cross sweep on SPX  25% after 10 s, 30 s left", 25)
    ledger.record(Cancelled("1"))
    assert job_words(ledger) == ("", -1)


def test_that_memory_is_in_gigabytes() -> None:
    assert memory_words(1.26e9, 16.5e9) == "Memory 1.3 of 16 GB"


def test_that_the_layout_of_a_file_is_told_in_words() -> None:
    recipe = Recipe(
        "plain", "Prices", "csv", (Column("Date", "time"),), delimiter=";", decimal=",", thousands=".",
        skipped_lines=1, header_rows=1, date_order="dmy",
    )  # fmt: skip
    lines = dict(layout_lines(recipe))
    assert lines["Columns"] == "separated by semicolons, a comma before decimals, a point between thousands"
    assert lines["Header"] == "one row of names, 1 line above it left out"
    assert lines["Times"] == "day, month, year, UTC, marking the open of a bar"
    epoch = dict(layout_lines(replace(recipe, date_order="epoch", epoch_unit="ms", header_rows=0, skipped_lines=0)))
    assert epoch["Times"].startswith("a number since 1970 in milliseconds")
    assert epoch["Header"] == "none"
    bars = random_bars(3)
    assert bars_line(bars) == f"TEST, 1d bars, 3 from {bars.label(0)} to {bars.label(2)}"


def test_that_side_columns_leave_most_of_the_window_to_the_chart() -> None:
    for width, height in ((1366, 768), (1920, 1080), (2560, 1440)):
        sizes = first_sizes(width, height)
        assert sizes["left"] + sizes["right"] < 0.45 * width
        assert np.isclose(sizes["chart"] + sizes["equity"] + sizes["bottom"], height, atol=3)
    assert len({p.shortcut for p in PERSPECTIVES}) == len(PERSPECTIVES)
