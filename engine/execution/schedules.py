"""The published schedules as tables: a broker or market is a row, presets of one shape come from one table.

Dates are those on which the figures were true. Spread and slippage are typical of orders that do not
move the market; they are no part of any broker's schedule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from engine.core.instrument import AssetClass


@dataclass(frozen=True, slots=True)
class CostPreset:
    """A dated schedule.

    Parameters
    ----------
    name : str
        Id in specs.
    title : str
        Words for lists.
    as_of : str
        ISO date on which the schedule was true.
    asset_class : AssetClass or None
        What it is meant for; None for anything.
    costs : mapping of str to float
        Fields of `engine.execution.costs.CostModel`; `slippage_bps` is always among them.
    note : str
        What the schedule leaves out, in one sentence.
    symbols : tuple of str
        Currency pairs or roots of futures it is meant for; empty for all of its class.
    """

    name: str
    title: str
    as_of: str
    asset_class: AssetClass | None
    costs: Mapping[str, float] = field(repr=False)
    note: str = ""
    symbols: tuple[str, ...] = ()


_2025 = "2025-01-02"
# SEC section 31 fee of 27.80 USD per million from 2024-05-22, FINRA trading activity fee from 2024.
_US_SALES = MappingProxyType({"sell_fee_bps": 0.278, "sell_fee_per_unit": 0.000166})
_US_MARKET = MappingProxyType({"slippage_bps": 2.0, "spread_bps": 2.0, "borrow_rate": 0.0025})
# US overnight benchmark plus 1.5 %.
_IBKR_MARGIN = MappingProxyType({"margin_rate": 0.0583})
_SALES_NOTE = (
    "The SEC fee changes about once a year (0 from 2025-05-14); the FINRA fee's cap of 8.30 USD per order is "
    "left out"
)

# name, title, costs, note
_EQUITIES: tuple[tuple[str, str, Mapping[str, float], str], ...] = (
    (
        "us_equities_free", "US shares, commission-free broker", _US_SALES,
        f"{_SALES_NOTE}, as is interest on negative cash",
    ),
    (
        "ibkr_us_fixed", "US shares, Interactive Brokers fixed",
        {
            "commission_per_unit": 0.005, "commission_min": 1.0, "commission_max_bps": 100.0,
            **_US_SALES, **_IBKR_MARGIN,
        },
        f"{_SALES_NOTE}, as is the audit trail fee of 0.00007 USD per share",
    ),
    (
        "ibkr_us_tiered", "US shares, Interactive Brokers tiered, up to 300,000 shares a month",
        {
            "commission_per_unit": 0.0035, "commission_min": 0.35, "commission_max_bps": 100.0,
            # 0.0030 to the exchange for taking liquidity and 0.0002 for clearing, on each side.
            "spread_amount": 0.0064, **_US_SALES, **_IBKR_MARGIN,
        },
        (
            f"{_SALES_NOTE}, as are rebates, later tiers and pass-through fees; exchange and clearing "
            "fees of 0.0032 USD per share stand as a spread of 0.0064"
        ),
    ),
)  # fmt: skip

_REGULATORY = 0.02
# prefix, words, the broker's commission per contract and side, the same for micro contracts
_BROKERS: tuple[tuple[str, str, float, float], ...] = (
    ("futures", "discount broker", 1.25, 0.40),
    ("ibkr_futures", "Interactive Brokers", 0.85, 0.25),
)
# group, words, roots, exchange and clearing fee per contract and side, micro, slippage in ticks
_FUTURES: tuple[tuple[str, str, str, float, bool, float], ...] = (
    ("index", "US index futures", "ES NQ YM RTY", 1.38, False, 0.5),
    ("index_micro", "US index futures, micro", "MES MNQ MYM M2K", 0.35, True, 0.5),
    ("rates", "US Treasury futures", "ZB UB ZN TN ZF ZT", 0.90, False, 0.5),
    ("energy", "Energy futures", "CL NG RB HO", 1.60, False, 1.0),
    ("energy_micro", "Energy futures, micro", "MCL", 0.50, True, 1.0),
    ("metals", "Metal futures", "GC SI HG PL PA", 1.60, False, 1.0),
    ("metals_micro", "Metal futures, micro", "MGC SIL", 0.60, True, 1.0),
    ("fx", "Currency futures", "6E 6B 6J 6A 6C 6N 6S", 1.60, False, 1.0),
    ("fx_micro", "Currency futures, micro", "M6E", 0.24, True, 1.0),
    ("farm", "Grain and meat futures", "ZC ZS ZW KE ZL ZM LE HE GF", 2.15, False, 1.0),
)
_FUTURES_NOTE = (
    "Exchange fees differ by a few tenths of a dollar between contracts of the group; overnight fees, data "
    "fees and the roll are left out; slippage in ticks needs the instrument's tick size"
)

# name, title, date, taker fee in bps, what the fee is for
_CRYPTO: tuple[tuple[str, str, str, float, str], ...] = (
    ("binance_spot", "Binance spot, taker", _2025, 10.0, "without the discount for paying in BNB"),
    ("coinbase_advanced", "Coinbase Advanced, taker", "2024-01-02", 60.0, "up to 10,000 USD in 30 days"),
    ("kraken_pro", "Kraken Pro, taker", _2025, 40.0, "up to 10,000 USD in 30 days"),
    ("bitstamp", "Bitstamp, taker", _2025, 40.0, "up to 10,000 USD in 30 days"),
)

# pair, pip in price units, spread of a raw account in pips, mark-up of a standard account in pips
_FX: tuple[tuple[str, float, float, float], ...] = (
    ("EURUSD", 1e-4, 0.10, 0.8), ("GBPUSD", 1e-4, 0.25, 0.8), ("USDJPY", 1e-2, 0.15, 0.8),
    ("AUDUSD", 1e-4, 0.20, 0.8), ("USDCAD", 1e-4, 0.30, 0.8), ("USDCHF", 1e-4, 0.25, 0.8),
    ("NZDUSD", 1e-4, 0.35, 0.8), ("EURJPY", 1e-2, 0.35, 1.0), ("EURGBP", 1e-4, 0.30, 1.0),
    ("GBPJPY", 1e-2, 0.70, 1.0), ("EURCHF", 1e-4, 0.50, 1.0), ("AUDJPY", 1e-2, 0.45, 1.0),
    ("XAUUSD", 1e-2, 12.0, 10.0),
)  # fmt: skip
# prefix, words, commission in bps of the notional, with mark-up
_ACCOUNTS: tuple[tuple[str, str, float, bool], ...] = (
    ("fx", "standard account", 0.0, True),
    ("mt5_raw", "MetaTrader raw spread account", 0.35, False),
    ("darwinex", "Darwinex", 0.25, False),
)
_FX_NOTE = (
    "Average spread of busy hours; swaps and wider spreads (at the turn of the day, at news) are left out"
)


def _equities() -> Iterator[CostPreset]:
    for name, title, costs, note in _EQUITIES:
        yield CostPreset(name, title, _2025, AssetClass.EQUITY, {**_US_MARKET, **costs}, note)


def _futures() -> Iterator[CostPreset]:
    for prefix, broker, full, micro in _BROKERS:
        for group, words, roots, fee, small, ticks in _FUTURES:
            charge = round((micro if small else full) + fee + _REGULATORY, 4)
            costs = {"commission_per_unit": charge, "slippage_bps": 0.0, "slippage_ticks": ticks}
            yield CostPreset(
                f"{prefix}_{group}", f"{words}, {broker}", _2025, AssetClass.FUTURE, costs, _FUTURES_NOTE,
                tuple(roots.split()),
            )  # fmt: skip
    yield CostPreset(
        "futures", "Futures of any exchange", _2025, AssetClass.FUTURE,
        {"commission_per_unit": 2.5, "slippage_bps": 1.0},
        "One charge per contract for every exchange; the roll is left out",
    )  # fmt: skip


def _crypto() -> Iterator[CostPreset]:
    for name, title, as_of, taker, tier in _CRYPTO:
        costs = {"commission_bps": taker, "slippage_bps": 2.0, "spread_bps": 2.0}
        note = f"Fee of the first tier, {tier}; maker fees, later tiers, withdrawals and funding are left out"
        yield CostPreset(name, title, as_of, AssetClass.CRYPTO, costs, note)


def _fx() -> Iterator[CostPreset]:
    for prefix, account, commission, marked_up in _ACCOUNTS:
        for pair, pip, raw, markup in _FX:
            spread = round((raw + markup * marked_up) * pip, 9)
            costs = {"commission_bps": commission, "spread_amount": spread, "slippage_bps": 0.1}
            yield CostPreset(
                f"{prefix}_{pair.lower()}", f"{pair}, {account}", _2025, AssetClass.FX, costs, _FX_NOTE,
                (pair,),
            )  # fmt: skip
    yield CostPreset(
        "fx", "Any currency pair, standard account", _2025, AssetClass.FX,
        {"spread_bps": 2.0, "slippage_bps": 0.1}, _FX_NOTE,
    )  # fmt: skip
    yield CostPreset(
        "ibkr_fx", "Any currency pair, Interactive Brokers", _2025, AssetClass.FX,
        {"commission_bps": 0.2, "commission_min": 2.0, "spread_bps": 0.3, "slippage_bps": 0.1},
        "The minimum is in USD, also where the account is not; interest on both currencies is left out",
    )  # fmt: skip


def schedules() -> Iterator[CostPreset]:
    """Yield every preset, the usual one of a class first."""
    yield from _equities()
    yield CostPreset(
        "cfd_index", "Index CFD", _2025, AssetClass.INDEX, {"spread_bps": 1.0, "slippage_bps": 0.5},
        "Typical spread of US500 and US100 in exchange hours; overnight financing and dividends are left out",
    )  # fmt: skip
    yield from _fx()
    yield from _crypto()
    yield from _futures()
    yield CostPreset(
        "none", "No costs at all", _2025, None, {"slippage_bps": 0.0},
        "Everything is left out: the run is marked as free of costs",
    )  # fmt: skip
