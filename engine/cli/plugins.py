"""Strategies of the user on the command line: ``--plugins FOLDER`` or the folder in the data home."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.cli.home import plugins_folder
from engine.core.errors import InputError


def add_plugin_flag(parser: argparse.ArgumentParser) -> None:
    """Add ``--plugins``."""
    parser.add_argument(
        "--plugins", metavar="FOLDER", help="folder of strategy files (default: plugins in the data home)"
    )


def load_plugins(arguments: argparse.Namespace) -> None:
    """Load the user's strategies; files that cannot be loaded are told on standard error.

    Raises
    ------
    InputError
        ``--plugins`` names no folder.
    """
    from engine.strategies import registry  # noqa: PLC0415

    folder = Path(arguments.plugins).expanduser() if arguments.plugins else plugins_folder()
    if arguments.plugins and not folder.is_dir():
        raise InputError("no such folder", where=f"--plugins {folder}", hint="Check the path")
    registry.scan(folder)
    for broken in registry.broken:
        place = f"{broken.path}:{broken.line}" if broken.line else broken.path
        print(f"ivybt: plug-in left out: {place}: {broken.message}", file=sys.stderr)
