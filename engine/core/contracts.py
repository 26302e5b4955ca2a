"""What one contract of the common futures is: money per price unit, smallest step, and its symbols' forms."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import NamedTuple


class Contract(NamedTuple):
    """Size of a futures contract, in the units in which data vendors quote its price.

    Parameters
    ----------
    multiplier : float
        Money per price unit of one contract. Grains, meats and softs are quoted in cents.
    tick_size : float
        Smallest price step in price units.
    """

    multiplier: float
    tick_size: float


CONTRACTS = MappingProxyType(
    {
        root: Contract(float(multiplier), float(tick_size))
        for roots, multiplier, tick_size in (
            # Equity indices
            ("ES", 50, 0.25), ("MES", 5, 0.25), ("NQ", 20, 0.25), ("MNQ", 2, 0.25),
            ("YM", 5, 1), ("MYM", 0.5, 1), ("RTY", 50, 0.1), ("M2K", 5, 0.1), ("VX", 1_000, 0.05),
            # Interest rates
            ("ZB UB", 1_000, 1 / 32), ("ZN TN", 1_000, 1 / 64), ("ZF", 1_000, 1 / 128),
            ("ZT", 2_000, 1 / 256),
            # Energy
            ("CL", 1_000, 0.01), ("MCL", 100, 0.01), ("NG", 10_000, 0.001), ("RB HO", 42_000, 0.0001),
            # Metals
            ("GC", 100, 0.1), ("MGC", 10, 0.1), ("SI", 5_000, 0.005), ("SIL", 1_000, 0.005),
            ("HG", 25_000, 0.0005), ("PL", 50, 0.1), ("PA", 100, 0.5),
            # Currencies
            ("6E", 125_000, 0.00005), ("6B", 62_500, 0.0001), ("6J", 12_500_000, 0.0000005),
            ("6A 6C 6N", 100_000, 0.00005), ("6S", 125_000, 0.00005), ("M6E", 12_500, 0.0001),
            ("DX", 1_000, 0.005),
            # Grains, meats, softs
            ("ZC ZS ZW KE", 50, 0.25), ("ZL", 600, 0.01), ("ZM", 100, 0.1), ("LE HE", 400, 0.025),
            ("GF", 500, 0.025), ("KC", 375, 0.05), ("SB", 1_120, 0.01), ("CC", 10, 1), ("CT", 500, 0.01),
            ("OJ", 150, 0.05),
            # Crypto
            ("BTC", 5, 5), ("MBT", 0.1, 5), ("ETH", 50, 0.5), ("MET", 0.1, 0.5),
        )
        for root in roots.split()
    }
)  # fmt: skip

# ES=F, ES1!, @ES, /ES, ESZ5, ESZ25, ESZ2025, @ESZ25
_FORM = re.compile(
    r"^(?:(?P<continuous>[A-Z0-9]{1,3})(?:=F|1!)"
    r"|[@/](?P<marked>[A-Z0-9]{2,3}?)(?:[FGHJKMNQUVXZ]\d{1,2})?"
    r"|(?P<dated>[A-Z0-9]{2,3}?)[FGHJKMNQUVXZ](?:\d{1,2}|20\d\d))$"
)
_YAHOO = re.compile(r"^[A-Z0-9]{1,4}=F$")


def root_of(symbol: str) -> str:
    """Return the root of a futures symbol, empty when the form or the root is not a known one.

    ``ES=F``, ``ES1!``, ``@ES``, ``/ES``, ``ESZ5`` and ``ESZ2025`` give ES. A root alone is no
    future: ES is also a share.
    """
    match = _FORM.match(symbol.upper())
    if match is None:
        return ""
    root = match["continuous"] or match["marked"] or match["dated"]
    return root if root in CONTRACTS else ""


def is_future(symbol: str) -> bool:
    """Return whether the symbol's form is that of a future; any root will do before ``=F``."""
    return bool(_YAHOO.match(symbol.upper()) or root_of(symbol))
