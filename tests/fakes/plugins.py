"""Strategy files of a user, among them ones that are slow, fail or take their process down."""

from __future__ import annotations

from pathlib import Path

_HEAD = """
import os, signal, time
import numpy as np
from engine.strategies import Strategy, StrategyParams, param

class {name}(Strategy):
    '''A strategy for tests.'''
    title = "{name}"
    class Params(StrategyParams):
        x: int = param(1, low=0, high=1000000)
    def signals(self, bars, p):
        n = bars.close.shape[0]
        {body}
"""

BODIES = {
    "Steady": "return np.full(n, 1.0)",
    "Sleepy": "time.sleep(0.02); return np.full(n, 1.0)",
    # Leaves a mark beside itself, so that a test knows that its process is stuck and need not guess.
    "Endless": "open(f'{os.path.dirname(__file__)}/stuck-{os.getpid()}', 'w').close(); time.sleep(3600)",
    "Gripping": "sum(range(10**15))",  # holds the interpreter: no other thread of its process can act
    "Picky": "return np.full(n, 1.0 / (p.x % 3) * (p.x % 3))",
    "Suicidal": "os.kill(os.getpid(), signal.SIGKILL)",
}


def write_plugin(folder: Path, name: str, body: str | None = None) -> str:
    """Write a strategy file; return the strategy's id."""
    folder.mkdir(parents=True, exist_ok=True)
    text = _HEAD.format(name=name, body=body or BODIES[name])
    (folder / f"{name.lower()}.py").write_text(text)
    return name.lower()
