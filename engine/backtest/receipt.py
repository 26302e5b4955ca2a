"""The receipt: one SHA-256 over everything that determines a run (rule 24)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import engine
from engine.backtest.spec import BacktestSpec
from engine.fields import Model
from engine.kernels.simulate import KERNEL_VERSION
from engine.strategies import source_digest


def receipt_of(digests: list[str], spec: BacktestSpec) -> str:
    """Return ``sha256:...`` of prices, strategy source, spec, engine and kernel version.

    Parameters
    ----------
    digests : list of str
        `Bars.digest` of every series used, in order.
    spec : BacktestSpec
        With every default filled in. Paths of files are left out: their prices count, not their names.
    """
    content = {
        "bars": digests,
        "strategy_source": [source_digest(sleeve.name) for sleeve in (spec.strategy, *spec.sleeves)],
        "engine": engine.__version__,
        "kernel": KERNEL_VERSION,
    }
    sha = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())
    for name in sorted(type(spec).model_fields):
        text = spec.data.without_paths if name == "data" else _text(getattr(spec, name))
        sha.update(f"|{name}={text}".encode())
    return f"sha256:{sha.hexdigest()}"


def _text(value: Any) -> str:
    """Return canonical text; parts of a spec keep theirs, so that a repeated run does not make it again."""
    if isinstance(value, Model):
        return value.canonical
    if isinstance(value, tuple):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_text(value[key])}" for key in sorted(value)) + "}"
    return json.dumps(value)
