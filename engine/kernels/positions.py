"""Where things lie in the simulator's arrays: the account, positions, lots, and the codes of reasons."""

from __future__ import annotations

# Positions in `book`: one number each for the whole account.
CASH, COMMISSION, SLIPPAGE, FINANCING, NOTIONAL, ORDERS, UNSENT = 0, 1, 2, 3, 4, 5, 6
TRADES, WINS, LOSSES, SUM_WIN, SUM_LOSS, SUM_PNL = 7, 8, 9, 10, 11, 12
EXPOSED, TRADE_ROWS, ORDER_ROWS, LOTS_FULL = 13, 14, 15, 16
SUM_RETURN, SUM_SQUARE, REJECTED_ROWS, AMBIGUITIES, RESOLVED = 17, 18, 19, 20, 21
# Kelly exposure of a full signal, from the trades closed before the orders of this bar.
KELLY_NOW = 22
# While orders are sent: net and gross value of all positions at the prices of the orders, and their number.
NET, GROSS, POSITIONS = 23, 24, 25
BOOK_SIZE = 26

# Columns of a row of `state`, one row per asset.
QUANTITY, HELD, ENTRY_BAR, STOP, TARGET, TRAIL, BEST = 0, 1, 2, 3, 4, 5, 6
FINANCED, FIRST, LAST, STOPPED = 7, 8, 9, 10
# Entry's fill price, distance of the break-even stop, whether its bar was ambiguous.
ENTRY_PRICE, EVEN, AMBIGUOUS = 11, 12, 13
# The last own bar; the order of this bar being worked out.
SEEN, WANT, PRICE, DECISION, CAUSE = 14, 15, 16, 17, 18
# A waiting limit or stop entry: signal (0: none), level, bars left, deciding bar. A bracket waits at two
# levels: LEVEL to buy and SELL_LEVEL to sell.
WAITING, LEVEL, UNTIL, DECIDED, SELL_LEVEL = 19, 20, 21, 22, 35
# What the volume cap left: the quantity aimed at, whether it is an exit, its reason, deciding bar.
GOAL, CARRY, CARRY_REASON, CARRY_DECISION = 23, 24, 25, 26
# Whether WANT asks for more in this bar and waits for its rank; row k holds the k-th asset that does.
ASKS, PLACE = 27, 34
# Where assets miss bars of the axis: number of own bars so far, and the own bar before SEEN.
OWN, PRIOR = 28, 29
# Units filled in bar FILLED_AT, for the volume cap; how, and in which piece, this bar's entry was filled.
FILLED, FILLED_AT, ENTERED, PIECE = 30, 31, 32, 33
STATE_SIZE = 36

# Values of `state[asset, CARRY]`.
CARRY_ENTRY, CARRY_EXIT = 1.0, 2.0

# Columns of a lot; open lots of an asset lie in order of entry from FIRST up to LAST.
LOT_QUANTITY, LOT_RAW, LOT_PRICE, LOT_COMMISSION, LOT_BAR, LOT_DECISION, LOT_FINANCED = 0, 1, 2, 3, 4, 5, 6
LOT_SIZE = 7

# Reasons, as `engine.core.trade.Reason`.
SIGNAL, REBALANCE, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP, TIME_STOP, LIQUIDATION, END = 0, 1, 2, 3, 4, 5, 6, 7
BREAK_EVEN, DATA_ENDED = 8, 9

# Values of `state[asset, STOPPED]`: the held target enters again when it has changed, or at the next close.
UNTIL_NEW_SIGNAL, UNTIL_NEXT_CLOSE = 1.0, 2.0

# A quantity below this share of the position is what rounding leaves behind: neither an order nor a trade.
DUST = 1e-12
