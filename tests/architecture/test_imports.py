"""Who may import whom, and what `import engine` costs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
HEAVY = ("PySide6", "shiboken6", "pyqtgraph", "pandas", "numba", "scipy", "pyarrow", "pydantic")


def contracts(folder, cache):
    return subprocess.run(
        [LINT_IMPORTS, "--cache-dir", cache], cwd=folder, capture_output=True, text=True, check=False
    )


def test_that_the_import_contracts_hold(tmp_path):
    told = contracts(ROOT, tmp_path)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("engine/core/bars.py", "import PySide6", "knows nothing of Qt"),
        ("engine/core/bars.py", "import engine.backtest.spec", "Engine layers"),
        ("engine/surprise.py", "", "Engine layers"),
        ("ivybt_desktop/context.py", "import PySide6", "plain Python"),
        ("ivybt_desktop/theme/tokens.py", "import ivybt_desktop.contracts", "Window layers"),
    ],
)
def test_that_a_planted_violation_breaks_its_contract(tmp_path, file, line, contract):
    for name in ("engine", "ivybt_desktop"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a", encoding="utf-8") as planted:
        planted.write(f"\n{line}\n")
    told = contracts(tmp_path, tmp_path / "cache")
    assert told.returncode != 0
    assert any(contract in text and "BROKEN" in text for text in told.stdout.splitlines()), told.stdout


def test_that_import_engine_is_light_and_takes_less_than_150_ms():
    program = (
        "import sys, time; start = time.perf_counter(); import engine; "
        "print(f'[{time.perf_counter() - start}, ', end=''); "
        "import json; print(json.dumps(sorted(sys.modules)), end=']')"
    )
    runs = [
        json.loads(subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True).stdout)
        for _ in range(5)
    ]
    loaded = {name.split(".")[0] for name in runs[0][1]}
    assert not loaded & set(HEAVY)
    assert min(seconds for seconds, _ in runs) < 0.150


def test_that_the_specs_load_no_window_no_pandas_and_no_numba():
    program = "import sys, engine; engine.BacktestSpec, engine.Bars; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in told.stdout.split()}
    assert not loaded & (set(HEAVY) - {"pydantic"})
