"""Everything that is made from the sources: the app, the pins, the screenshot, the icon.

    uv run python build/make.py app          dist/ivybt/, a folder that runs without Python
    uv run python build/make.py lock         exact pins of this environment into pyproject.toml
    uv run python build/make.py cards        resources/strategy_cards.json and docs/strategies.md
    uv run python build/make.py screenshot   docs/images/window.png, the real window with the sample run
    uv run python build/make.py icon         resources/icons/ivybt.*
    uv run python build/make.py speed        docs/strategies_speed.md, measured: on a quiet machine
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DIST, WORK = ROOT / "dist", ROOT / "work"  # PyInstaller's own choice, ./build, is our source folder


def app() -> None:
    """Build the one-dir app with PyInstaller."""
    shutil.rmtree(DIST / "ivybt", ignore_errors=True)
    command = [
        sys.executable, "-m", "PyInstaller", str(HERE / "ivybt.spec"), "--noconfirm", "--log-level", "WARN",
        "--distpath", str(DIST), "--workpath", str(WORK),
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True)
    strip(DIST / "ivybt" / "_internal")
    files = [path for path in (DIST / "ivybt").rglob("*") if path.is_file() and not path.is_symlink()]
    size = sum(path.stat().st_size for path in files)
    print(f"{DIST / 'ivybt'}: {size / 1e6:,.0f} MB, {len(files):,} files")


def strip(folder: Path) -> None:
    """Drop the local symbols of the two libraries that carry many; stripping all of them breaks numpy."""
    tool = shutil.which("strip")
    if sys.platform != "linux" or tool is None:
        return
    for pattern in ("libpython3*.so*", "llvmlite/binding/libllvmlite.so"):
        for library in folder.glob(pattern):
            subprocess.run([tool, "--strip-unneeded", str(library)], check=True)


def lock() -> None:
    """Pin the environment that runs this script."""
    import pins

    print(f"{pins.write(ROOT / 'pyproject.toml')} packages pinned in pyproject.toml")


def screenshot() -> None:
    """Take a picture of the real window, filled with the sample run."""
    from ivybt_desktop.headless import run_headless

    target = ROOT / "docs" / "images" / "window.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        run_headless(Path(folder), reason="For the picture")
        shutil.copyfile(Path(folder) / "window.png", target)
    print(target)


def icon() -> None:
    """Draw the icon."""
    import icon as drawing

    print(*drawing.draw(ROOT / "resources" / "icons"), sep="\n")


def cards() -> None:
    """Measure what costs do to the strategies; write their figures and docs/strategies.md."""
    import cards as measuring

    print(*measuring.write(ROOT), sep="\n")


def speed() -> None:
    """Measure sweeps of every compiled strategy and write the page."""
    sys.path.insert(0, str(ROOT))
    from tests.bench.library_speed import measured, page

    speeds = []
    for one in measured():
        print(f"{one.name:26} {one.rate:9,.0f} backtests/s")
        speeds.append(one)
    target = ROOT / "docs" / "strategies_speed.md"
    whole = target.with_suffix(".tmp")
    whole.write_text(page(speeds), encoding="utf-8")
    whole.replace(target)
    print(target)


COMMANDS = {"app": app, "cards": cards, "lock": lock, "screenshot": screenshot, "icon": icon, "speed": speed}


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=COMMANDS)
    COMMANDS[parser.parse_args().command]()


if __name__ == "__main__":
    main()
