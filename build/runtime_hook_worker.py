"""Runs before any other code of the app, right after PyInstaller has patched multiprocessing.

A spawned worker and the resource tracker do their work inside `freeze_support` and never come back from
it, so they never load Qt. Spawning re-imports the main module from its path; naming the program's own
script there, which is not on disk, keeps it from being run a second time.
"""

import multiprocessing
import os
import sys

import __main__

__main__.__file__ = os.path.join(sys._MEIPASS, "ivybt.py")  # type: ignore[attr-defined]  # noqa: PTH118, SLF001
multiprocessing.freeze_support()
