"""The exception tree: words for people, and errors that cross process borders."""

import pickle

import pytest

from engine.core import errors
from engine.core.errors import DataError, InputError, IvyError, JobCancelled, nearest

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, IvyError)]


def test_that_a_message_says_where_what_and_what_to_do():
    assert str(DataError("no price column", where="x.csv", hint="Name one Close")) == "x.csv: no price column. Name one Close"
    assert str(DataError("no price column")) == "no price column"


def test_that_the_field_stands_in_for_a_missing_place():
    error = InputError("must be at least 2", field="params.fast", value=1, hint="Range 2 to 100")
    assert str(error) == "params.fast: must be at least 2. Range 2 to 100"
    assert (error.field, error.value) == ("params.fast", 1)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_that_every_error_survives_pickling_whole(kind):
    error = kind("what", where="where", hint="hint")
    error.note = [1, 2]
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is kind
    assert str(again) == str(error)
    assert again.__dict__ == error.__dict__
    assert again.args == error.args


def test_that_field_and_value_survive_pickling():
    error = InputError("what", field="f", value={"a": 1}, hint="h")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (again.field, again.value, again.where) == ("f", {"a": 1}, "f")


def test_that_all_errors_are_of_one_tree():
    assert len(KINDS) >= 8
    assert issubclass(JobCancelled, errors.JobError)


@pytest.mark.parametrize(
    ("name", "known", "words"),
    [
        ("ema_cros", ["ema_cross", "turtle"], "Did you mean 'ema_cross'?"),
        ("zzz", ["ema_cross", "turtle"], "Known: ema_cross, turtle"),
        ("zzz", [], "Nothing is registered"),
    ],
)
def test_that_near_names_are_suggested(name, known, words):
    assert nearest(name, known) == words
