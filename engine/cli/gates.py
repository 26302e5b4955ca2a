"""List the gates (regime filters) and their fields."""

from __future__ import annotations

import argparse

from engine.cli.model_list import add_flags, print_models


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    add_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the gates."""
    from engine.regimes import gate_names, load_gate  # noqa: PLC0415

    models = {name: load_gate(name) for name in gate_names()}
    print_models(arguments, models, "Use one with --gate NAME:field=value,..; several must all be open.")
    return 0
