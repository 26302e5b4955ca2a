"""Measures what costs do to every built-in strategy, for the cards of the picker and for docs/strategies.md.

    uv run python build/make.py cards

The figures are those of the defaults on the sample project's prices. Run it again when a strategy or the
simulator changes; a test compares.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from engine.backtest.spec import BacktestSpec
from engine.data.sample import SAMPLES, sample_bars
from engine.strategies import load, registry
from engine.strategies.card import Card, card_of
from engine.studies.cost_sensitivity import LEVELS, cost_sensitivity

DAILY = ("SPX",)
# What a strategy is measured on when it is not the S&P 500, and settings that differ from the defaults.
SERIES = {
    "news_breakout": ("synthetic_5m",),
    "pairs_trading": ("SPX", "NASDAQ"),
    "cross_sectional_momentum": ("SPX", "NASDAQ", "WTI"),
    "market_regime_follower": ("SPX", "NASDAQ", "WTI"),
    "cluster_mean_reversion": ("SPX", "NASDAQ", "WTI"),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "cross_sectional_momentum": {"top": 1},
    "market_regime_follower": {"reference": "SPX", "top": 1},
    "news_breakout": {"time": "15:00"},
}
# What the sample's instrument lacks.
DATA: dict[str, dict[str, Any]] = {"news_breakout": {"instrument": {"tick_size": 0.01}}}
# Its result is that of another program's signals.
UNMEASURED = ("external_signals",)
FAMILIES = {
    "baseline": "Baselines", "trend": "Trend", "reversal": "Reversal", "breakout": "Breakout",
    "complex": "Complex", "portfolio": "Portfolio",
}  # fmt: skip


def measure(name: str) -> dict[str, Any]:
    """Return the figures of one strategy, rounded to what a card shows."""
    series = [sample_bars(sample) for sample in SERIES.get(name, DAILY)]
    if len(series) > 1:  # the range that all of them have
        days = [(bars.session[0], bars.session[-1]) for bars in series]
        first, last = max(first for first, _ in days), min(last for _, last in days)
        series = [bars.slice(*bars.session.searchsorted([first, last + 1]).tolist()) for bars in series]
    params = SETTINGS.get(name, {})
    spec = BacktestSpec.parse({"strategy": {"name": name, "params": params}, "data": DATA.get(name, {})})
    found = cost_sensitivity(series, spec)
    return {
        "samples": list(SERIES.get(name, DAILY)),
        "params": params,
        "levels_bps": list(found.levels),
        "annual_returns": [_rounded(value, 4) for value in found.annual_returns],
        "break_even_bps": None if math.isnan(found.break_even_bps) else
                          "never" if math.isinf(found.break_even_bps) else round(found.break_even_bps, 1),
        "orders_per_year": round(found.orders_per_year, 1),
        "trades": found.trades,
    }  # fmt: skip


def _rounded(value: float, digits: int) -> float | None:
    return None if math.isnan(value) else round(value, digits)


def built_in() -> list[str]:
    """Return the ids of the built-in strategies by family."""
    order = list(FAMILIES)
    names = [name for name in registry.names() if not registry.is_user_plugin(name)]
    return sorted(names, key=lambda name: (order.index(load(name).family), load(name).title))


def measure_all() -> dict[str, dict[str, Any]]:
    """Return the figures of every strategy that has some."""
    return {name: measure(name) for name in sorted(built_in()) if name not in UNMEASURED}


def page(figures: dict[str, dict[str, Any]]) -> str:
    """Return docs/strategies.md."""
    lines = [
        "# Strategies", "",
        "Every built-in strategy with its rule, its defaults and what costs do to it. The figures are those",
        "of the defaults on the sample project's prices (S&P 500, daily 1999 to 2018, where nothing else is",
        "said), with slippage as the only cost: they tell how sensitive a rule is, not what it will earn.",
        '"Nothing left at" is the slippage per order at which all the years together bring nothing.', "",
        "`uv run python build/make.py cards` measures them again. How fast each one is stands in",
        "[strategies_speed.md](strategies_speed.md), how to write one in",
        "[strategies_authoring.md](strategies_authoring.md).", "",
    ]  # fmt: skip
    for family, title in FAMILIES.items():
        names = [name for name in built_in() if load(name).family == family]
        if names:
            lines += [f"## {title}", ""]
        for name in names:
            lines += _part(name, card_of(registry.get(name)), figures.get(name))
    return "\n".join(lines)


def _part(name: str, card: Card, figures: dict[str, Any] | None) -> list[str]:
    fields = load(name).fields()
    params = ", ".join(f"`{info.name}` {_value(info.default)}{_range(info)}" for info in fields)
    constraint = registry.get(name).Params.constraint
    condition = f" `{constraint}`." if constraint else ""
    told = [card.idea, *card.rule, f"Parameters: {params or 'none'}.{condition}"]
    told += [part for part in (card.works, card.fails, card.costs) if part]
    if figures is not None:
        told.append(f"Measured: {_measured(figures)}")
    told.append(f"Source: {card.source}")
    return [f"### {card.title} (`{name}`)", "", *(line for part in told for line in (part, ""))]


def _value(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _range(info: Any) -> str:
    return "" if info.low is None or info.high is None else f" ({info.low:g} to {info.high:g})"


def _measured(figures: dict[str, Any]) -> str:
    with_ = ", ".join(f"{name} {value}" for name, value in figures["params"].items())
    where = "" if figures["samples"] == list(DAILY) else " on " + ", ".join(
        SAMPLES[name].title for name in figures["samples"]
    )
    if not figures["trades"] and not figures["orders_per_year"]:
        return f"no trade{where} with the defaults."
    years = ", ".join(
        f"{'-' if value is None else f'{100 * value:+.1f} %'} at {level:g}"
        for level, value in zip(figures["levels_bps"], figures["annual_returns"], strict=True)
    )
    left = figures["break_even_bps"]
    end = (
        "nothing left even without costs" if left is None
        else "costs hardly matter" if left == "never" else f"nothing left at {left:g} bps"
    )
    where += f", with {with_}" if with_ else ""
    return f"{figures['orders_per_year']:g} orders a year{where}; a year brings {years} bps; {end}."


def write(root: Path) -> list[Path]:
    """Write the figures and the page; return both files."""
    figures = measure_all()
    table, text = root / "resources" / "strategy_cards.json", root / "docs" / "strategies.md"
    held = {"levels_bps": list(LEVELS), "strategies": figures}
    table.write_text(json.dumps(held, indent=1) + "\n", "utf-8")
    text.write_text(page(figures), "utf-8")
    return [table, text]
