"""The sample project without a window: the run, and its tear sheet as files. No Qt."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ivybt_desktop.shell.samples import sample_spec

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

FOLDER = "ivybt-sample"


def writable_folder(wanted: Path | None = None) -> Path:
    """Return the folder to write to: the wanted one, ``ivybt-sample`` here, or a temporary one."""
    for folder in [wanted] if wanted else [Path.cwd() / FOLDER]:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix=f"{FOLDER}-"))


def write_sample(folder: Path | None, reason: str) -> tuple[Path, BacktestResult]:
    """Say that the sample project runs without a window, run it, and write its tear sheet.

    Parameters
    ----------
    folder : Path, optional
        Where to write; see `writable_folder`.
    reason : str
        First words of the line.

    Returns
    -------
    folder : Path
    result : BacktestResult

    Raises
    ------
    StorageError
        The folder cannot be written.
    """
    target = writable_folder(folder)
    print(f"{reason}: the sample project runs without one and is written to {target}")  # noqa: T201
    result = run_sample()
    write_summary(target, result)
    return target, result


def list_files(folder: Path) -> None:
    """Print the files of a folder, one a line."""
    for path in sorted(folder.iterdir()):
        print(path)  # noqa: T201


def run_sample() -> BacktestResult:
    """Return the run of the sample project."""
    from engine.backtest.run import run_backtest  # noqa: PLC0415  (loads numba)
    from engine.data.reader import read_bars  # noqa: PLC0415  (loads pyarrow)

    spec = sample_spec()
    return run_backtest(read_bars(str(spec.data.file)), spec)


def write_summary(folder: Path, result: BacktestResult) -> None:
    """Write the tear sheet as text and as JSON.

    Raises
    ------
    StorageError
        The folder cannot be written.
    """
    from engine.cli.document import result_document  # noqa: PLC0415
    from engine.cli.summary import tear_sheet_text  # noqa: PLC0415
    from engine.storage.files import write_whole  # noqa: PLC0415

    write_whole(folder / "summary.txt", tear_sheet_text(result) + "\n")
    write_whole(folder / "summary.json", json.dumps(result_document(result), indent=1) + "\n")
    write_whole(folder / "spec.yaml", result.spec.to_yaml())
