"""Strategy files of the user: new ones from a template, and copies of built-in ones to change.

A file is named after the id of its strategy: ``My breakout`` is the class ``MyBreakout`` with the id
``my_breakout`` in ``my_breakout.py``.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from importlib import resources
from importlib.util import decode_source
from pathlib import Path
from typing import Literal, TypeGuard

from engine.core.errors import InputError, StrategyError
from engine.registry import snake_case
from engine.storage.files import write_whole
from engine.strategies import registry

Kind = Literal["rule", "pandas"]
# Class and title of each template, which the new ones take the place of.
_TEMPLATES: dict[Kind, tuple[str, str]] = {
    "rule": ("RuleTemplate", "Rule template"), "pandas": ("PandasTemplate", "Pandas template"),
}  # fmt: skip
_LONGEST = 60
# Words of Python and of the templates, and names that Windows keeps for devices.
_KEPT = re.compile(
    r"None|True|False|Any|Bars|Indicator|Strategy|StrategyParams|(?i:con|prn|aux|nul|(com|lpt)\d)"
)


def new_strategy(folder: Path, name: str, kind: Kind) -> Path:
    """Write a strategy file from a template.

    Parameters
    ----------
    folder : Path
        The user's strategy folder; made when missing.
    name : str
        Title in plain words.
    kind : {"rule", "pandas"}
        A compiled loop over bars, or a method that may use pandas.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        The name holds no letter, or is taken by another strategy or file.
    StorageError
        The folder cannot be written.
    """
    class_name, title = _TEMPLATES[kind]
    source = resources.files("resources").joinpath("plugins", "templates", f"{kind}_strategy.py")
    return _write(folder, name, _without_heading(source.read_text(encoding="utf-8")), class_name, title)


def copy_strategy(folder: Path, strategy: str, name: str = "") -> Path:
    """Write a copy of a strategy, with an id and a title of its own, to be changed.

    Parameters
    ----------
    folder : Path
        The user's strategy folder; made when missing.
    strategy : str
        Id of the strategy.
    name : str, default ""
        Title of the copy; the default is "My" and the title of the strategy.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        The strategy is unknown, or the name is taken.
    StorageError
        The folder cannot be written.
    """
    cls = registry.get(strategy)
    # A user's file may be gone or half written by now: the copy is of what is loaded.
    is_users = registry.is_user_plugin(strategy)
    content = registry.source_of(strategy) if is_users else registry.path_of(strategy).read_bytes()
    source = decode_source(content)
    return _write(folder, name or free_name(folder, f"My {cls.title}"), source, cls.__name__, cls.title)


def free_name(folder: Path, wanted: str) -> str:
    """Return ``wanted``, or the first of ``wanted 2``, ``wanted 3`` ... that no strategy and no file has."""
    names = (wanted, *(f"{wanted} {count}" for count in range(2, 1_000)))
    return next(name for name in names if not _owner(folder, snake_case(class_name_of(name))))


def class_name_of(name: str) -> str:
    """Return the class name for a title in plain words.

    Raises
    ------
    InputError
        Nothing of it can stand in a name of Python.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9]+", plain)
    made = "".join(f"{word[:1].upper()}{word[1:]}" for word in words)
    if not made or not made[0].isalpha() or len(made) > _LONGEST or _KEPT.fullmatch(made):
        raise InputError(
            f"'{name}' cannot be the name of a strategy", field="name", value=name,
            hint=f"Use up to {_LONGEST} letters and digits, a letter first, and no word of Python",
        )  # fmt: skip
    return made


def _write(folder: Path, name: str, source: str, class_name: str, title: str) -> Path:
    new_class = class_name_of(name)
    new_id = snake_case(new_class)
    path = folder / f"{new_id}.py"
    if owner := _owner(folder, new_id):
        raise InputError(
            f"'{name}' is taken: {owner}", field="name", value=name, hint="Give it another name"
        )
    text = _renamed(source, class_name, new_class)
    text = text.replace(_quoted(title), _quoted(" ".join(name.split())), 1)
    declared = ast.parse(text)
    if not any(isinstance(node, ast.ClassDef) and node.name == new_class for node in declared.body):
        raise StrategyError(f"the class {class_name} was not found", hint="Copy the file by hand")
    write_whole(path, text)
    return path


def _owner(folder: Path, name: str) -> str:
    """Return what has an id already; empty when nothing does."""
    if name in registry.names():
        return f"the strategy '{registry.get(name).title}' has the id {name}"
    return f"there is a file {name}.py" if (folder / f"{name}.py").exists() else ""


def _renamed(source: str, old: str, new: str) -> str:
    """Return the source with a class renamed where code names it; words of docstrings stay."""
    lines = source.splitlines(keepends=True)
    nodes = [node for node in ast.walk(ast.parse(source)) if _names(node, old)]
    for node in sorted(nodes, key=lambda one: (one.lineno, one.col_offset), reverse=True):
        # Columns of the tree count bytes.
        line, at = lines[node.lineno - 1].encode(), node.col_offset
        at = line.index(old.encode(), at)
        lines[node.lineno - 1] = (line[:at] + new.encode() + line[at + len(old.encode()) :]).decode()
    text = "".join(lines)
    # A declared id would clash with the one it was copied from; the class name makes a new one.
    return re.sub(r"^    id(: ClassVar\[str\])? = .*\n", "", text, count=1, flags=re.MULTILINE)


def _names(node: ast.AST, name: str) -> TypeGuard[ast.ClassDef | ast.Name]:
    is_class = isinstance(node, ast.ClassDef) and node.name == name
    return is_class or (isinstance(node, ast.Name) and node.id == name)


def _without_heading(source: str) -> str:
    """Return a template without the lines that are about the template."""
    first = ast.parse(source).body[0]
    lines = source.splitlines(keepends=True)[first.end_lineno or 0 :]
    return f'"""A strategy of your own; how to write one: docs/strategies_authoring.md."""\n{"".join(lines)}'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
