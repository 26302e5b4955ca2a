"""Prove that a strategy looks at no later bar, or name what does.

Give a strategy's name, a strategy file of your own (FILE.py), or a spec file: then its gates, sizing and
sleeves are checked too. Every output is computed again on data that ends earlier and on data with another
future; what was known at a bar must stay the same. docs/leak_lab.md tells how to read the answer.

Exit codes: 0 checked, whatever was found; 1 it could not be checked, or with --strict it looks ahead;
2 the input was wrong.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.arguments import whole_number
from engine.cli.plugins import add_plugin_flag, load_plugins
from engine.cli.prices import add_reader_flags, load_prices
from engine.cli.proof import keep_proof
from engine.cli.spec_flags import add_spec_flags, in_flag_words, spec_from
from engine.core.errors import InputError

if TYPE_CHECKING:
    from engine.backtest.leak import LeakReport
    from engine.backtest.spec import BacktestSpec
    from engine.core.bars import Bars

_SPEC_FILES = (".yaml", ".yml", ".json")
_PROBES, _MOST_BARS = 40, 5_000


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    add_spec_flags(
        parser, metavar="NAME|FILE.py|SPEC", text="strategy, strategy file, or spec file; flags override it"
    )
    add_reader_flags(parser)
    group = parser.add_argument_group("check")
    group.add_argument(
        "--probes", default=_PROBES, type=whole_number("--probes", 12, 2_000), metavar="N",
        help=f"bars at which the data is cut (default {_PROBES}; four times as many for compiled rules)",
    )  # fmt: skip
    group.add_argument(
        "--seed", default=0, type=whole_number("--seed", 0, 2**31), metavar="N",
        help="of the random bars and futures (default 0)",
    )  # fmt: skip
    group.add_argument(
        "--most-bars", default=_MOST_BARS, type=whole_number("--most-bars", 30, 1_000_000), metavar="N",
        help=f"check only the last N bars (default {_MOST_BARS:,})",
    )  # fmt: skip
    group.add_argument("--strict", action="store_true", help="exit code 1 when it looks ahead")
    group.add_argument("--json", action="store_true", help="print one JSON object")
    add_plugin_flag(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check and print."""
    from engine.backtest.leak import check_leaks  # noqa: PLC0415

    with ExitStack() as stack:
        _name_strategy(arguments, stack)
        spec = spec_from(arguments)
        bars, _ = load_prices(spec, arguments)
        with in_flag_words(arguments):
            report = check_leaks(
                bars, spec, probes=arguments.probes, seed=arguments.seed, most_bars=arguments.most_bars
            )
            labels = first_labels(report, bars, spec)
        # What fewer probes than usual found clean is no proof for others.
        if report.leak or (arguments.probes >= _PROBES and arguments.most_bars >= _MOST_BARS):
            keep_proof(report, bars, spec)
    if arguments.json:
        from engine.cli.document import print_json  # noqa: PLC0415

        print_json(leak_document(report, labels))
    else:
        from engine.cli.columns import show  # noqa: PLC0415

        show(_text(report, labels, spec, bars))
    return 1 if report.problem or (arguments.strict and report.leak) else 0


def leak_document(report: LeakReport, labels: Sequence[str]) -> dict[str, Any]:
    """Return the JSON object of one check.

    Parameters
    ----------
    report : LeakReport
    labels : sequence of str
        From `first_labels`.
    """
    from engine.backtest.proof_words import status_of  # noqa: PLC0415

    findings = [
        asdict(finding) | {"first_time": label}
        for finding, label in zip(report.findings, labels, strict=True)
    ]  # fmt: skip
    return asdict(report) | {"findings": findings, "proof": status_of(report)}


def first_labels(report: LeakReport, bars: Bars | Sequence[Bars], spec: BacktestSpec) -> list[str]:
    """Return the stamp of each finding's first bar as people read it."""
    from engine.backtest.leak_parts import axis_of  # noqa: PLC0415
    from engine.backtest.run import instruments_of  # noqa: PLC0415

    series = instruments_of(bars, spec)
    times = axis_of(series)[-report.bars :]
    found = []
    for finding in report.findings:
        now = times[finding.first_bar]
        own = next(one for one in series if now in one.time)
        found.append(own.label(int(own.time.searchsorted(now))))
    return found


def _name_strategy(arguments: argparse.Namespace, stack: ExitStack) -> None:
    """Turn a name or a strategy file into ``--strategy``; a spec file stays what it is."""
    word = arguments.spec or ""
    path = Path(word).expanduser()
    if path.suffix != ".py" or arguments.plugins:
        load_plugins(arguments)
    if not word or path.suffix in _SPEC_FILES:
        return
    if path.suffix == ".py":
        from engine.cli.strategy_file import strategy_in  # noqa: PLC0415

        word = strategy_in(path, arguments.strategy, stack)
    elif arguments.strategy and arguments.strategy != word:
        raise InputError(
            f"two strategies are given, '{word}' and '{arguments.strategy}'", where="--strategy",
            hint="Give one of them",
        )  # fmt: skip
    arguments.strategy, arguments.spec = word, None


def _text(
    report: LeakReport, labels: Sequence[str], spec: BacktestSpec, bars: Bars | Sequence[Bars]
) -> str:
    from engine.backtest import proof_words as words  # noqa: PLC0415
    from engine.cli.columns import section, table  # noqa: PLC0415
    from engine.core.bars import Bars  # noqa: PLC0415
    from engine.core.instrument import symbols_text  # noqa: PLC0415

    series = (bars,) if isinstance(bars, Bars) else bars
    on = symbols_text([one.symbol for one in series])
    title = f"{spec.strategy.name} on {on}: {words.status_of(report)}"
    lines = [f"{words.verdict(report)}."]
    if report.findings:
        rows = [
            [one.output, label, words.horizon_words(one.horizon), one.likely_cause, one.where]
            for one, label in zip(report.findings, labels, strict=True)
        ]
        header = ("output", "first bar", "reads", "likely cause", "look at")
        lines = [*table(header, rows, left=5), ""]
        causes = dict.fromkeys(one.likely_cause for one in report.findings)
        lines += [f"{words.advice(cause)}." for cause in causes]
    if report.probes:
        lines += [f"{words.scope_words(report)}; it {words.warmup_words(report)}."]
    return "\n".join(section(title, lines))
