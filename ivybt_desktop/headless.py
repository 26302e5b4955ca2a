"""The sample project on a machine without a screen: the real window, painted into a picture."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer

from engine.jobs.inline import InlineExecutor
from ivybt_desktop.app import Application, make_qt
from ivybt_desktop.bridge.log_bridge import log_qt_messages
from ivybt_desktop.shell.home import open_home
from ivybt_desktop.shell.sample_run import list_files, write_sample

_PICTURE_SIZE = (1920, 1080)
_PICTURE_AFTER_MS = 500


def run_headless(folder: Path | None = None, *, reason: str = "Without a window") -> int:
    """Run the sample project without a screen and write what it shows to a folder.

    Parameters
    ----------
    folder : Path, optional
        The default (`None`) is ``ivybt-sample`` in the current folder, else a temporary one.
    reason : str
        First words of the line that tells about it.

    Returns
    -------
    int
        Exit code 0.

    Raises
    ------
    StorageError
        The folder cannot be written.
    """
    target, result = write_sample(folder, reason)
    if not os.environ.get("QT_QPA_PLATFORM"):  # an empty one counts as unset
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory(prefix="ivybt-") as spare:
        qt = make_qt(["ivybt"])
        log_qt_messages()
        application = Application(qt, open_home(Path(spare)), compute=InlineExecutor())
        application.window.resize(*_PICTURE_SIZE)
        application.start_at_once()
        application.store.save(result, now=datetime.now(UTC))
        application.workspace.show_run(result)
        loop = QEventLoop()
        QTimer.singleShot(_PICTURE_AFTER_MS, loop.quit)
        loop.exec()
        application.window.grab().save(str(target / "window.png"))
        application.window.close()
    list_files(target)
    return 0
