from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivybt_desktop.docks.setup.history import History


def test_that_undo_and_redo_walk_the_states_and_stop_at_the_ends():
    history = History(0)
    for state in (1, 2):
        history.push(state)
    assert [history.undo(), history.undo(), history.undo()] == [1, 0, 0]
    assert [history.redo(), history.redo(), history.redo()] == [1, 2, 2]


def test_that_a_change_after_undo_forgets_what_was_undone():
    history = History(0)
    history.push(1)
    history.undo()
    history.push(5)
    assert not history.can_redo
    assert history.undo() == 0


def test_that_a_drag_is_one_step_and_the_next_drag_another():
    history = History(0)
    for state in (1, 2, 3):
        history.push(state, key="fast")
    history.seal()
    for state in (4, 5):
        history.push(state, key="fast")
    assert history.undo() == 3
    assert history.undo() == 0


def test_that_another_field_begins_another_step():
    history = History((0, 0))
    history.push((1, 0), key="fast")
    history.push((1, 1), key="slow")
    assert history.undo() == (1, 0)


def test_that_a_drag_back_to_where_it_began_is_no_step():
    history = History(0)
    history.push(1, key="fast")
    history.push(0, key="fast")
    assert not history.can_undo


def test_that_an_equal_state_is_no_step():
    history = History(0)
    history.push(0)
    assert not history.can_undo


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["", "a", "b"])), max_size=40))
def test_that_undoing_everything_comes_back_to_the_first_state_and_redoing_to_the_last(steps):
    history = History(0)
    for state, key in steps:
        history.push(state, key=key)
    last = history.state
    while history.can_undo:
        history.undo()
    assert history.state == 0
    while history.can_redo:
        history.redo()
    assert history.state == last
