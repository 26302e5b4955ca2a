"""`Registry`: finds plug-ins in a package and in folders of the user, and isolates broken ones.

A plug-in is a class that derives from the registry's base and stands in a module of its own. Its
id is the class attribute ``id`` or the class name in snake case (``EmaCross`` -> ``ema_cross``).
Classes whose name starts with an underscore are not plug-ins.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import importlib.util
import pkgutil
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.core.errors import InputError, StrategyError, nearest

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_PLUGIN_PREFIX = "ivybt_plugin_"


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


@dataclass(frozen=True, slots=True)
class _File[T]:
    """A loaded file: what it held when it was read, and its classes by id."""

    content: bytes
    classes: dict[str, type[T]]


def snake_case(name: str) -> str:
    """Return ``EmaCross`` as ``ema_cross`` and ``RSIPullback`` as ``rsi_pullback``."""
    return _WORD.sub("_", name).lower()


def is_plugin_module(name: str | None) -> bool:
    """Return whether a module of that name is a user's plug-in."""
    return bool(name) and str(name).startswith(_PLUGIN_PREFIX)


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
    check : callable, optional
        ``check(cls)`` raises when a user's class cannot work; its message is shown as the reason.
    """

    def __init__(
        self,
        base: type[Any],
        package: str,
        kind: str,
        check: Callable[[type[T]], None] | None = None,
    ) -> None:
        self._base, self._package, self._kind = base, package, kind
        self._check = check
        self._builtin: dict[str, type[T]] | None = None
        self._files: dict[Path, _File[T]] = {}
        self._broken: dict[Path, BrokenPlugin] = {}
        self._folders: dict[Path, None] = {}

    def names(self) -> list[str]:
        """Return all ids, sorted."""
        return sorted(self._load_builtin().keys() | self._found().keys())

    def get(self, name: str) -> type[T]:
        """Return the class with that id.

        Raises
        ------
        StrategyError
            The file of that name is there and broken.
        InputError
            The id is not known; the message suggests the nearest one.
        """
        found = self._load_builtin().get(name)
        if found is None and name in (plugins := self._found()):
            found = plugins[name][0]
        if found is not None:
            return found
        for path, broken in self._broken.items():
            if path.stem == name:
                where = f"{broken.path}:{broken.line}" if broken.line else broken.path
                raise StrategyError(broken.message, where=where, hint="Mend the file")
        raise InputError(
            f"unknown {self._kind} '{name}'", field=self._kind, value=name,
            hint=nearest(name, self.names()),
        )  # fmt: skip

    def path_of(self, name: str) -> Path:
        """Return the source file of a plug-in."""
        found = self._found()
        if name in found:
            return found[name][1]
        module = sys.modules[self.get(name).__module__]
        return Path(str(module.__file__))

    def is_user_plugin(self, name: str) -> bool:
        """Return whether the id comes from a user's folder."""
        return name in self._found()

    @property
    def broken(self) -> tuple[BrokenPlugin, ...]:
        """Files that could not be loaded, by path."""
        return tuple(self._broken[path] for path in sorted(self._broken))

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders that were scanned; a worker process scans the same ones."""
        return tuple(self._folders)

    def scan(self, folder: Path) -> None:
        """Load every ``*.py`` of a user's folder; forget files that are gone.

        A file is loaded again when its content has changed. One that raises is listed in `broken` and
        does not stop the others. A user's plug-in may not take the id of a built-in one or of another
        file: that is an entry in `broken`. Files that start with an underscore are left alone.
        """
        folder = folder.absolute()
        before = {path: held for path, held in self._files.items() if path.parent == folder}
        files = {path: held for path, held in self._files.items() if path not in before}
        broken = {path: held for path, held in self._broken.items() if path.parent != folder}
        for path in _plugin_files(folder):
            try:
                files[path] = self._load(path, before.get(path), files)
            except (Exception, SystemExit) as error:  # noqa: BLE001  (border: user code may raise anything)
                broken[path] = _describe(path, error)
        for path in before.keys() - files.keys():
            sys.modules.pop(_module_name(path), None)
        # Other threads look names up meanwhile: they see the old state or the new one.
        self._files, self._broken = files, broken
        self._folders[folder] = None

    def _load(self, path: Path, before: _File[T] | None, others: dict[Path, _File[T]]) -> _File[T]:
        content = path.read_bytes()
        if before is not None and before.content == content:
            loaded = before
        else:
            module = _import_source(path, content)
            loaded = _File(content, self._classes(module))
            if not loaded.classes:
                raise StrategyError(f"no {self._kind} class in this file")
            for cls in loaded.classes.values():
                if self._check is not None:
                    self._check(cls)
        for name in loaded.classes:
            self._check_free(name, others)
        return loaded

    def _check_free(self, name: str, others: dict[Path, _File[T]]) -> None:
        if name in self._load_builtin():
            raise StrategyError(f"'{name}' is the id of a built-in {self._kind}; rename the class")
        for path, held in others.items():
            if name in held.classes:
                raise StrategyError(f"'{name}' is already defined in {path.name}; rename the class")

    def _found(self) -> dict[str, tuple[type[T], Path]]:
        return {
            name: (cls, path) for path, held in self._files.items() for name, cls in held.classes.items()
        }

    def _load_builtin(self) -> dict[str, type[T]]:
        if self._builtin is None:
            package = importlib.import_module(self._package)
            found: dict[str, type[T]] = {}
            for info in pkgutil.iter_modules(package.__path__):
                found |= self._classes(importlib.import_module(f"{self._package}.{info.name}"))
            self._builtin = found
        return self._builtin

    def _classes(self, module: ModuleType) -> dict[str, type[T]]:
        found: dict[str, type[T]] = {}
        for value in vars(module).values():
            if not (isinstance(value, type) and issubclass(value, self._base)):
                continue
            if value.__module__ != module.__name__ or value.__name__.startswith("_"):
                continue
            name = str(value.__dict__.get("id") or snake_case(value.__name__))
            if not _ID.fullmatch(name):
                raise StrategyError(
                    f"'{name}' cannot be an id", where=value.__name__,
                    hint="Use small letters, digits and underscores",
                )  # fmt: skip
            if found.get(name, value) is not value:
                raise StrategyError(f"'{name}' is defined twice in this file; rename one of the classes")
            value.id = name  # type: ignore[attr-defined]
            found[name] = value
        return found


def _plugin_files(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.py")) if folder.is_dir() else []
    return [path for path in found if not path.name.startswith(("_", ".")) and path.is_file()]


def _module_name(path: Path) -> str:
    # One name for each folder, so that two folders may hold a file of one name; the same one in
    # every process, so that compiled code and pickles that mention it fit.
    folder = hashlib.sha256(str(path.parent).encode()).hexdigest()[:12]
    return f"{_PLUGIN_PREFIX}{folder}_{path.stem}"


def _import_source(path: Path, content: bytes) -> ModuleType:
    """Run a file as a module without bytecode files: those go by seconds, an edit may be faster."""
    name = _module_name(path)
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None:
        raise StrategyError("not a Python file")
    module = importlib.util.module_from_spec(spec)
    code = compile(content, str(path), "exec", dont_inherit=True)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        exec(code, vars(module))  # noqa: S102  (a plug-in is code that the user chose to run)
    except BaseException:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise
    return module


def _describe(path: Path, error: BaseException) -> BrokenPlugin:
    line = getattr(error, "lineno", 0) or 0
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == str(path):
            line = frame.lineno or line
    details = "".join(traceback.format_exception(error))
    text = " ".join(str(error).split())
    message = text if isinstance(error, StrategyError) else f"{type(error).__name__}: {text}"
    return BrokenPlugin(str(path), line, message, details)
