"""List, show and delete the runs that were kept with --save or in the window.

  ivybt runs                        all kept runs, the latest first
  ivybt runs ema_cross sharpe>0.8   those that match every word
  ivybt runs show ID                the summary of one run
  ivybt runs delete ID...           remove runs

Runs are kept in the data home, which the variable IVYBT_HOME can name.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.cli.home import runs_folder
from engine.core.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.storage.run_store import RunStore, RunSummary


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.usage = "ivybt runs [SEARCH... | show ID | delete ID...] [--json] [--trades]"
    text = "words, or conditions such as 'sharpe>0.8'"
    parser.add_argument("words", nargs="*", metavar="SEARCH", help=text)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--trades", action="store_true", help="with show: also print the table of all trades")


def run(arguments: argparse.Namespace) -> int:
    """List, show or delete."""
    action, *names = arguments.words or [""]
    if action == "show":
        return _show(_one(names, "show"), arguments)
    if action == "delete":
        return _delete(names, as_json=arguments.json)
    words = names if action == "list" else arguments.words
    return _list(" ".join(words), as_json=arguments.json)


def open_store() -> RunStore:
    """Return the run store of the data home; what had to be mended is told on standard error."""
    from engine.storage.run_store import RunStore  # noqa: PLC0415

    store = RunStore.open(runs_folder())
    for notice in store.notices:
        print(f"ivybt: {notice}", file=sys.stderr)
    return store


def run_document(summary: RunSummary) -> dict[str, Any]:
    """Return the JSON object of one line of the list."""
    stamps = {name: _utc(getattr(summary, name)) for name in ("created", "last_run")}
    return asdict(summary) | stamps


def _list(search: str, *, as_json: bool) -> int:
    found = open_store().summaries(search)
    if as_json:
        from engine.cli.document import print_json  # noqa: PLC0415

        print_json({"runs": [run_document(summary) for summary in found]})
        return 0
    from engine.cli.columns import show  # noqa: PLC0415

    if found:
        show(_listing(found))
    elif search:
        show(f"No kept run matches '{search}'.")
    else:
        show(f"No runs are kept in {runs_folder()}. 'ivybt backtest ... --save' keeps one.")
    return 0


def _listing(found: Sequence[RunSummary]) -> str:
    from engine.cli.columns import count, number, percent, table  # noqa: PLC0415

    words = ["Run", "Last run", "Strategy", "Symbol", "Bars from", "to"]
    header = [*words, "Total", "CAGR", "Sharpe", "Drawdown", "Trades"]
    rows = [
        [
            item.run_id, f"{item.last_run.astimezone(UTC):%Y-%m-%d %H:%M}", _strategy(item),
            f"{item.symbol} {item.timeframe}".strip(), item.start, item.end, percent(item.total_return),
            percent(item.cagr), number(item.sharpe), percent(item.max_drawdown), count(item.trades),
        ]
        for item in found
    ]  # fmt: skip
    return "\n".join([*table(header, rows, left=6), "", f"{count(len(found))} runs, times in UTC"])


def _strategy(item: RunSummary) -> str:
    return f"{item.strategy} {item.params}".strip()


def _show(run_id: str, arguments: argparse.Namespace) -> int:
    store = open_store()
    _check(store, [run_id])
    result = store.load(run_id)
    if arguments.json:
        from engine.cli.document import print_json, result_document  # noqa: PLC0415
        from engine.cli.proof import proof_document  # noqa: PLC0415

        print_json(result_document(result) | {"proof": proof_document(result)})
    else:
        from engine.cli.proof import proof_sentences  # noqa: PLC0415
        from engine.cli.summary import print_summary  # noqa: PLC0415

        print_summary(result, trades=arguments.trades, proof=proof_sentences(result))
    return 0


def _delete(run_ids: Sequence[str], *, as_json: bool) -> int:
    if not run_ids:
        hint = "Write the id; 'ivybt runs' lists them"
        raise InputError("no run is given", hint=hint)
    store = open_store()
    _check(store, run_ids)
    for run_id in run_ids:
        store.delete(run_id)
    if as_json:
        from engine.cli.document import print_json  # noqa: PLC0415

        print_json({"deleted": list(run_ids)})
    else:
        print(f"Deleted {', '.join(run_ids)}.")
    return 0


def _check(store: RunStore, run_ids: Sequence[str]) -> None:
    known = [item.run_id for item in store.summaries(limit=1_000_000)]
    for run_id in run_ids:
        if run_id not in known:
            hint = nearest(run_id, known)
            hint = hint if hint.startswith("Did") else "'ivybt runs' lists the runs there are"
            raise InputError(f"no run '{run_id}'", value=run_id, hint=hint)


def _one(names: Sequence[str], action: str) -> str:
    if len(names) != 1:
        raise InputError(
            f"takes one run, {len(names)} were given", where=f"runs {action}",
            hint="Write the id of a run; 'ivybt runs' lists them",
        )  # fmt: skip
    return names[0]


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
