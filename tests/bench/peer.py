"""Starts vectorbt in its own environment and asks it to do the same work; figures are printed side by side."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("vectorbt_peer.py")
# Its pins clash with ours (numpy 2.4 or later), so it lives in a throw-away environment.
COMMAND = [
    "uv", "run", "--no-project", "--quiet", "--with", "vectorbt[rust]==1.2.*", "--python", sys.executable,
    "python", str(PROGRAM),
]  # fmt: skip


class Peer:
    """A running vectorbt; a context manager that ends it."""

    def __enter__(self):
        self._process = subprocess.Popen(
            COMMAND, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        head = self._process.stdout.readline()
        if not head:
            raise RuntimeError(f"vectorbt did not start: {self._process.stderr.read()[-800:]}")
        self.version = json.loads(head)["vectorbt"]
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(30)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process.stderr.close()

    def ask(self, **request):
        """Return the answer to one request."""
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"vectorbt died: {self._process.stderr.read()[-800:]}")
        return json.loads(line)


@dataclass(frozen=True)
class Figure:
    """One measured number beside its goal and the peer's."""

    work: str
    ours: str
    goal: str
    peer: str
    ratio: float

    def __str__(self) -> str:
        return f"{self.work:<44} {self.ours:>18}  goal {self.goal:<16} vectorbt {self.peer:>16}   ratio {self.ratio:8.1f}"


def median(seconds):
    """Return the median of some timings."""
    return statistics.median(seconds)


def alternate(ours, peer, *, rounds):
    """Time two callables in turn, so that a busy machine slows both; return both medians.

    Each callable returns its own seconds.
    """
    timings = [(ours(), peer()) for _ in range(rounds)]
    return median([a for a, _ in timings]), median([b for _, b in timings])
