"""Stand-ins for the views of docks. Plain Python."""

from __future__ import annotations

from ivybt_desktop.signal import Signal


class FakeChart:
    """Records what it is shown."""

    def __init__(self):
        self.hovered, self.range_changed = Signal(), Signal()
        self.stepped, self.trade_clicked, self.bar_clicked = Signal(), Signal(), Signal()
        self.leg_chosen, self.shares_wanted = Signal(), Signal()
        self.indicators_opened = Signal()
        self.calls = []
        self.tip = None

    def set_tip(self, tip):
        self.tip = tip

    def __getattr__(self, name):
        return lambda *args, **named: self.calls.append((name, *args, *named.values()))

    def last(self, name):
        return next((call[1:] for call in reversed(self.calls) if call[0] == name), None)

    def count(self, name):
        return sum(call[0] == name for call in self.calls)


class FakeWorker:
    """Holds work until it is told to do it."""

    def __init__(self):
        self.waiting = []
        self.closed = False

    def call(self, work, then, failed):
        self.waiting.append((then, failed))

    def answer(self, lines, atr=None, blocks=None):
        self.waiting.pop(0)[0]((lines, atr, blocks))

    def fail(self, error):
        self.waiting.pop(0)[1](error)

    def close(self):
        self.closed = True


class FakeCatalogue:
    """Holds what was asked of the catalogue until it is told to answer."""

    def __init__(self):
        self.asked, self.drawn = [], []
        self.closed = False

    def entries(self, then, failed):
        self.asked.append((then, failed))

    def draw(self, bars, name, params, then, failed):
        self.drawn.append((bars, name, dict(params), then, failed))

    def close(self):
        self.closed = True
