"""Size habits and names: small files, small functions, one word per idea."""

from __future__ import annotations

import ast

from tests.architecture.sources import ROOT, functions, modules, name_of, parse

MODULE_LINES = 450
FUNCTION_LINES = 60
KERNEL_LINES = 120
PARAMETERS = 8
BANNED_NAMES = {"util", "utils", "helper", "helpers", "manager", "misc", "common", "legacy", "_legacy"}
ALL = modules("engine", "ivybt_desktop", "resources", "tests", "build")
ENGINE, WINDOW = modules("engine"), modules("ivybt_desktop")


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from ``def`` to the end, the docstring left out."""
    total = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        total -= node.body[0].end_lineno - node.body[0].lineno + 1
    return total


def is_kernel(path) -> bool:
    return name_of(path).startswith("engine/kernels/")


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def undocumented(node: ast.AST, prefix: str = "") -> list[str]:
    """Return public classes, functions and methods without a docstring."""
    missing = []
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        # pydantic calls `model_post_init` by name; it is no part of the public surface.
        if child.name.startswith("_") or child.name == "model_post_init":
            continue
        if ast.get_docstring(child) is None:
            missing.append(f"{prefix}{child.name}")
        if isinstance(child, ast.ClassDef):
            missing += undocumented(child, f"{prefix}{child.name}.")
    return missing


def test_that_modules_stay_small():
    counts = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in ALL}
    long = {name: count for name, count in counts.items() if count > MODULE_LINES}
    assert not long, "divide them by idea"


def test_that_functions_stay_small():
    found = {}
    for path in modules():
        limit = KERNEL_LINES if is_kernel(path) else FUNCTION_LINES
        found |= {f"{name_of(path)}:{f.name}": lines_of(f) for f in functions(parse(path)) if lines_of(f) > limit}
    assert not found


def test_that_functions_take_few_parameters():
    found = {}
    for path in modules():
        if is_kernel(path):
            continue  # compiled loops take arrays one by one
        wide = [node for node in functions(parse(path)) if parameters_of(node) > PARAMETERS]
        found |= {f"{name_of(path)}:{node.name}": parameters_of(node) for node in wide}
    assert not found


def test_that_modules_are_named_after_what_they_hold():
    assert not [name_of(path) for path in ALL if set(path.relative_to(ROOT).with_suffix("").parts) & BANNED_NAMES]


def test_that_every_module_says_what_it_holds():
    missing = [name_of(path) for path in modules() if ast.get_docstring(parse(path)) is None]
    assert not missing


def test_that_everything_public_in_the_engine_is_documented():
    found = {name_of(path): names for path in ENGINE if (names := undocumented(parse(path)))}
    assert not found


def test_that_every_class_of_the_window_is_documented():
    found = {}
    for path in WINDOW:
        classes = [node for node in ast.walk(parse(path)) if isinstance(node, ast.ClassDef)]
        names = [node.name for node in classes if not node.name.startswith("_") and ast.get_docstring(node) is None]
        if names:
            found[name_of(path)] = names
    assert not found


def test_that_the_measures_see_what_they_measure():
    tree = ast.parse('def f(self, a, b, *, c):\n    """Long.\n\n    Text.\n    """\n    return a\n\n\nclass C:\n    x = 1\n')
    node = next(functions(tree))
    assert (lines_of(node), parameters_of(node), undocumented(tree)) == (2, 3, ["C"])
