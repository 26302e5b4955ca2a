"""Works A, B and C in a process of their own, of the checkout that the command line names.

JSON lines: a work's letter in, the seconds of one unit of it out. `tests.bench.test_base` keeps two of them
and asks in turn, so that a busy machine slows both.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(sys.argv[1]).resolve()
sys.path.insert(0, str(ROOT))

import engine  # noqa: E402
from tests.bench.test_engine import FASTS, SLOWS, make_bars, seconds_of, spec_of  # noqa: E402

# Calls of one measurement, so that a short one is longer than a tick of the scheduler.
CALLS = {"A": 50, "B": 1, "C": 3}


def main() -> None:
    """Answer until standard input ends."""
    if ROOT not in Path(engine.__file__).resolve().parents:
        raise SystemExit(f"engine comes from {engine.__file__}, not from {ROOT}")
    day, minute = make_bars(2_520, "1d", 86_400), make_bars(1_000_000, "1m", 60)
    daily, fine = spec_of("1d", 10), spec_of("1m", 0.1)
    works = {
        "A": lambda: engine.run_backtest(day, daily),
        "B": lambda: engine.run_backtest(minute, fine),
        "C": lambda: engine.sweep(day, daily, {"fast": FASTS, "slow": SLOWS}, workers=1),
    }
    for work in works.values():
        work()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        name = json.loads(line)
        times = sorted(seconds_of(works[name]) for _ in range(CALLS[name]))
        print(json.dumps(times[len(times) // 2]), flush=True)


if __name__ == "__main__":
    main()
