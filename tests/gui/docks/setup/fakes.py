"""A view, live runs and presets that remember what they were asked."""

from __future__ import annotations

from pathlib import Path

from engine.core.errors import InputError
from ivybt_desktop.signal import Signal


class FakeView:
    def __init__(self):
        self.states, self.themes = [], []

    @property
    def state(self):
        return self.states[-1]

    def show_state(self, state):
        self.states.append(state)

    def set_theme(self, tokens):
        self.themes.append(tokens)


class FakeLive:
    def __init__(self):
        self.result, self.failed = Signal(), Signal()
        self.requests, self.finer, self.closed = [], (), False

    def request(self, bars, spec, finer=()):
        self.requests.append((bars, spec))
        self.finer = finer

    def close(self):
        self.closed = True


class FakePresets:
    def __init__(self):
        self.kept = {}

    def names(self):
        return sorted(self.kept)

    def load(self, name):
        if name not in self.kept:
            raise InputError(f"no preset '{name}'", field="preset")
        return self.kept[name]

    def path_of(self, name):
        return Path(f"/presets/{name}.yaml")

    def save(self, name, spec):
        if "/" in name:
            raise InputError(f"'{name}' cannot be the name of a preset", field="preset", hint="Use letters")
        self.kept[name] = spec

    def delete(self, name):
        self.kept.pop(name, None)
