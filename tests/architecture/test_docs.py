"""docs/method.md is the contract: each of its rules has a test, each choice of a spec is told."""

from __future__ import annotations

import ast
import functools
import re

import pytest

from engine.backtest.portfolio import PortfolioSpec
from engine.execution.costs import CostModel
from engine.execution.fills import ExecutionModel
from engine.fields import describe
from engine.metrics import METRIC_NAMES
from engine.sizing import SIZERS
from tests.architecture.sources import ROOT, functions, modules, parse

METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
RULES = [int(number) for number in re.findall(r"^### (\d+)\. ", METHOD, re.MULTILINE)]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
MENTION = re.compile(r"\brules? ((?:\d+)(?:(?:, | and | to )\d+)*)")


def numbers(text: str) -> set[int]:
    """Rule numbers in ``rule 7``, ``rules 3 and 4``, ``rules 10, 11 and 13``, ``rules 10 to 13``."""
    found: set[int] = set()
    for listed in MENTION.findall(text):
        for low, high in re.findall(r"(\d+) to (\d+)", listed):
            found |= set(range(int(low), int(high) + 1))
        found |= {int(number) for number in re.findall(r"\d+", listed)}
    return found


@functools.cache
def rules_with_tests() -> set[int]:
    """Rules named by a test: in its name, its docstring, or the docstring of its class or module."""
    found: set[int] = set()
    for path in modules("tests"):
        tree = parse(path)
        tests = [node for node in functions(tree) if node.name.startswith("test_")]
        owners = [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
        if not tests or path.name == "test_docs.py":
            continue
        for node in (*tests, *owners):
            found |= numbers(ast.get_docstring(node) or "")
        for node in tests:
            found |= numbers(node.name.replace("_", " "))
    return found


def test_that_the_page_holds_every_rule():
    assert list(range(1, 25)) == RULES


@pytest.mark.parametrize("rule", RULES)
def test_that_a_test_is_named_after_the_rule(rule):
    assert rule in rules_with_tests(), f"no test mentions 'rule {rule}'"


@pytest.mark.parametrize("rule", RULES)
def test_that_the_rule_has_a_worked_example(rule):
    section = re.split(r"^### ", METHOD.split(f"### {rule}. ")[1], flags=re.MULTILINE)[0]
    assert section.count("**Example.**") == 1
    assert re.search(r"\d", section.split("**Example.**")[1])


CHOICES = {
    *CostModel.model_fields, *ExecutionModel.model_fields, *PortfolioSpec.model_fields, *METRIC_NAMES,
    *(name for sizer in SIZERS.values() for name in sizer.model_fields), *SIZERS,
    *(choice for info in describe(ExecutionModel) + describe(PortfolioSpec) for choice in info.choices),
    "candles", "finer", "formula", "gates", "run_mode", "sleeves", "symbol_costs", "train_split",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CHOICES))
def test_that_every_choice_and_every_metric_stands_on_the_page(name):
    assert f"`{name}`" in METHOD


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_that_links_between_the_pages_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]
