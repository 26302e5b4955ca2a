"""After an exit no strategy returns to the old position without a new entry."""

from pathlib import Path

import numpy as np
import pytest

from engine.backtest.targets import targets_of
from engine.strategies import PortfolioStrategy, load, registry
from tests.conformance import entries
from tests.conformance.series import intraday, random_walk, sp500
from tests.conformance.twins_news import NEWS

# Every strategy that goes flat, with parameters at which it does so often. `entries` holds its entry condition.
CASES = [
    ("turtle", {}), ("turtle", {"entry": 10, "exit": 5, "stop_atr": 0.5}),
    ("bollinger_reversion", {}), ("bollinger_reversion", {"length": 10, "std": 1.5}),
    ("rebalancing_premium", {}), ("rebalancing_premium", {"bb_length": 10, "bb_std": 1.0}),
    ("rsi_reversal", {}), ("rsi_reversal", {"length": 5, "lower": 40.0, "upper": 65.0}),
    ("macd_trend", {}), ("macd_trend", {"fast": 5, "slow": 20, "signal": 5}),
    ("macd_reversal", {}), ("macd_reversal", {"fast": 5, "slow": 20, "signal": 5}),
    ("bouncy_ball", {"ema_long": 50, "rsi": 5, "rsi_threshold": 60.0, "zone": 0.05}),
    ("washer_mean_reversion", {}), ("washer_mean_reversion", {"ret_lookback": 1, "window": 10, "entry_z": 1.0}),
    ("intermarket_zscore", {}), ("intermarket_zscore", {"length": 5, "threshold": 0.5}),
    ("channel_breakout", {}), ("channel_breakout", {"long_entry": 10, "long_exit": 5, "short_entry": 15}),
    ("daily_high_low", {}), ("daily_high_low", {"reversal": True, "hold_days": 1}),
    ("bb_kc_squeeze", {"bb_mult": 1.5}), ("bb_kc_squeeze", {"length": 10, "bb_mult": 1.0, "k_mult": 2.5, "with_breakout": True}),
    ("ichimoku_cloud", {}), ("ichimoku_cloud", {"tenkan": 5, "kijun": 10, "senkou_b": 20, "displacement": 7}),
    ("swing_point", {}), ("swing_point", {"trend_lookback": 2}),
    ("tdi_heikin_ashi", {}), ("tdi_heikin_ashi", {"rsi": 5, "green": 1, "red": 3, "slope_flat": 0.0}),
    ("news_breakout", NEWS), ("news_breakout", NEWS | {"use_color": False, "cancel_after": 15}),
    ("random_entry", {}), ("random_entry", {"seed": 77, "exposure": 0.9, "hold": 3}),
]  # fmt: skip

# Always on a side once there was a signal; what they are not is flat by a rule of their own.
NO_FLAT_EXIT = {
    "buy_and_hold": "never leaves",
    "external_signals": "copies another program's targets",
    "sma_cross": "long or short",
    "ema_cross": "long or short",
    "supertrend": "long or short",
    "markov_trend_probability": "long or short",
    "nr7": "turns only",
    "trend_grid": "turns only",
    "reversal_grid": "turns only",
}

# Files that hold the exits of strategies that are not listed here.
ELSEWHERE = ("test_exits_trend.py",)

SERIES = {"sp500": sp500, "intraday": intraday, "walk": random_walk, "wild": lambda: random_walk(900, 3, 0.03)}
SIDE = {1.0: "long", -1.0: "short"}


# Strategies that refuse bars of a day.
INTRADAY = {"news_breakout"}

# After the exit at zero the next cross is that of the other side: it never comes back to what it left.
ALTERNATES = {"macd_reversal"}


def begins(target):
    """Return the bars at which a position begins, and which of them return to the one that was left last."""
    held = np.sign(target).tolist()
    starts, returns, last = [], [], 0.0
    for t, side in enumerate(held):
        before = held[t - 1] if t else 0.0
        if side not in (0.0, before):
            starts.append(t)
            if before == 0.0 and side == last:
                returns.append(t)
        last = side or last
    return starts, returns


@pytest.mark.parametrize(("name", "params"), CASES, ids=str)
def test_that_no_position_comes_back_without_a_new_entry(name, params):
    strategy = load(name)
    checked = strategy.parse(params)
    came_back, exits = 0, 0
    for made in SERIES.values():
        bars = made()
        if name in INTRADAY and not bars.timeframe.is_intraday:
            continue
        target = targets_of(strategy, bars, checked)
        entered = getattr(entries, name)(bars, **checked.model_dump())
        starts, returns = begins(target)
        came_back += len(returns)
        exits += int(((target[1:] == 0.0) & (target[:-1] != 0.0)).sum())
        wrong = [t for t in starts if SIDE[float(np.sign(target[t]))] not in entered[t]]
        assert not wrong, f"{bars.symbol}: a position begins at bar {wrong[0]} without an entry"
    assert exits >= 5, "no position was ever left: the parameters show nothing"
    assert name in ALTERNATES or came_back >= 2, "no position was ever left and taken again"


def test_that_a_position_that_comes_back_by_itself_would_be_found():
    # Long from bar 1, left at bar 3, and held again: what masks that are filled forward twice make of it.
    starts, returns = begins(np.array([0.0, 1.0, 1.0, 0.0, 1.0, -1.0, 0.0, -1.0]))
    assert (starts, returns) == ([1, 4, 5, 7], [4, 7])


def test_that_every_strategy_is_listed_with_its_entry_or_as_one_without_an_exit():
    here = Path(__file__).parent
    told = "".join((here / name).read_text(encoding="utf-8") for name in ELSEWHERE if (here / name).is_file())
    listed = {name for name, _ in CASES} | set(NO_FLAT_EXIT)
    own = {name for name in registry.names() if not registry.is_user_plugin(name)}
    assert listed <= own
    # Portfolio strategies have weights instead of positions: their exits stand in test_portfolio_strategies.
    missing = {name for name in own - listed if f'"{name}"' not in told}
    assert not {name for name in missing if not issubclass(registry.get(name), PortfolioStrategy)}
    assert not {name for name, _ in CASES} & set(NO_FLAT_EXIT)
    assert {name for name, _ in CASES} <= vars(entries).keys()


@pytest.mark.parametrize("name", sorted(NO_FLAT_EXIT.keys() - {"external_signals"}))
def test_that_a_strategy_without_an_exit_is_never_flat_again(name):
    strategy = load(name)
    for made in SERIES.values():
        target = targets_of(strategy, made(), strategy.parse({}))
        after = target[np.argmax(target != 0.0) :]
        # Two averages of one value are no signal: a halt, not an exit.
        assert (after == 0.0).mean() < 0.02
