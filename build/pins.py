"""Pins every package of the environment, transitive ones too, in pyproject.toml; without any address.

    uv run python build/make.py lock

``[tool.uv] constraint-dependencies`` holds the pins, so that ``uv run`` on a new machine resolves to the
same versions through whatever mirror it has. A package that only Windows or macOS needs is not installed
on the machine that wrote the pins and stays free there.
"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

OPEN, CLOSE = "constraint-dependencies = [\n", "]\n"
PROJECT = "ivybt"


def installed() -> dict[str, str]:
    """Return name and version of every installed package but the project itself and installers."""
    found = {normal(item.metadata["Name"]): item.version for item in metadata.distributions()}
    return {name: found[name] for name in sorted(found) if name not in {PROJECT, "pip", "uv"}}


def normal(name: str) -> str:
    """Return a package name in its canonical form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pin(text: str, versions: dict[str, str]) -> str:
    """Return the text of pyproject.toml with its pins replaced."""
    block = "".join(f'  "{name}=={version}",\n' for name, version in versions.items())
    if OPEN not in text:
        return text.replace("[tool.uv]\n", f"[tool.uv]\n{OPEN}{CLOSE}", 1).replace(OPEN, OPEN + block, 1)
    before, rest = text.split(OPEN, 1)
    return before + OPEN + block + rest[rest.index(CLOSE) :]


def write(path: Path) -> int:
    """Write the pins to pyproject.toml and return how many there are."""
    versions = installed()
    path.write_text(pin(path.read_text(encoding="utf-8"), versions), encoding="utf-8")
    return len(versions)
