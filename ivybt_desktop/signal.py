"""`Signal`: a list of listeners in plain Python, for state that must not know Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Signal[*Args]:
    """Calls every listener in the order they were connected, in the caller's thread."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[*Args], object]] = []

    def connect(self, listener: Callable[[*Args], object]) -> None:
        """Add a listener."""
        self._listeners.append(listener)

    def disconnect(self, listener: Callable[[*Args], object]) -> None:
        """Remove a listener; unknown ones are ignored."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def emit(self, *args: *Args) -> None:
        """Call all listeners, also after one that raises; its error is raised when all were called."""
        _call(tuple(self._listeners), args)


class Links:
    """Connections that end together.

    Parameters
    ----------
    pairs : (Signal, callable)
        Each listener is connected to its signal.
    """

    def __init__(self, *pairs: tuple[Any, Callable[..., object]]) -> None:
        self._pairs = pairs
        for signal, listener in pairs:
            signal.connect(listener)

    def close(self) -> None:
        """Disconnect every listener."""
        for signal, listener in self._pairs:
            signal.disconnect(listener)


def _call(listeners: tuple[Callable[..., object], ...], args: tuple[object, ...]) -> None:
    if not listeners:
        return
    try:
        listeners[0](*args)
    finally:
        # One dock that fails must not leave the others with old values.
        _call(listeners[1:], args)
