"""`History`: undo and redo over frozen states; a drag or a word typed is one step. Plain Python."""

from __future__ import annotations

from collections.abc import Callable

_LONGEST = 200


class History[T]:
    """States in the order they were, with a place in them.

    Parameters
    ----------
    first : T
        The state that cannot be undone.
    """

    def __init__(self, first: T) -> None:
        self._states, self._at, self._open_key = [first], 0, ""

    @property
    def state(self) -> T:
        """The current state."""
        return self._states[self._at]

    @property
    def can_undo(self) -> bool:
        """Whether there is an older state."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step was undone and nothing was changed since."""
        return self._at < len(self._states) - 1

    def push(self, state: T, key: str = "") -> None:
        """Take a new state.

        Parameters
        ----------
        state : T
            An equal one is no step.
        key : str, default ""
            Steps with the same key that follow one another are one, until `seal`.
        """
        if state == self.state:
            return
        if key and key == self._open_key and self.can_undo:
            del self._states[self._at :]
            if self._states[-1] == state:
                # Dragged back to where the drag began: no step at all.
                self._at, self._open_key = len(self._states) - 1, ""
                return
        else:
            del self._states[self._at + 1 :]
        self._states.append(state)
        del self._states[: max(0, len(self._states) - _LONGEST)]
        self._at, self._open_key = len(self._states) - 1, key

    def rebase(self, change: Callable[[T], T]) -> None:
        """Change every state alike: what happened outside is no step, and no step undoes it."""
        self._states = [change(state) for state in self._states]

    def seal(self) -> None:
        """End the current step: what follows is another one, whatever its key."""
        self._open_key = ""

    def undo(self) -> T:
        """Go back one step and return the state."""
        self._at, self._open_key = max(0, self._at - 1), ""
        return self.state

    def redo(self) -> T:
        """Go forward one step and return the state."""
        self._at, self._open_key = min(len(self._states) - 1, self._at + 1), ""
        return self.state
