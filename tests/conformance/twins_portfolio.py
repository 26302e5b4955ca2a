"""The portfolio strategies once more in slow plain Python, written from the strategy list and their cards.

Lists and floats, no code of the engine. `close` holds one list per asset, None where it has no price; each
function returns one list of weights per bar. Only the test of cointegration is somebody else's: statsmodels.
"""

import datetime as dt
import math
import warnings

STILL = 1e-10


def mean(values):
    return math.fsum(values) / len(values)


def spread_of(values):
    middle = mean(values)
    return math.sqrt(mean([(v - middle) ** 2 for v in values]))


def last_bars(prices):
    found, last = [], None
    for t, price in enumerate(prices):
        last = t if price is not None else last
        found.append(last)
    return found


def trades(prices, session):
    """Whether there was a price within the last 10 bars or 7 days."""
    return [
        last is not None and (t - last < 10 or session[t] - session[last] <= 7)
        for t, last in enumerate(last_bars(prices))
    ]


def carried(prices):
    return [None if last is None else prices[last] for last in last_bars(prices)]


def rows(close, held):
    """One row per bar; nothing where there is no price."""
    return [
        [0.0 if close[i][t] is None else held[t][i] for i in range(len(close))] for t in range(len(held))
    ]


# -- cross-sectional momentum ---------------------------------------------------------------------


def period_of(day, kind):
    date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
    return {
        "daily": (date,), "weekly": date.isocalendar()[:2], "monthly": (date.year, date.month),
        "quarterly": (date.year, (date.month - 1) // 3),
    }[kind]  # fmt: skip


def cross_sectional_momentum(symbols, close, session, *, lookback, skip, top, rebalance):
    known, alive = [carried(x) for x in close], [trades(x, session) for x in close]
    held, now = [], [0.0] * len(close)
    for t in range(len(session)):
        first = t == 0 or period_of(session[t], rebalance) != period_of(session[t - 1], rebalance)
        if first and t >= lookback:
            ranked = []
            for i, name in enumerate(symbols):
                then = known[i][t - lookback]
                if then is not None and alive[i][t]:
                    ranked.append((-(known[i][t - skip] / then - 1.0), name, i))
            chosen = sorted(ranked)[:top]
            now = [0.0] * len(close)
            for _, _, i in chosen:
                now[i] = 1.0 / len(chosen)
        held.append(now)
    return rows(close, held)


# -- market regime follower -----------------------------------------------------------------------


def own_return(prices, t):
    """Last bar at or before t, and its return against the own bar before; None without two."""
    own = [k for k in range(t + 1) if prices[k] is not None][-2:]
    return (own[1], prices[own[1]] / prices[own[0]] - 1.0) if len(own) == 2 else None


def market_regime_follower(symbols, close, session, *, reference, top, holding, mode, z, with_reference):
    ref = symbols.index(reference) if reference else 0
    alive = trades(close[ref], session)
    held, now, before, left, started = [], [0.0] * len(close), None, 0, False
    for t in range(len(session)):
        if started and not alive[t]:
            now, left = [0.0] * len(close), 0
        if close[ref][t] is not None:
            if before is not None:
                left = max(left - 1, 0)
                if left == 0:
                    up = close[ref][t] - close[ref][before]
                    rules = (top, mode, z, with_reference)
                    now = choose(symbols, close, t, before, ref, (up > 0) - (up < 0), rules)
                    left = holding if any(now) else 0
            before, started = t, True
        held.append(now)
    return rows(close, held)


def choose(symbols, close, t, before, ref, side, rules):
    top, mode, z, with_reference = rules
    now = [0.0] * len(close)
    candidates = []
    for i, name in enumerate(symbols):
        # The own last bars lie near: a window is enough and faster.
        found = own_return(close[i][max(0, t - 80) : t + 1], min(t, 80)) if i != ref else None
        if found is not None and found[0] + max(0, t - 80) > before:
            candidates.append((side * found[1], name, i))
    if side == 0 or not candidates:
        return now
    chosen = sorted(candidates, key=lambda c: (-c[0], c[1]))[:top]
    if mode == "significant":
        moves = [c[0] for c in candidates]
        middle, deviation = mean(moves), spread_of(moves)
        chosen = [c for c in chosen if deviation > 1e-12 and (c[0] - middle) / deviation > z]
    for _, _, i in chosen:
        now[i] = (side if with_reference else -side) / len(chosen)
    return now


# -- pairs trading --------------------------------------------------------------------------------


def regression(y, x):
    """Slope, intercept, residuals; None when x stands still."""
    y_mean, x_mean = mean(y), mean(x)
    if spread_of(x) < STILL:
        return None
    both = math.fsum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True))
    slope = both / math.fsum((a - x_mean) ** 2 for a in x)
    return slope, y_mean - slope * x_mean, [b - y_mean - slope * (a - x_mean) for a, b in zip(x, y, strict=True)]


def rolling_scores(y, x, window):
    found = []
    for k in range(len(y)):
        fit = regression(y[k - window + 1 : k + 1], x[k - window + 1 : k + 1]) if k >= window - 1 else None
        deviation = math.sqrt(mean([r * r for r in fit[2]])) if fit else 0.0
        found.append((fit[2][-1] / deviation if deviation >= STILL else None, fit[0] if fit else None))
    return found


