"""`Registry`: finds plug-ins in a package and in folders of the user, and isolates broken ones.

A plug-in is a class that derives from the registry's base and stands in a module of its own. Its
id is the class attribute ``id`` or the class name in snake case (``EmaCross`` -> ``ema_cross``).
Classes whose name starts with an underscore are not plug-ins.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.machinery
import importlib.util
import pkgutil
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.core.errors import InputError, JobCancelled, StrategyError, nearest
from engine.core.interrupt import interrupted_after

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_PLUGIN_PREFIX = "ivybt_plugin_"
_LOAD_SECONDS = 20.0
_LOAD_HINT = "Nothing at the top of the file may wait or loop for long"


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
class Source:
    """A plug-in file as it was when it was loaded.

    Parameters
    ----------
    path : str
        The file.
    content : bytes
        What it held.
    """

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _File[T]:
    """A loaded file: what it held when it was read, and its classes by id."""

    content: bytes
    classes: dict[str, type[T]]


type Held[T] = Mapping[Path, _File[T]]


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
        self._last: dict[str, tuple[type[T], Path]] = {}
        self._scanning = threading.Lock()
        self._steady: ContextVar[Held[T] | None] = ContextVar(f"{kind} files", default=None)

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
        broken = self.broken_file(name)
        if broken is not None:
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

    def source_of(self, name: str) -> bytes:
        """Return the text of a user's plug-in as it was loaded, whatever the file holds by now."""
        held = self._held()
        return held[self._found()[name][1]].content

    def last(self, name: str) -> tuple[type[T], Path] | None:
        """Return a user's plug-in as it was last loaded, and its file, which may be gone or broken now."""
        return self._last.get(name)

    def broken_file(self, name: str) -> BrokenPlugin | None:
        """Return the broken file that holds, or has held, the plug-in of that id."""
        known = self._last.get(name)
        if known is not None and known[1] in self._broken:
            return self._broken[known[1]]
        return next((held for path, held in self._broken.items() if path.stem == name), None)

    @contextmanager
    def steady(self, held: Held[T] | None = None) -> Iterator[None]:
        """Keep to the plug-ins of this moment in this thread, whatever is edited and scanned meanwhile.

        Parameters
        ----------
        held : mapping, optional
            From `thaw`: those plug-ins instead. Without it, a block inside another keeps to the outer one.
        """
        now = self._held() if held is None else held
        token = self._steady.set(now)
        try:
            yield
        finally:
            self._steady.reset(token)

    def freeze(self, names: Iterable[str]) -> tuple[Source, ...]:
        """Return the files of the named plug-ins, to be loaded as they are now in another process."""
        found, held = self._found(), self._held()
        paths = dict.fromkeys(found[name][1] for name in names if name in found)
        return tuple(Source(str(path), held[path].content) for path in paths)

    def thaw(self, sources: Iterable[Source]) -> Held[T]:
        """Return what `freeze` took, for `steady`; a file that was edited since is loaded as it was."""
        thawed = dict(self._held())
        for source in sources:
            path = Path(source.path)
            held = thawed.get(path)
            if held is None or held.content != source.content:
                digest = hashlib.sha256(source.content).hexdigest()[:12]
                module = _import_source(path, source.content, f"{_module_name(path)}_{digest}")
                thawed[path] = _File(source.content, self._checked(module))
        return thawed

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
        with self._scanning:
            self._scan(folder.absolute())

    def _scan(self, folder: Path) -> None:
        before = {path: held for path, held in self._files.items() if path.parent == folder}
        files = {path: held for path, held in self._files.items() if path not in before}
        broken = {path: held for path, held in self._broken.items() if path.parent != folder}
        loaded: dict[Path, _File[T]] = {}
        for path in _plugin_files(folder):
            try:
                loaded[path] = self._load(path, before.get(path))
            except JobCancelled:  # the program closes, and the next file may not end either
                raise
            except (Exception, SystemExit) as error:  # noqa: BLE001  (border: user code may raise anything)
                broken[path] = _describe(path, error)
        # An id belongs to the file that is named after it, else to the first one by name.
        for path in sorted(loaded, key=lambda path: path.stem not in loaded[path].classes):
            try:
                self._check_free(path, loaded[path], files)
            except StrategyError as error:
                broken[path] = _describe(path, error)
            else:
                files[path] = loaded[path]
        for path in before.keys() - files.keys():
            sys.modules.pop(_module_name(path), None)
        # Other threads look names up meanwhile: they see the old state or the new one.
        self._files, self._broken = files, broken
        self._folders[folder] = None
        self._last |= _by_id(files)

    def _load(self, path: Path, before: _File[T] | None) -> _File[T]:
        content = path.read_bytes()
        if before is not None and before.content == content:
            return before
        with interrupted_after(_LOAD_SECONDS, _LOAD_HINT):
            loaded = _File(content, self._checked(_import_source(path, content)))
        if not loaded.classes:
            raise StrategyError(f"no {self._kind} class in this file")
        return loaded

    def _checked(self, module: ModuleType) -> dict[str, type[T]]:
        classes = self._classes(module)
        for cls in classes.values():
            if self._check is not None:
                self._check(cls)
        return classes

    def _check_free(self, mine: Path, file: _File[T], others: dict[Path, _File[T]]) -> None:
        for name in file.classes:
            if name in self._load_builtin():
                raise StrategyError(f"'{name}' is the id of a built-in {self._kind}; rename the class")
            for path, held in others.items():
                if name in held.classes:
                    raise StrategyError(
                        f"'{name}' is already defined in {path.name}, so {mine.name} is left out; "
                        "rename the class in one of the two"
                    )

    def _held(self) -> Held[T]:
        steady = self._steady.get()
        return self._files if steady is None else steady

    def _found(self) -> dict[str, tuple[type[T], Path]]:
        return _by_id(self._held())

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


