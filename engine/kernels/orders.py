"""Orders: which closes cause one, what it asks for, and who comes first when cash is short."""

from __future__ import annotations

from engine.kernels.book import fill, fill_apart, whole_lots
from engine.kernels.compile import account_kernel, loop_kernel
from engine.kernels.costs import commission_of, impacted, slipped
from engine.kernels.exits import arm
from engine.kernels.positions import (
    ASKS,
    CARRY,
    CARRY_DECISION,
    CARRY_ENTRY,
    CARRY_EXIT,
    CARRY_REASON,
    CASH,
    CAUSE,
    DECIDED,
    DECISION,
    DUST,
    GOAL,
    GROSS,
    HELD,
    KELLY_NOW,
    LEVEL,
    NET,
    PLACE,
    POSITIONS,
    PRICE,
    QUANTITY,
    REBALANCE,
    REJECTED_ROWS,
    SEEN,
    SELL_LEVEL,
    SIGNAL,
    STOPPED,
    UNSENT,
    UNTIL,
    WAITING,
    WANT,
)
from engine.kernels.sizes import (
    NO_REST,
    asks_for_more,
    kelly_share,
    room_of,
    share_of,
    sized,
    sized_by_account,
    sized_share,
    take_room,
)
from engine.kernels.terms import (
    ALIVE,
    AT_BRACKET,
    AT_MARKET,
    CALENDAR,
    KELLY,
    ON_CHANGE,
    SHARE,
    THIS_CLOSE,
)

# An order filled by less than this share of what it asked for is listed as rejected.
NEARLY_ALL = 0.99
HARDLY_ANY = 1e-9


@account_kernel
def is_due(book, state, asset, targets, decision, equity, market, extra, terms):
    """Return whether the close of bar ``decision`` causes an order (rule 5)."""
    target = targets[asset, decision]
    if target != state[asset, HELD]:
        state[asset, STOPPED] = 0.0
        if terms.rebalance == ON_CHANGE:
            return True
    elif state[asset, STOPPED] != 0.0 or terms.rebalance == ON_CHANGE:
        return False
    if terms.rebalance == CALENDAR:
        return market.decides[asset, decision] != 0
    quantity = state[asset, QUANTITY]
    if target == 0.0:
        return quantity != 0.0
    close = market.close[asset, decision]
    if terms.sizing == SHARE:
        wanted_share = share_of(target, asset, decision, extra, terms)
    else:
        value = equity[decision]
        want = sized_by_account(target, quantity, value, close, asset, decision, book, market, extra, terms)
        wanted_share = want * close / value
    return abs(quantity * close / equity[decision] - wanted_share) > terms.band


@account_kernel
def bring(book, state, lots, asset, signal, raw, bar, decision, reason, market, extra, terms, trades, orders):
    """Bring the only asset of an account to a share of equity at ``raw``, slipped (rules 6, 7)."""
    quantity = state[asset, QUANTITY]
    exposure = share_of(signal, asset, decision, extra, terms)
    side = 1.0 if exposure * (book[CASH] + quantity * raw) > quantity * raw else -1.0
    price = slipped(raw, side, asset, decision, market)
    equity = book[CASH] + quantity * price
    want = sized_share(exposure, quantity, equity, price, asset, market, terms)
    change = want - quantity
    if change == 0.0 or (change > 0.0) != (side > 0.0):
        return  # at the slipped price nothing is worth trading
    if abs(change) < terms.min_quantity or abs(change) * price < terms.min_notional:
        book[UNSENT] += 1.0
        return
    fill(book, state, lots, asset, want, raw, price, bar, decision, reason, market, trades, orders)
    if want != 0.0 and want * quantity <= 0.0:
        arm(state, asset, price, bar, decision, market, terms)


