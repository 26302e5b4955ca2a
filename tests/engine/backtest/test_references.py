"""Results that other people published, reproduced; where a source uses another rule, the test converts."""

import csv
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.backtest.run import simulate_signals
from engine.core.bars import Bars
from engine.metrics.returns import annual_return, max_drawdown, sharpe, sortino, tail_risk, volatility
from tests.engine.cases import spec_of

pytestmark = pytest.mark.golden
ROOT = Path(os.environ.get("IVYBT_REFERENCE_DATA", "")) / "references"
needs_data = pytest.mark.skipif(
    "IVYBT_REFERENCE_DATA" not in os.environ, reason="IVYBT_REFERENCE_DATA names no folder"
)


def read(name, **options):
    frame = pd.read_csv(ROOT / "data" / name, index_col=0, parse_dates=True, **options)
    return Bars.from_frame(frame.rename(columns=str.lower), symbol=name.split("_")[-1][:4], timeframe="1d")


def crossings(close, fast, slow):
    """+1 / -1 from each crossing of two simple averages until the next one; 0 before the first."""
    a, b = (close.rolling(n).mean() for n in (fast, slow))
    up = (a.shift() < b.shift()) & (a > b)
    down = (b.shift() < a.shift()) & (b > a)
    return (up.astype(float) - down.astype(float)).replace(0.0, np.nan).ffill().fillna(0.0).to_numpy()


@pytest.fixture(scope="module")
def goog():
    if "IVYBT_REFERENCE_DATA" not in os.environ:
        pytest.skip("IVYBT_REFERENCE_DATA names no folder")
    bars = read("backtestingpy_GOOG.csv")
    targets = crossings(pd.Series(bars.close), 10, 30)
    return simulate_signals(bars, targets, spec_of(lot=1))


def test_that_goog_sma_crossings_give_the_published_trades_entry_by_entry(goog):
    with (ROOT / "data" / "backtestingpy_GOOG_sma10_30_plain_trades.csv").open() as file:
        published = list(csv.DictReader(file))
    assert len(published) == len(goog.trades) == 66
    for trade, row in zip(goog.trades[:-1], published[:-1], strict=True):
        assert trade["side"] * trade["quantity"] == float(row["Size"])
        assert (trade["entry_bar"], trade["exit_bar"]) == (int(row["EntryBar"]), int(row["ExitBar"]))
        assert (trade["entry_price"], trade["exit_price"]) == (float(row["EntryPrice"]), float(row["ExitPrice"]))
        assert trade["pnl"] == pytest.approx(float(row["PnL"]), abs=1e-8)
        assert trade["return"] == pytest.approx(float(row["ReturnPct"]), abs=1e-9)
    assert goog.trades["side"][-1] * goog.trades["quantity"][-1] == float(published[-1]["Size"])


def test_that_goog_final_equity_is_published_when_the_last_trade_ends_at_the_last_open(goog):
    last = goog.trades[-1]
    assert last["open"]
    bars = goog.bars
    held = last["side"] * last["quantity"]
    assert goog.equity[-1] == pytest.approx(51959.95, abs=1e-6)
    assert goog.equity[-1] - held * (bars.close[-1] - bars.open[-1]) == pytest.approx(51422.98999999996, abs=1e-8)


def test_that_goog_equity_follows_the_published_curve(goog):
    published = pd.read_csv(ROOT / "data" / "backtestingpy_GOOG_sma10_30_plain_equity.csv.gz", index_col=0)
    curve = published["Equity"].to_numpy()
    np.testing.assert_allclose(goog.equity[:-1], curve[:-1], atol=1e-6)
    assert goog.equity.max() == pytest.approx(75787.44)
    # The source closes the last trade at the last open, so its last point is lower than our mark.
    assert goog.drawdown.min() == pytest.approx(-0.4798012705007589, abs=1e-12)


