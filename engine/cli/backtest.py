"""Run one backtest from a spec file, from flags, or both; flags override the file.

Prints a summary for people, or with --json one JSON object on standard output.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.plugins import add_plugin_flag, load_plugins
from engine.cli.prices import add_reader_flags, load_prices
from engine.cli.spec_flags import add_spec_flags, in_flag_words, spec_from

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    add_spec_flags(parser)
    add_reader_flags(parser)
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="print one JSON object, trades included")
    group.add_argument("--trades", action="store_true", help="also print the table of all trades")
    group.add_argument("--out", metavar="FOLDER", help="write spec.yaml, result.json, trades.csv, equity.csv")
    group.add_argument("--save", action="store_true", help="keep the run; 'ivybt runs' lists kept runs")
    add_plugin_flag(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the backtest and print it."""
    load_plugins(arguments)
    spec = spec_from(arguments)
    folder = Path(arguments.out).expanduser() if arguments.out else None
    bars, finer = load_prices(spec, arguments)
    if folder:
        from engine.cli.out_folder import prepare  # noqa: PLC0415

        prepare(folder)
    from engine.backtest.run import run_backtest  # noqa: PLC0415
    from engine.storage.proofs import with_proof_key  # noqa: PLC0415
    from engine.strategies import registry  # noqa: PLC0415

    with in_flag_words(arguments), registry.steady():
        result = with_proof_key(run_backtest(bars, spec, finer))
    _keep(result, folder, save=arguments.save)
    if arguments.json:
        from engine.cli.document import print_json  # noqa: PLC0415

        print_json(_document(result))
    else:
        from engine.cli.proof import proof_sentences  # noqa: PLC0415
        from engine.cli.summary import print_summary  # noqa: PLC0415

        print_summary(result, trades=arguments.trades, proof=proof_sentences(result))
    return 0


def _document(result: BacktestResult) -> dict[str, Any]:
    from engine.cli.document import result_document  # noqa: PLC0415
    from engine.cli.proof import proof_document  # noqa: PLC0415

    return result_document(result) | {"proof": proof_document(result)}


def _keep(result: BacktestResult, folder: Path | None, *, save: bool) -> None:
    if folder:
        from engine.cli.out_folder import write_run  # noqa: PLC0415

        write_run(folder, result, _document(result))
    if save:
        from engine.cli.runs import open_store  # noqa: PLC0415

        open_store().save(result, now=datetime.now(UTC))