@account_kernel
def trade_one(book, state, lots, bar, decision, targets, equity, market, extra, terms, trades, orders):
    """Send the order that the close of ``decision`` causes at the open, on the asset of a plain account.

    The same order that `trade_all` would send for an account of one asset, on the short way.
    """
    if is_due(book, state, 0, targets, decision, equity, market, extra, terms):
        target = targets[0, decision]
        reason = REBALANCE if target == state[0, HELD] else SIGNAL
        state[0, HELD] = target
        bring(
            book, state, lots, 0, target, market.open[0, bar], bar, decision, reason, market, extra, terms,
            trades, orders,
        )  # fmt: skip


@account_kernel
def want_of(book, state, asset, signal, cash, others, raw, slips, bar, decision, market, extra, terms):
    """Work out WANT and PRICE of an order; nothing to do leaves the held quantity."""
    quantity = state[asset, QUANTITY]
    value = cash + quantity * raw + others
    buys = asks_for_more(signal, quantity, value, raw, asset, decision, book, market, extra, terms)
    price = slipped(raw, 1.0 if buys else -1.0, asset, decision, market) if slips else raw
    equity = cash + quantity * price + others
    want = sized(signal, quantity, equity, price, asset, decision, book, market, extra, terms)
    if slips and want != quantity:
        worse = impacted(price, raw, want - quantity, asset, bar, market, extra)
        if worse != price:
            price = worse
            equity = cash + quantity * price + others
            want = sized(signal, quantity, equity, price, asset, decision, book, market, extra, terms)
    if (want > quantity) != buys:
        want = quantity
    state[asset, WANT], state[asset, PRICE] = want, price


@account_kernel
def carry_over(state, asset, want, reached, terms):
    """Keep what the volume cap left for the next opens; exits and reductions always (rule 9)."""
    quantity = state[asset, QUANTITY]
    goal = want
    if not terms.carries:
        if want * quantity < 0.0 and reached * quantity > 0.0:
            goal = 0.0  # the old side is left in any case, the new one is cancelled
        elif want * quantity < 0.0 or abs(want) > abs(quantity):
            return
    state[asset, CARRY] = CARRY_EXIT if goal == 0.0 else CARRY_ENTRY
    state[asset, GOAL], state[asset, CARRY_REASON] = goal, state[asset, CAUSE]
    state[asset, CARRY_DECISION] = state[asset, DECISION]


@loop_kernel
def execute(book, state, lots, asset, raw, bar, market, extra, terms, trades, orders):
    """Send the order that WANT, PRICE, DECISION and CAUSE describe, within the volume cap (rules 7, 9)."""
    quantity, want, price = state[asset, QUANTITY], state[asset, WANT], state[asset, PRICE]
    decision, reason = state[asset, DECISION], state[asset, CAUSE]
    change = abs(want - quantity)
    is_rest = state[asset, CARRY] != 0.0
    state[asset, CARRY] = 0.0
    if terms.participation > 0.0:
        most = room_of(state, asset, bar, extra, terms)
        if change > most * (1.0 + NO_REST):
            carry_over(state, asset, want, quantity + (most if want > quantity else -most), terms)
            if most == 0.0:
                return
            want, change = (quantity + most if want > quantity else quantity - most), most
    is_small = change < terms.min_quantity or change * price < terms.min_notional
    if is_small and not (is_rest and want == 0.0):  # the rest of an exit is sent however small
        book[UNSENT] += 1.0
        state[asset, CARRY] = 0.0
        return
    if terms.participation > 0.0:
        take_room(state, asset, bar, change)
    decided, cause = int(decision), int(reason)
    fill_apart(book, state, lots, asset, want, raw, price, bar, decided, cause, market, trades, orders)
    if want != 0.0 and want * quantity <= 0.0:
        arm(state, asset, price, bar, int(decision), market, terms)