def test_that_goog_trade_statistics_agree_with_the_source_once_the_last_trade_is_closed(goog):
    # The source counts 66 closed trades, the last one ended at the last open; ours lists it as open.
    last = goog.trades[-1].copy()
    ended = last["side"] * last["quantity"] * (goog.bars.open[-1] - last["entry_price"])
    pnl = np.append(goog.trades["pnl"][:-1], ended)
    returns = np.append(goog.trades["return"][:-1], ended / (last["quantity"] * last["entry_price"]))
    assert (pnl > 0).mean() == pytest.approx(0.4696969696969697)
    # The source's profit factor and expectancy are over returns in percent, ours over money.
    assert returns[returns > 0].sum() / -returns[returns < 0].sum() == pytest.approx(2.167945974262033)
    assert returns.mean() * 100 == pytest.approx(3.2748078066748834, abs=1e-9)
    assert returns.max() * 100 == pytest.approx(53.59595229490424)
    assert returns.min() * 100 == pytest.approx(-18.39887353835481)


BUYS = [3643.35, 3801.03, 3872.37, 3863.57, 3845.32, 3656.43, 3542.65, 3639.65, 3799.86, 3840.20, 4047.63, 4052.55]  # fmt: skip
SELLS = [3763.95, 3811.85, 3822.35, 3822.57, 3829.82, 3598.58, 3545.92, 3766.80, 3782.15, 3979.73, 4045.05]


@needs_data
def test_that_backtrader_sma_fills_and_final_values_are_reproduced():
    bars = read("backtrader_2006-day-001.txt")
    close = pd.Series(bars.close)
    average = close.rolling(15).mean()
    above = close > average
    crossed = above & (close.shift() <= average.shift())
    # Long from a cross above until a cross below; a start above the average is not a cross.
    targets = np.zeros(len(bars))
    for t in range(1, len(bars)):
        targets[t] = float(crossed[t] or (targets[t - 1] and not close[t] < average[t]))
    # The source trades one unit: the target is the share of equity that one unit is worth at the fill.
    one_unit = targets.copy()
    result = None
    for _ in range(40):  # equity depends on the exposures before, so the exposures settle step by step
        result = simulate_signals(bars, one_unit, spec_of())
        fresh = targets.copy()
        for order in result.orders:
            t = order["decision_bar"]
            span = slice(t, None)
            if targets[t]:
                equity = result.equity[t]
                fresh[span] = np.where(targets[span] > 0, bars.open[t + 1] / equity, fresh[span])
        if np.array_equal(fresh, one_unit):
            break
        one_unit = fresh
    buys = result.orders[result.orders["quantity"] > 0]
    sells = result.orders[result.orders["quantity"] < 0]
    np.testing.assert_allclose(buys["price"], BUYS)
    np.testing.assert_allclose(sells["price"], SELLS)
    np.testing.assert_allclose(result.orders["position"].max(), 1.0)
    assert result.equity[-1] == pytest.approx(10284.10, abs=1e-6)
    cash = result.equity[-1] - result.positions[-1] * bars.close[-1]
    assert cash == pytest.approx(6164.16, abs=1e-6)


@needs_data
def test_that_the_sharpe_ratio_of_chans_ige_example_is_exact():
    frame = pd.read_csv(ROOT / "data" / "IGE_chan.csv").sort_values("Date")
    returns = frame["Adj Close"].pct_change().dropna().to_numpy()
    assert sharpe(returns, 252, risk_free=0.04) == pytest.approx(0.789317538344851, abs=1e-12)


MIXED = np.array([1, 10, -4, 2, 3, 2, 1, -10]) / 100
WEEKLY = np.array([0, 1, 10, -4, 2, 3, 2, 1, -10]) / 100
POSITIVE = np.array([1, 2, 1, 1, 1, 1, 1, 1, 1]) / 100
NEGATIVE = np.array([0, -6, -7, -1, -9, -2, -6, -8, -5]) / 100


def grown(returns):
    return np.cumprod(1 + returns)


