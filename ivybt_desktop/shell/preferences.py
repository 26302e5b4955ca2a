"""Settings of the window: one file, read once, written whole; a bad file is set aside and told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from engine.core.errors import StorageError
from engine.fields import Model, field, input_error
from engine.storage.files import write_whole

SCHEMA_VERSION = 1


class LastProject(Model):
    """What was open when the window closed.

    Attributes
    ----------
    file : str
        Price file; empty when it was a sample.
    sample : str
        Name of a sample series; empty when it was a file.
    spec : dict
        The spec as plain values; empty for none.
    """

    file: str = ""
    sample: str = ""
    spec: dict[str, Any] = Field(default_factory=dict)


class ChartIndicator(Model):
    """An indicator that a person put on the chart.

    Attributes
    ----------
    name : str
        Its name in the catalogue.
    params : dict
        Parameters that differ from their defaults.
    """

    name: str
    params: dict[str, bool | int | float | str | None] = Field(default_factory=dict)


class Settings(Model):
    """Everything that is remembered between two sessions.

    Attributes
    ----------
    schema_version : int
        Version of this record.
    theme, colour_blind
        Colours.
    workers : int
        Worker processes; 0 takes one per core, at most eight.
    perspective : str
        The one shown last.
    layouts : dict of str to str
        Arrangement of docks by perspective, base64.
    geometry : str
        Place and size of the window, base64.
    last : LastProject
    recent : tuple of str
        Price files opened, newest first.
    editor : str
        Command that opens a strategy file, with ``{file}`` and ``{line}``; empty for the system's.
    indicators : tuple of ChartIndicator
        What was put on the chart by hand.
    """

    schema_version: int = SCHEMA_VERSION
    theme: Literal["dark", "light"] = "dark"
    colour_blind: bool = field(False, help="Blue for up and orange for down")
    workers: int = field(0, low=0, high=64, help="Worker processes; 0 takes one per core, at most eight")
    perspective: str = "research"
    layouts: dict[str, str] = Field(default_factory=dict)
    geometry: str = ""
    last: LastProject = LastProject()
    recent: tuple[str, ...] = ()
    editor: str = ""
    indicators: tuple[ChartIndicator, ...] = ()

    def with_recent(self, path: Path) -> Settings:
        """Return settings with ``path`` first among the recent files."""
        name = str(path)
        kept = (name, *(other for other in self.recent if other != name))[:10]
        return self.model_copy(update={"recent": kept})


class Preferences:
    """The settings and their file.

    Parameters
    ----------
    path : Path
        Settings file; it need not exist.

    Attributes
    ----------
    settings : Settings
        Current values.
    complaint : str
        What was wrong with the file when it was read; empty when nothing was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.complaint = ""
        self.settings = self._read()

    def update(self, **changes: Any) -> None:
        """Change some settings; nothing is written before `save`."""
        self.settings = self.settings.model_copy(update=changes)

    def keep_indicators(self, kept: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Take the indicators that are on the chart now; nothing is written before `save`."""
        found = tuple(ChartIndicator(name=name, params=dict(params)) for name, params in kept)
        self.update(indicators=found)

    def save(self) -> None:
        """Write the file.

        Raises
        ------
        StorageError
            The folder cannot be written.
        """
        write_whole(self.path, self.settings.model_dump_json(indent=2))

    def _read(self) -> Settings:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Settings()
        except (OSError, UnicodeDecodeError) as error:
            return self._fall_back(f"cannot be read ({error})")
        try:
            return _parse(text)
        except (ValueError, StorageError) as error:
            return self._fall_back(_reason(error))

    def _fall_back(self, reason: str) -> Settings:
        aside = self.path.with_name(f"{self.path.name}.bad")
        try:
            self.path.replace(aside)
            kept = f"The file is kept as {aside}"
        except OSError as error:
            kept = f"It could not be set aside ({error.strerror})"
        self.complaint = f"{self.path} {reason}. The defaults are in use. {kept}"
        return Settings()


def _parse(text: str) -> Settings:
    values = json.loads(text)
    if not isinstance(values, dict):
        raise StorageError("holds no settings")
    version = values.get("schema_version")
    if version != SCHEMA_VERSION:
        raise StorageError(f"has version {version}, this program reads version {SCHEMA_VERSION}")
    return Settings.model_validate(values)


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        found = input_error(error, Settings)
        return f"has a bad value at '{found.field}': {found.what}"
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON (line {error.lineno}: {error.msg})"
    return str(error)
