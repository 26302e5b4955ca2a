"""Listeners of plain signals."""

from __future__ import annotations

import pytest

from ivybt_desktop.signal import Signal


def test_that_listeners_are_called_in_order() -> None:
    seen: list[tuple[str, int]] = []
    signal: Signal[int] = Signal()
    signal.connect(lambda value: seen.append(("a", value)))
    signal.connect(lambda value: seen.append(("b", value)))
    signal.emit(3)
    assert seen == [("a", 3), ("b", 3)]


def test_that_one_listener_that_fails_does_not_keep_others_from_hearing() -> None:
    seen: list[int] = []

    def broken(_value: int) -> None:
        raise ValueError("odd")

    signal: Signal[int] = Signal()
    signal.connect(broken)
    signal.connect(seen.append)
    with pytest.raises(ValueError, match="odd"):
        signal.emit(3)
    assert seen == [3]


def test_that_a_listener_can_leave_while_it_is_called() -> None:
    seen: list[int] = []
    signal: Signal[int] = Signal()

    def once(value: int) -> None:
        seen.append(value)
        signal.disconnect(once)

    signal.connect(once)
    signal.emit(1)
    signal.emit(2)
    signal.disconnect(once)
    assert seen == [1]
