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
HEAVY = ("PySide6", "shiboken6", "pandas", "numba", "scipy", "pyarrow", "pydantic")


def contracts(folder, cache):
    return subprocess.run(
        [LINT_IMPORTS, "--cache-dir", cache], cwd=folder, capture_output=True, text=True, check=False
    )


def test_that_the_import_contracts_hold(tmp_path):
    told = contracts(ROOT, tmp_path)
    assert told.returncode == 0, told.stdout + told.stderr


PLANTED = {
    "engine/core/bars.py": ("import PySide6\nimport engine.backtest.spec", "engine.core.bars -> engine.backtest.spec"),
    "engine/surprise.py": ("", "surprise"),
    "ivybt_desktop/context.py": ("import PySide6", "ivybt_desktop.context -> PySide6"),
    "ivybt_desktop/theme/tokens.py": ("import ivybt_desktop.contracts", "tokens -> ivybt_desktop.contracts"),
    "ivybt_desktop/docks/log/__init__.py": ("import ivybt_desktop.docks.jobs", "docks.log -> ivybt_desktop.docks.jobs"),
    "engine/regimes/hmm.py": ("import engine.regimes.garch", "regimes.hmm -> engine.regimes.garch"),
    "engine/strategies/turtle.py": ("import engine.strategies.ema_cross", "turtle -> engine.strategies.ema_cross"),
}


@pytest.mark.slow
def test_that_planted_violations_break_every_contract(tmp_path):
    for name in ("engine", "ivybt_desktop"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, (line, _) in PLANTED.items():
        with (tmp_path / file).open("a", encoding="utf-8") as planted:
            planted.write(f"\n{line}\n")
    told = contracts(tmp_path, tmp_path / "cache")
    assert told.returncode != 0
    assert " 0 kept, 7 broken." in told.stdout, told.stdout
    assert not [words for _, words in PLANTED.values() if words not in " ".join(told.stdout.split())]


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