def _by_id[T](held: Held[T]) -> dict[str, tuple[type[T], Path]]:
    return {name: (cls, path) for path, file in held.items() for name, cls in file.classes.items()}


def _plugin_files(folder: Path) -> list[Path]:
    # By stem: "idea copy.py" and "idea-2.py" come after "idea.py", which keeps the id that all three define.
    found = sorted(folder.glob("*.py"), key=lambda path: path.stem) if folder.is_dir() else []
    return [path for path in found if not path.name.startswith(("_", ".")) and path.is_file()]


def _module_name(path: Path) -> str:
    # One name for each folder, so that two folders may hold a file of one name; the same one in
    # every process, so that compiled code and pickles that mention it fit.
    folder = hashlib.sha256(str(path.parent).encode()).hexdigest()[:12]
    return f"{_PLUGIN_PREFIX}{folder}_{path.stem}"


def _import_source(path: Path, content: bytes, name: str = "") -> ModuleType:
    """Run a file as a module without bytecode files: those go by seconds, an edit may be faster."""
    name = name or _module_name(path)
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


def _class_line(path: Path, words: str) -> int:
    """Return the line of the class that an error is about: the one it names, else the first."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return 0
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    named = [node for node in classes if node.name in words or f"'{snake_case(node.name)}'" in words]
    return next((node.lineno for node in (*named, *classes)), 0)


def _describe(path: Path, error: BaseException) -> BrokenPlugin:
    line = getattr(error, "lineno", 0) or 0
    for part in (error.__cause__, error):  # the cause knows the line of a file that was interrupted
        for frame in traceback.extract_tb(part.__traceback__ if part is not None else None):
            if frame.filename == str(path):
                line = frame.lineno or line
    line = line or _class_line(path, str(error))
    details = "".join(traceback.format_exception(error))
    # The place of a syntax error is told beside the message.
    text = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())
    message = text if isinstance(error, StrategyError) else f"{type(error).__name__}: {text}"
    return BrokenPlugin(str(path), line, message, details)
