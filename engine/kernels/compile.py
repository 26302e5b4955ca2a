"""Compile rules and indicator kernels with their fixed signatures, once per process, cached on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

from engine.kernels.types import INDICATOR, RULE


def compile_rule(function: Callable[..., None]) -> Any:
    """Return ``function`` compiled as a rule (`engine.kernels.types.RULE`)."""
    return njit(RULE, cache=True, nogil=True)(function)


def compile_indicator(function: Callable[..., None]) -> Any:
    """Return ``function`` compiled as an indicator (`engine.kernels.types.INDICATOR`)."""
    return njit(INDICATOR, cache=True, nogil=True)(function)
