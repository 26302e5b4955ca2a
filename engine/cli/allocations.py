"""List the methods that divide an account among instruments, and their fields."""

from __future__ import annotations

import argparse

from engine.cli.model_list import add_flags, print_models


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    add_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the methods."""
    from engine.allocation import registry  # noqa: PLC0415

    models = {name: registry.get(name) for name in registry.names()}
    print_models(arguments, models, "Use one with --allocation NAME, --allocation-lookback 252 and its like.")
    return 0
