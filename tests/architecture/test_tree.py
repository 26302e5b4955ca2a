"""The tree itself: test folders, download addresses, resources, the printed commands."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

# Forms in which a package index or a file on it is written down, whatever its host is called.
ADDRESSES = {
    "an index setting": re.compile(r"(?i)\b(extra[-_]|default[-_])?index[-_]url\b\s*[=:]|\[\[tool\.uv\.index\]\]"),
    "an index address": re.compile(r"https?://[^\s\"'<>]*/simple\b"),
    "a package file": re.compile(r"https?://[^\s\"'<>]+\.(whl|tar\.gz|conda)\b"),
    "a lock file's source": re.compile(r"\bregistry\s*=\s*[\"']https?://"),
    "a client's host option": re.compile(r"--(index|extra-index|find-links|trusted-host)[= ]\s*\S*://|--trusted-host"),
}


def kept_files() -> list[Path]:
    """Files that git tracks or would track."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    if told.returncode != 0:
        pytest.skip(f"not a git checkout: {told.stderr.strip()}")
    return [ROOT / name for name in told.stdout.splitlines() if (ROOT / name).is_file()]


def test_that_no_file_holds_the_address_of_a_package_index():
    found = []
    for path in kept_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a price file
        if path == Path(__file__):
            continue  # the patterns themselves
        found += [f"{path.relative_to(ROOT)}: {what}" for what, form in ADDRESSES.items() if form.search(text)]
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        'extra-index-url = "https://packages.example/simple"',
        'source = { registry = "https://packages.example/simple" }',
        "https://files.example/packages/ab/numpy-2.2.6-cp312.whl",
        "pip install --trusted-host packages.example numpy",
    ],
)
def test_that_the_search_for_addresses_would_find_one(line):
    assert any(form.search(line) for form in ADDRESSES.values())


def test_that_no_lock_file_is_kept():
    assert not [path for path in kept_files() if path.name in {"uv.lock", "poetry.lock", "requirements.txt"}]


def test_that_every_direct_dependency_is_pinned_exactly():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = [pin.split(";")[0].strip() for pin in project["tool"]["uv"]["constraint-dependencies"]]
    loose = [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[\w.]+", pin)]
    assert not loose
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = {re.split(r"[<>=!~;\[ ]", item)[0].lower().replace("_", "-") for item in wanted}
    assert not names - {pin.split("==")[0] for pin in pins}


def test_that_every_test_folder_is_a_package():
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]


@pytest.mark.parametrize("name", ["icons/ivybt.svg", "icons/ivybt.png", "icons/ivybt.ico"])
def test_that_resources_are_read_through_importlib(name):
    assert resources.files("resources").joinpath(name).read_bytes()


@pytest.mark.parametrize("command", ["pip install uv && uv run ivybt", "pip install uv && uv run pytest"])
def test_that_the_readme_prints_the_two_commands(command):
    assert command in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()


def test_that_ci_runs_the_test_command_of_the_readme():
    assert re.search(r"^uv run pytest\b", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)


def test_that_the_build_folder_is_source_and_is_not_ignored():
    told = subprocess.run(["git", "check-ignore", "build/ivybt.spec"], cwd=ROOT, check=False, capture_output=True)
    assert told.returncode == 1
