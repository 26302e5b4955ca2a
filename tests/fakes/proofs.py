"""Stand-ins for what runs and times look-ahead checks. Plain Python."""

from __future__ import annotations

from engine.backtest.leak import Finding, LeakReport


class FakeDelay:
    """A wait that ends when the test says so."""

    def __init__(self, call) -> None:
        self._call = call
        self.waits: int | None = None

    def start(self, milliseconds: int) -> None:
        self.waits = milliseconds

    def stop(self) -> None:
        self.waits = None

    def fire(self) -> None:
        assert self.waits is not None, "nothing is waited for"
        self.waits = None
        self._call()


class Delays:
    """Makes them: for a quiet moment, for other settings that wait."""

    def __init__(self) -> None:
        self.made: list[FakeDelay] = []

    def __call__(self, call) -> FakeDelay:
        self.made.append(FakeDelay(call))
        return self.made[-1]

    @property
    def settled(self) -> FakeDelay:
        return self.made[0]

    @property
    def hurry(self) -> FakeDelay:
        return self.made[1]


def clean_report(key: str, *, warmup: int = 49, bars: int = 300) -> LeakReport:
    """A report without a finding."""
    return LeakReport(leak=False, findings=(), warmup=warmup, bars=bars, probes=80, seconds=0.4, key=key)


def leaky_report(key: str, *, first_bar: int = 12, horizon: int | None = 1, bars: int = 300) -> LeakReport:
    """A report of signals that look one bar ahead."""
    finding = Finding("signals", first_bar, horizon, "negative shift", "peeking.py:12")
    return LeakReport(
        leak=True, findings=(finding,), warmup=3, bars=bars, probes=80, seconds=0.4, key=key
    )