@account_kernel
def reject(book, state, asset, bar, asked, filled, equity, traces):
    """List a candidate that was left out or cut (rule 17)."""
    row = int(book[REJECTED_ROWS])
    book[REJECTED_ROWS] += 1.0
    if row < traces.rejected.shape[0]:
        out = traces.rejected
        out[row, 0], out[row, 1], out[row, 2] = asset, state[asset, DECISION], bar
        out[row, 3] = asked * state[asset, PRICE] / equity
        out[row, 4], out[row, 5] = filled, state[asset, PRICE]


@account_kernel
def fit(book, state, asset, others, gross, held, bar, market, terms, traces):
    """Cut an increase to what leaves gross exposure within the limit after its costs (rules 16, 17).

    ``others`` and ``gross`` are the net and gross value of the other positions, ``held`` counts positions.
    """
    quantity, want, price = state[asset, QUANTITY], state[asset, WANT], state[asset, PRICE]
    equity = book[CASH] + quantity * price + others
    fee = commission_of(want - quantity, price, asset, market)
    most = (terms.max_leverage * (equity - fee) - gross) / price
    if quantity == 0.0 and held >= terms.max_positions:
        most = 0.0
    if abs(want) <= most * (1.0 + DUST):
        return
    side = 1.0 if want > 0.0 else -1.0
    # What is held already stays; a reversal that finds no room still closes the old side.
    least = abs(quantity) if want * quantity > 0.0 else 0.0
    cut = whole_lots(side * max(most, least), terms.lot) if most > least else side * least
    asked = want - quantity
    filled = (cut - quantity) / asked
    if filled < HARDLY_ANY:  # room that rounding left
        cut, filled = quantity, 0.0
    if filled < NEARLY_ALL:
        reject(book, state, asset, bar, asked, filled, equity, traces)
    state[asset, WANT] = cut + 0.0


@account_kernel
def wait_for_level(state, asset, target, decision, extra, terms):
    """Put a limit or stop entry into the market for the coming bars; a bracket at both its levels."""
    buys = target > 0.0 or terms.entry == AT_BRACKET
    state[asset, LEVEL] = extra.level[2 * asset + (0 if buys else 1), decision]
    state[asset, SELL_LEVEL] = extra.level[2 * asset + 1, decision]
    state[asset, WAITING], state[asset, UNTIL] = target, terms.entry_bars
    state[asset, DECIDED] = decision


@account_kernel
def side_asked(target, quantity, terms):
    """Return the target as the held side has it: that of a bracket does not say which side was filled."""
    return -target if terms.entry == AT_BRACKET and target * quantity < 0.0 else target


@account_kernel
def plan(
    book, state, asset, cash, total, prices, bar, decision, targets, equity, market, extra, terms
):
    """Work out the order of one asset at this bar, from the equity before the bar's first order."""
    quantity, raw = state[asset, QUANTITY], prices[asset, bar]
    state[asset, WANT] = quantity
    others = total - quantity * raw
    if is_due(book, state, asset, targets, decision, equity, market, extra, terms):
        target = targets[asset, decision]
        reason = REBALANCE if target == state[asset, HELD] else SIGNAL
        state[asset, HELD] = target
        state[asset, CARRY] = state[asset, WAITING] = 0.0
        state[asset, DECISION], state[asset, CAUSE] = decision, reason
        if terms.entry != AT_MARKET and target != 0.0:
            target = side_asked(target, quantity, terms)
            if target * quantity <= 0.0:
                wait_for_level(state, asset, target, decision, extra, terms)
                target = 0.0
                if quantity == 0.0:
                    return
        want_of(
            book, state, asset, target, cash, others, raw, True, bar, decision, market, extra, terms
        )
    elif state[asset, CARRY] != 0.0:
        want = state[asset, GOAL]
        state[asset, DECISION], state[asset, CAUSE] = state[asset, CARRY_DECISION], state[asset, CARRY_REASON]
        decided = int(state[asset, CARRY_DECISION])
        price = slipped(raw, 1.0 if want > quantity else -1.0, asset, decided, market)
        state[asset, PRICE] = impacted(price, raw, want - quantity, asset, bar, market, extra)
        state[asset, WANT] = want


