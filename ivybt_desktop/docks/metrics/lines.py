"""Lines of the Metrics list as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One metric: its name, label, number and unit; ``help`` explains a line that is no metric."""

    name: str
    title: str
    value: str
    unit: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Metrics under one heading."""

    title: str
    lines: tuple[Line, ...]
