"""Kelly fraction of the account's own closed trades, from the cautious end of their edge."""

from __future__ import annotations

from statistics import NormalDist
from typing import ClassVar, Literal

from engine.fields import field
from engine.sizing.sizer import Sizer


class Kelly(Sizer):
    """Exposure = signal x share x edge / variance of past trade returns, between 0 and ``cap``.

    The edge is the lower confidence bound of the mean net return of closed trades: mean - z x s / sqrt(n).
    Only trades closed before the order count. Until there are ``min_trades`` of them ``start`` is used.

    Attributes
    ----------
    share : float
        Part of the full Kelly exposure; 0.5 is half Kelly.
    confidence : float
        One-sided confidence of the bound.
    min_trades : int
        Closed trades before the estimate is used.
    start, cap : float
        Exposure before that, and the largest one, as multiples of equity.
    """

    title: ClassVar[str] = "Kelly"

    name: Literal["kelly"] = "kelly"
    share: float = field(
        0.5, low=1e-6, high=1, step=0.05, unit="of Kelly", title="Share",
        help="Part of the full Kelly exposure",
    )
    confidence: float = field(
        0.9, low=0.5, high=0.999, step=0.05,
        help="Confidence of the lower bound of the mean trade return; 0.5 is the mean itself",
    )
    min_trades: int = field(
        20, low=2, high=100_000, step=5, unit="trades", title="From",
        help="Closed trades before the estimate is used",
    )
    start: float = field(
        0.1, low=0, high=100, step=0.05, unit="x", title="Until then",
        help="Exposure while there are fewer trades",
    )
    cap: float = field(1.0, low=1e-6, high=100, step=0.25, unit="x", title="At most", help="Largest exposure")

    @property
    def z(self) -> float:
        """Normal quantile of the confidence."""
        return NormalDist().inv_cdf(self.confidence)
