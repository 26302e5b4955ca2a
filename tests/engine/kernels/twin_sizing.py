"""From a signal to the quantity it asks for, one plain formula per sizing rule (rule 7 and METHOD's sizers)."""

import math
import statistics


def average_true_range(bars, length):
    """Wilder's average: the mean of the first ``length`` true ranges, then 1 / length of each new one."""
    found, ranges = [math.nan] * len(bars), []
    for t in range(1, len(bars)):
        high, low, before = bars.high[t], bars.low[t], bars.close[t - 1]
        ranges.append(max(high - low, abs(high - before), abs(low - before)))
        if len(ranges) == length:
            found[t] = sum(ranges) / length
        elif len(ranges) > length:
            found[t] = found[t - 1] + (ranges[-1] - found[t - 1]) / length
    return found


def volatility_gearing(bars, sizing, periods):
    """Target / volatility of the returns up to each close, at most the cap; 0 until ``length`` returns exist."""
    found, returns = [0.0], []
    variance = None
    for t in range(1, len(bars)):
        returns.append(bars.close[t] / bars.close[t - 1] - 1)
        n = sizing.length
        if len(returns) < n:
            found.append(0.0)
            continue
        if sizing.method == "rolling":
            variance = statistics.variance(returns[-n:])
        elif len(returns) == n:
            variance = sum(r * r for r in returns) / n
        else:
            keep = 1 - 2 / (n + 1)
            variance = keep * variance + (1 - keep) * returns[-1] ** 2
        deviation = math.sqrt(variance * periods)
        found.append(sizing.cap if deviation == 0 else min(sizing.target / deviation, sizing.cap))
    return found


def kelly_exposure(sizing, returns):
    """Exposure of a full signal from the net returns of the trades closed so far."""
    if len(returns) < sizing.min_trades:
        return sizing.start
    mean, deviation = statistics.fmean(returns), statistics.stdev(returns)
    if deviation == 0:
        return sizing.cap if mean > 0 else 0.0
    z = statistics.NormalDist().inv_cdf(sizing.confidence)
    edge = mean - z * deviation / math.sqrt(len(returns))
    return max(0.0, min(sizing.share * edge / deviation**2, sizing.cap))


def distance(setting, unit, price, atr):
    """A stop's distance in price units; infinite when it is off or its ATR is not known yet (rule 10)."""
    if setting is None:
        return math.inf
    if unit == "fraction":
        return setting * price
    if unit == "atr":
        return math.inf if math.isnan(atr) else setting * atr
    return setting


def clip(value, limit):
    return max(-limit, min(limit, value))


def exposure_of(spec, signal, gearing, closed):
    """Signed multiple of equity, for rules that size by exposure; None for the others."""
    sizing = spec.sizing
    share = {
        "fixed_fraction": lambda: sizing.fraction,
        "volatility_target": lambda: gearing,
        "kelly": lambda: kelly_exposure(sizing, closed),
    }.get(sizing.name)
    return None if share is None else clip(signal * share(), spec.execution.max_leverage)


def asked(spec, signal, *, price, equity, fee, multiplier, gearing, closed, atr):
    """Quantity that the signal asks for; the order's commission comes out of an exposure and out of the limit."""
    value, left = price * multiplier, equity - fee
    limit = spec.execution.max_leverage * left / value
    exposure = exposure_of(spec, signal, gearing, closed)
    if exposure is not None:
        return exposure * left / value
    sizing, execution = spec.sizing, spec.execution
    if sizing.name == "fixed_units":
        return clip(signal * sizing.units, limit)
    if sizing.name == "fixed_cash":
        return clip(signal * sizing.amount / value, limit)
    assert sizing.name == "risk_per_trade"
    away = min(distance(one, execution.stop_unit, price, atr) for one in (execution.stop_loss, execution.trailing_stop))
    return clip(signal * min(sizing.risk * equity / (away * multiplier), sizing.cap * equity / value), limit)
