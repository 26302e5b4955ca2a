"""Works A, B and C beside another checkout of the project, such as the last commit; run with ``-m bench -s``.

``git worktree add /tmp/base HEAD~1``, then ``IVYBT_BENCH_BASE=/tmp/base``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bench.peer import ROOT, alternate

BASE = os.environ.get("IVYBT_BENCH_BASE", "")
PROGRAM = Path(__file__).with_name("works.py")
ROUNDS = {"A": 25, "B": 11, "C": 15}

pytestmark = [pytest.mark.bench, pytest.mark.skipif(not BASE, reason="IVYBT_BENCH_BASE is not set")]


@contextmanager
def works_of(root):
    """Yield a callable ``(work) -> seconds`` that runs in a process with the engine of that checkout."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(root)], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def ask(work):
        process.stdin.write(json.dumps(work) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    try:
        if not process.stdout.readline():
            raise RuntimeError(f"the engine of {root} did not start")
        yield ask
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_that_a_b_and_c_are_as_fast_as_in_the_other_checkout():
    with works_of(ROOT) as ours, works_of(Path(BASE).resolve()) as base:
        print()
        for work, rounds in ROUNDS.items():
            now, before = alternate(lambda work=work: ours(work), lambda work=work: base(work), rounds=rounds)
            print(f"{work}  {now * 1e3:8.3f} ms, before {before * 1e3:8.3f} ms: {before / now:.3f} times as fast")