@loop_kernel
def rise(book, state, lots, prices, bar, lag, asking, market, extra, terms, trades, orders, traces):
    """Send the ``asking`` increases of one bar in rank order, as far as there is room (rule 17).

    Without a ranking they come as listed, and stand in PLACE of the first rows of `state`.
    """
    n_assets = state.shape[0]
    is_ranked = extra.rank.shape[1] == n_assets and n_assets > 1
    row = min(max(bar - lag, 0), extra.rank.shape[0] - 1)
    for place in range(n_assets if is_ranked else asking):
        asset = extra.rank[row, place] if is_ranked else int(state[place, PLACE])
        if state[asset, ASKS] == 0.0:
            continue
        state[asset, ASKS] = 0.0
        raw, quantity = prices[asset, bar], state[asset, QUANTITY]
        value = quantity * raw
        held = int(book[POSITIONS])
        fit(book, state, asset, book[NET] - value, book[GROSS] - abs(value), held, bar, market, terms, traces)
        if state[asset, WANT] != quantity:
            send(book, state, lots, asset, raw, bar, market, extra, terms, trades, orders)


@account_kernel
def send(book, state, lots, asset, raw, bar, market, extra, terms, trades, orders):
    """Execute an order and keep the sums over all positions, which the room of the next ones is made of."""
    before = state[asset, QUANTITY] * raw
    execute(book, state, lots, asset, raw, bar, market, extra, terms, trades, orders)
    after = state[asset, QUANTITY] * raw
    book[NET] += after - before
    book[GROSS] += abs(after) - abs(before)
    book[POSITIONS] += (1.0 if after != 0.0 else 0.0) - (1.0 if before != 0.0 else 0.0)


@account_kernel
def sum_up(book, state, prices, bar):
    """Sum up all positions at ``prices[:, bar]``: net and gross value, and their number."""
    net, gross, held = 0.0, 0.0, 0.0
    for asset in range(state.shape[0]):
        if state[asset, QUANTITY] != 0.0:
            value = state[asset, QUANTITY] * prices[asset, bar]
            net, gross, held = net + value, gross + abs(value), held + 1.0
    book[NET], book[GROSS], book[POSITIONS] = net, gross, held


@loop_kernel
def trade_all(
    book, state, lots, prices, bar, lag, targets, equity, market, extra, terms, trades, orders, traces
):
    """Send the orders of one bar: on one equity, reductions first, then increases by rank (rule 17)."""
    cash, total, asking, is_summed = book[CASH], 0.0, 0, False
    if terms.sizing == KELLY:
        book[KELLY_NOW] = kelly_share(book, terms)
    for asset in range(state.shape[0]):
        decision = bar - lag
        if terms.has_gaps:
            if extra.alive[asset, bar] != ALIVE:
                continue
            decision = bar if terms.fill == THIS_CLOSE else int(state[asset, SEEN])
        if decision < 0:
            continue
        quiet = targets[asset, decision] == state[asset, HELD] and terms.rebalance == ON_CHANGE
        if quiet and state[asset, CARRY] == 0.0:
            continue
        if not is_summed:  # before the bar's first order
            sum_up(book, state, prices, bar)
            total, is_summed = book[NET], True
        plan(book, state, asset, cash, total, prices, bar, decision, targets, equity, market, extra, terms)
        quantity, want = state[asset, QUANTITY], state[asset, WANT]
        if abs(want) > abs(quantity):
            state[asset, ASKS], state[asking, PLACE] = 1.0, asset
            asking += 1
        elif want != quantity:
            send(book, state, lots, asset, prices[asset, bar], bar, market, extra, terms, trades, orders)
    if asking > 0:
        rise(book, state, lots, prices, bar, lag, asking, market, extra, terms, trades, orders, traces)
