"""Indicators of the catalogue as jobs: the same lines from every executor."""

import numpy as np

from engine.indicators import catalogue
from engine.jobs.events import Failed, Finished
from engine.jobs.requests import DrawJob
from tests.fakes.events import kinds, to_the_end
from tests.fakes.prices import random_bars


def test_that_the_lines_are_those_of_a_direct_call(executor):
    bars = random_bars(300)
    executor.submit(DrawJob(bars, "bbands", {"length": 20}))
    events = to_the_end(executor)
    assert kinds(events) == ["Queued", "Started", "Finished"]
    expected = catalogue.draw(bars, "bbands", {"length": 20})
    assert isinstance(events[-1], Finished)
    assert list(events[-1].value) == list(expected)
    for name, (values, pane) in expected.items():
        np.testing.assert_array_equal(events[-1].value[name][0], values)
        assert events[-1].value[name][1] == pane


def test_that_the_catalogue_comes_without_bars(executor):
    executor.submit(DrawJob())
    assert to_the_end(executor)[-1].value == catalogue.catalogue()


def test_that_what_cannot_be_drawn_fails_with_its_words(executor):
    executor.submit(DrawJob(random_bars(5), "sma", {"length": 50}))
    event = to_the_end(executor)[-1]
    assert isinstance(event, Failed)
    assert "no value on 5 bars" in event.what
