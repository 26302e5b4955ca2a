"""Starts the real program and reads from its log when the window was shown."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

LINE = re.compile(r"^(\S+ \S+),(\d{3}) INFO \S+ (window shown|\d+ workers ready)", re.MULTILINE)
PATIENCE_S = 120.0


def start_up(command: list[str], home: Path, **environment: str) -> dict[str, float]:
    """Start the window, wait for its workers, close it.

    Returns
    -------
    dict
        Seconds from the start of the process to ``window shown`` and to ``workers ready``, and of ``closing``.
    """
    log = home / "logs" / "ivybt.log"
    known = log.read_text(encoding="utf-8") if log.exists() else ""
    surroundings = os.environ | {"QT_QPA_PLATFORM": "offscreen", "IVYBT_HOME": str(home)} | environment
    began = time.time()
    process = subprocess.Popen(command, env=surroundings, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        found: dict[str, float] = {}
        while "workers ready" not in found:
            if process.poll() is not None or time.time() - began > PATIENCE_S:
                raise RuntimeError(f"the window did not start: exit code {process.poll()}, see {log}")
            if log.exists():
                found = stamps(log.read_text(encoding="utf-8").removeprefix(known), began)
            time.sleep(0.02)
        asked = time.time()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        return found | {"closing": time.time() - asked}
    finally:
        process.kill()
        process.wait()


def stamps(text: str, began: float) -> dict[str, float]:
    """Return the seconds of the lines that are looked for."""
    found = {}
    for stamp, thousandths, words in LINE.findall(text):
        instant = datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S").astimezone().timestamp() + int(thousandths) / 1000
        found[re.sub(r"^\d+ ", "", words)] = instant - began
    return found
