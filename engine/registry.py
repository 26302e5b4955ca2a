"""`Registry`: finds plug-ins in a package and in folders of the user, and isolates broken ones.

A plug-in is a class that derives from the registry's base and stands in a module of its own. Its
id is the class attribute ``id`` or the class name in snake case (``EmaCross`` -> ``ema_cross``).
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from engine.core.errors import InputError, StrategyError, nearest

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plug-in file that could not be loaded.

    Parameters
    ----------
    path : str
        The file.
    line : int
        Line of the error in that file, 0 when unknown.
    message : str
        The error in one line.
    details : str
        The whole traceback, for "copy details".
    """

    path: str
    line: int
    message: str
    details: str


def snake_case(name: str) -> str:
    """Return ``EmaCross`` as ``ema_cross``."""
    return _WORD.sub("_", name).lower()


class Registry[T]:
    """Classes of one kind by id.

    Parameters
    ----------
    base : type
        Class that every plug-in derives from.
    package : str
        Package whose modules hold the built-in plug-ins.
    kind : str
        Word for messages (``strategy``).
    """

    def __init__(self, base: type[T], package: str, kind: str) -> None:
        self._base, self._package, self._kind = base, package, kind
        self._builtin: dict[str, type[T]] | None = None
        self._found: dict[str, tuple[type[T], Path]] = {}
        self._broken: dict[str, BrokenPlugin] = {}

    def names(self) -> list[str]:
        """Return all ids, sorted."""
        return sorted(self._load_builtin().keys() | self._found.keys())

    def get(self, name: str) -> type[T]:
        """Return the class with that id.

        Raises
        ------
        StrategyError
            The file of that name is there and broken.
        InputError
            The id is not known; the message suggests the nearest one.
        """
        if name in self._found:
            return self._found[name][0]
        builtin = self._load_builtin()
        if name in builtin:
            return builtin[name]
        for broken in self._broken.values():
            if Path(broken.path).stem == name:
                raise StrategyError(
                    broken.message, where=f"{broken.path}:{broken.line}", hint="Mend the file"
                )
        raise InputError(
            f"unknown {self._kind} '{name}'", field=self._kind, value=name,
            hint=nearest(name, self.names()),
        )  # fmt: skip

    def path_of(self, name: str) -> Path:
        """Return the source file of a plug-in."""
        if name in self._found:
            return self._found[name][1]
        module = sys.modules[self.get(name).__module__]
        return Path(str(module.__file__))

    def is_user_plugin(self, name: str) -> bool:
        """Return whether the id comes from a user's folder."""
        return name in self._found

    @property
    def broken(self) -> tuple[BrokenPlugin, ...]:
        """Files that could not be loaded, by path."""
        return tuple(self._broken[path] for path in sorted(self._broken))

    def scan(self, folder: Path) -> None:
        """Load every ``*.py`` of a user's folder; forget files that are gone.

        A file that raises is listed in `broken` and does not stop the others. A user's plug-in
        may not take the id of a built-in one or of another file: that is an entry in `broken`.
        """
        self._found = {k: v for k, v in self._found.items() if v[1].parent != folder}
        self._broken = {k: v for k, v in self._broken.items() if Path(k).parent != folder}
        if not folder.is_dir():
            return
        for path in sorted(folder.glob("*.py")):
            if not path.name.startswith("_"):
                self._load_file(path)

    def _load_file(self, path: Path) -> None:
        try:
            module = _import_file(path)
            classes = self._classes(module)
            if not classes:
                raise StrategyError(f"no {self._kind} class in this file")  # noqa: TRY301
            for name, cls in classes.items():
                self._claim(name, cls, path)
        except Exception as error:  # noqa: BLE001  (border: user code may raise anything)
            self._broken[str(path)] = _describe(path, error)

    def _claim(self, name: str, cls: type[T], path: Path) -> None:
        if name in self._load_builtin():
            raise StrategyError(f"'{name}' is the id of a built-in {self._kind}; rename the class")
        if name in self._found and self._found[name][1] != path:
            other = self._found[name][1].name
            raise StrategyError(f"'{name}' is already defined in {other}; rename the class")
        self._found[name] = (cls, path)

    def _load_builtin(self) -> dict[str, type[T]]:
        if self._builtin is None:
            package = importlib.import_module(self._package)
            found: dict[str, type[T]] = {}
            for info in pkgutil.iter_modules(package.__path__):
                found |= self._classes(importlib.import_module(f"{self._package}.{info.name}"))
            self._builtin = found
        return self._builtin

    def _classes(self, module: ModuleType) -> dict[str, type[T]]:
        found = {}
        for value in vars(module).values():
            if not (isinstance(value, type) and issubclass(value, self._base)):
                continue
            if value is self._base or value.__module__ != module.__name__:
                continue
            name = str(value.__dict__.get("id") or snake_case(value.__name__))
            value.id = name  # type: ignore[attr-defined]
            found[name] = value
        return found


def _import_file(path: Path) -> ModuleType:
    # A name of its own for each folder, so that two folders may hold a file of one name.
    name = f"ivybt_plugin_{abs(hash(str(path.parent))):x}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise StrategyError("not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _describe(path: Path, error: Exception) -> BrokenPlugin:
    line = getattr(error, "lineno", 0) or 0
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == str(path):
            line = frame.lineno or line
    details = "".join(traceback.format_exception(error))
    return BrokenPlugin(str(path), line, f"{type(error).__name__}: {error}", details)