def kalman_scores(y, x, window):
    found, errors = [(None, None)] * min(window, len(y)), []
    if len(y) <= window:
        return found
    fit = regression(y[:window], x[:window])
    state = [fit[0], fit[1]] if fit else [0.0, mean(y[:window])]
    noise = 1.0 / (window**2 * (1.0 + mean([a * a for a in x[:window]])))
    doubt = [[0.0, 0.0], [0.0, 0.0]]
    for k in range(window, len(y)):
        seen = [x[k], 1.0]
        doubt = [[doubt[i][j] + (noise if i == j else 0.0) for j in (0, 1)] for i in (0, 1)]
        error = y[k] - math.fsum(seen[i] * state[i] for i in (0, 1))
        reach = [math.fsum(doubt[i][j] * seen[j] for j in (0, 1)) for i in (0, 1)]
        variance = math.fsum(seen[i] * reach[i] for i in (0, 1)) + 1.0
        gain = [r / variance for r in reach]
        state = [state[i] + gain[i] * error for i in (0, 1)]
        doubt = [[doubt[i][j] - gain[i] * reach[j] for j in (0, 1)] for i in (0, 1)]
        errors.append(error)
        deviation = spread_of(errors[-window:]) if len(errors) >= window else 0.0
        score = (error - mean(errors[-window:])) / deviation if deviation >= STILL else None
        found.append((score, state[0]))
    return found


def is_cointegrated(y, x, level):
    from statsmodels.tsa.stattools import coint

    if spread_of(x) < STILL:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nearly collinear prices are said to be
        statistic, _, limits = coint(y, x, trend="c", maxlag=1, autolag=None)
    return bool(statistic < limits[["1%", "5%", "10%"].index(level)])


def pairs_trading(symbols, close, session, *, window, entry, exit, stop, hedge, retest, history, level):  # noqa: A002
    common = [t for t in range(len(session)) if close[0][t] is not None and close[1][t] is not None]
    y, x = ([math.log(close[i][t]) for t in common] for i in (0, 1))
    score = rolling_scores if hedge == "regression" else kalman_scores
    scores = dict(zip(common, score(y, x, window), strict=True))
    place = {t: k for k, t in enumerate(common)}
    alive = [a and b for a, b in zip(trades(close[0], session), trades(close[1], session), strict=True)]
    held, side, armed, weights = [], 0, True, [0.0, 0.0]
    sound = retest is None
    for t in range(len(session)):
        if not alive[t] and common and t > common[0]:
            side, armed = 0, False
        if t in place:
            k, (z, slope) = place[t], scores[t]
            if retest is not None and k >= history - 1 and (k - history + 1) % retest == 0:
                sound = is_cointegrated(y[k - history + 1 : k + 1], x[k - history + 1 : k + 1], level)
            away = None if z is None else -side * z
            if side and (not sound or (away is not None and stop is not None and away >= stop)):
                side, armed = 0, False
            elif side and away is not None and away <= exit:
                side = 0
            if z is not None and abs(z) < entry:
                armed = True
            beyond = z is not None and abs(z) > entry and (stop is None or abs(z) < stop)
            if side == 0 and armed and sound and beyond and slope is not None and slope > 0:
                side = -1 if z > 0 else 1
                weights = [1.0 / (1.0 + slope), slope / (1.0 + slope)]
        held.append([side * weights[0], -side * weights[1]] + [0.0] * (len(close) - 2))
    return rows(close, held)


# -- cluster mean reversion -----------------------------------------------------------------------


def correlation_of(a, b):
    a_mean, b_mean = mean(a), mean(b)
    if spread_of(a) < STILL or spread_of(b) < STILL:
        return None
    both = math.fsum((p - a_mean) * (q - b_mean) for p, q in zip(a, b, strict=True))
    return both / math.sqrt(math.fsum((p - a_mean) ** 2 for p in a) * math.fsum((q - b_mean) ** 2 for q in b))


def largest_group(symbols, logs, ready, t, correlation, lookback):
    moves = {i: [logs[i][k] - logs[i][k - 1] for k in range(t - lookback + 1, t + 1)] for i in ready}
    edges = {}
    for i in ready:
        for j in ready:
            if i < j:
                found = correlation_of(moves[i], moves[j])
                if found is not None and found > correlation:
                    edges[i, j] = edges[j, i] = found
    best, left = (0, 0.0, ""), set(ready)
    group = []
    while left:
        seen, todo = set(), [min(left)]
        while todo:
            i = todo.pop()
            if i not in seen:
                seen.add(i)
                todo += [j for j in ready if (i, j) in edges]
        left -= seen
        strength = math.fsum(value for (i, _), value in edges.items() if i in seen)
        first = min(symbols[i] for i in seen)
        rank = (-len(seen), -round(strength, 9), first)
        if len(seen) > 1 and (not group or rank < best):
            best, group = rank, sorted(seen)
    return group


def cluster_mean_reversion(symbols, close, session, *, correlation, window, lookback, refit, entry, exit):  # noqa: A002
    known, alive = [carried(x) for x in close], [trades(x, session) for x in close]
    logs = [[None if p is None else math.log(p) for p in x] for x in known]
    side, group, held = [0] * len(close), [], []
    for t in range(len(session)):
        if t >= lookback and (t - lookback) % refit == 0:
            ready = [i for i in range(len(close)) if alive[i][t] and logs[i][t - lookback] is not None]
            group = largest_group(symbols, logs, ready, t, correlation, lookback)
            side = [s if i in group else 0 for i, s in enumerate(side)]
        if group:
            middle = [mean([logs[i][k] for i in group]) for k in range(t - window + 1, t + 1)]
        for i in group:
            if not alive[i][t]:
                side[i] = 0
            elif close[i][t] is not None:
                away = [logs[i][t - window + 1 + k] - middle[k] for k in range(window)]
                deviation = spread_of(away)
                if deviation < STILL:
                    continue
                z = (away[-1] - mean(away)) / deviation
                if side[i] * z >= -exit:
                    side[i] = 0
                if side[i] == 0 and abs(z) > entry:
                    side[i] = -1 if z > 0 else 1
        held.append([s / len(group) if group else 0.0 for s in side])
    return rows(close, held)
