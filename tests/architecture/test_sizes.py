"""Size habits and names: small files, small functions, one word per idea."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.sources import ROOT, functions, modules, name_of, parse

MODULE_LINES = 450
FUNCTION_LINES = 60
KERNEL_LINES = 120
PARAMETERS = 8
BANNED_NAMES = {"util", "utils", "helper", "helpers", "manager", "misc", "common", "legacy", "_legacy"}
ALL = modules("engine", "ivybt_desktop", "resources", "tests", "build")


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from ``def`` to the end, the docstring left out."""
    total = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        total -= node.body[0].end_lineno - node.body[0].lineno + 1
    return total


def is_kernel(path) -> bool:
    return name_of(path).startswith("engine/kernels/")


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_that_a_module_stays_small(path):
    count = len(path.read_text(encoding="utf-8").splitlines())
    assert count <= MODULE_LINES, f"{name_of(path)} has {count} lines: divide it by idea"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_that_functions_stay_small(path):
    limit = KERNEL_LINES if is_kernel(path) else FUNCTION_LINES
    long = {node.name: lines_of(node) for node in functions(parse(path)) if lines_of(node) > limit}
    assert not long, f"{name_of(path)}: over {limit} lines: {long}"


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


@pytest.mark.parametrize("path", [path for path in modules() if not is_kernel(path)], ids=name_of)
def test_that_functions_take_few_parameters(path):
    wide = {node.name: parameters_of(node) for node in functions(parse(path)) if parameters_of(node) > PARAMETERS}
    assert not wide, f"{name_of(path)}: over {PARAMETERS} parameters: {wide}"


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_that_a_module_is_named_after_what_it_holds(path):
    parts = set(path.relative_to(ROOT).with_suffix("").parts)
    assert not parts & BANNED_NAMES, f"{name_of(path)}: name it after its one idea"


def undocumented(node: ast.AST, prefix: str) -> list[str]:
    """Public classes, functions and methods without a docstring."""
    missing = []
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if child.name.startswith("_"):
            continue
        if ast.get_docstring(child) is None:
            missing.append(f"{prefix}{child.name}")
        if isinstance(child, ast.ClassDef):
            missing += undocumented(child, f"{prefix}{child.name}.")
    return missing


@pytest.mark.parametrize("path", modules("engine"), ids=name_of)
def test_that_everything_public_in_the_engine_is_documented(path):
    tree = parse(path)
    missing = undocumented(tree, "")
    # pydantic calls this one by name; it is no part of the public surface.
    missing = [name for name in missing if not name.endswith("model_post_init")]
    assert ast.get_docstring(tree), f"{name_of(path)} has no module docstring"
    assert not missing, f"{name_of(path)}: without a docstring: {missing}"


@pytest.mark.parametrize("path", modules("ivybt_desktop"), ids=name_of)
def test_that_every_module_and_class_of_the_window_is_documented(path):
    tree = parse(path)
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    missing = [node.name for node in classes if not node.name.startswith("_") and ast.get_docstring(node) is None]
    assert ast.get_docstring(tree), f"{name_of(path)} has no module docstring"
    assert not missing, f"{name_of(path)}: without a docstring: {missing}"