@pytest.mark.parametrize(
    ("value", "published"),
    [
        (lambda: max_drawdown(grown(MIXED), 1.0), -0.1),
        (lambda: max_drawdown(grown(POSITIVE), 1.0), 0.0),
        (lambda: max_drawdown(grown(NEGATIVE), 1.0), -0.36590730),
        (lambda: max_drawdown(grown(np.array([10, -10, 10]) / 100), 1.0), -0.10),
        (lambda: volatility(MIXED, 252), 0.9136465399704637),
        (lambda: volatility(WEEKLY, 52), 0.38851569394870583),
        (lambda: volatility(WEEKLY, 12), 0.18663690238892558),
        (lambda: sharpe(MIXED, 252), 1.7238613961706866),
        (lambda: sharpe(POSITIVE, 252), 52.915026221291804),
        (lambda: sharpe(NEGATIVE, 252), -24.406808633910085),
        (lambda: sortino(MIXED, 252), 2.605531251673693),
        (lambda: sortino(NEGATIVE, 252), -13.532743075043401),
        (lambda: sortino(WEEKLY, 52), 1.1158901056866439),
        (lambda: sortino(WEEKLY, 12), 0.53605626741889756),
        (lambda: annual_return(grown(WEEKLY)[-1] - 1, 9, 52), 0.24690830513998208),
        (lambda: annual_return(grown(WEEKLY)[-1] - 1, 9, 12), 0.052242061386048144),
    ],
)  # fmt: skip
def test_that_metrics_of_the_empyrical_vectors_are_the_published_ones(value, published):
    assert value() == pytest.approx(published, abs=5e-9)


def test_that_the_annual_return_of_the_mixed_vector_counts_its_missing_first_day():
    # The source's vector has nine entries, the first one missing; it divides by all nine.
    assert annual_return(grown(MIXED)[-1] - 1, 9, 252) == pytest.approx(1.9135925373194231, abs=5e-9)


@needs_data
@pytest.mark.parametrize("symbol", ["SPY", "XLF", "GLD", "TLT", "AAPL"])
def test_that_metrics_of_real_returns_agree_with_three_libraries(symbol):
    import json

    reference = json.loads((ROOT / "metrics_real_data.json").read_text())
    folder = ROOT.parent / "equities_daily"
    name = "us_stocks_600_2007_2017.parquet" if symbol == "AAPL" else "us_etfs_daily.parquet"
    frame = pd.read_parquet(folder / name, filters=[("symbol", "==", symbol)])
    returns = frame["close"].pct_change().dropna().to_numpy()
    table = REAL[symbol]
    assert returns.size == table[0]
    assert annual_return(grown(returns)[-1] - 1, returns.size, 252) == pytest.approx(table[1], abs=1e-11)
    assert volatility(returns, 252) == pytest.approx(table[2], abs=1e-11)
    assert sharpe(returns, 252) == pytest.approx(table[3], abs=1e-11)
    assert sortino(returns, 252) == pytest.approx(table[4], abs=1e-11)
    assert max_drawdown(grown(returns), 1.0) == pytest.approx(table[5], abs=1e-11)
    var, cvar = tail_risk(returns)
    assert var == pytest.approx(table[6], abs=1e-11)
    assert cvar == pytest.approx(table[7], abs=1e-11)
    assert reference  # the table above is an extract of this file


REAL = {
    "SPY": (3200, 0.072758505653, 0.189760496853, 0.464959509529, 0.656888117054, -0.564744718310, -0.017538865107, -0.029271626011),
    "XLF": (3200, 0.014816348904, 0.324211291519, 0.207059133475, 0.300559536989, -0.837447645409, -0.027719316885, -0.049292636719),
    "GLD": (3200, 0.083989420855, 0.192052818830, 0.516137949180, 0.730339763202, -0.455550138144, -0.018842143645, -0.028691066171),
    "TLT": (3200, 0.039991557028, 0.141120912508, 0.348422694675, 0.497385601989, -0.284619179163, -0.014565766961, -0.019448332100),
    "AAPL": (2735, 0.293104204473, 0.319459787576, 0.965214315538, 1.408170595951, -0.608690555273, -0.028978543930, -0.046539304677),
}  # fmt: skip
