"""The receipt: one SHA-256 over everything that determines a run (rule 24)."""

from __future__ import annotations

import hashlib
import json

import engine
from engine.backtest.spec import BacktestSpec
from engine.kernels.simulate import KERNEL_VERSION
from engine.strategies import source_digest

_PATHS = ("file", "files", "finer")


_PATHS = ("file", "files", "finer")


def receipt_of(digests: list[str], spec: BacktestSpec) -> str:
    """Return ``sha256:...`` of prices, strategy source, spec, engine and kernel version.

    Parameters
    ----------
    digests : list of str
        `Bars.digest` of every series used, in order.
    spec : BacktestSpec
        With every default filled in. Paths of files are left out: their prices count, not their names.
    """
    fields = spec.to_dict()
    fields["data"] = {name: value for name, value in fields["data"].items() if name not in _PATHS}
    content = {
        "bars": digests,
        "strategy_source": source_digest(spec.strategy.name),
        "spec": fields,
        "engine": engine.__version__,
        "kernel": KERNEL_VERSION,
    }
    if spec.sleeves:
        content["sleeve_sources"] = [source_digest(sleeve.name) for sleeve in spec.sleeves]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
