"""Reasons and record types of trades and orders."""

import pytest

from engine.core.trade import ORDER_DTYPE, TRADE_DTYPE, Reason


def test_that_reasons_have_the_words_of_the_command_line():
    assert [reason.label for reason in Reason][:4] == ["signal", "rebalance", "stop_loss", "take_profit"]


@pytest.mark.parametrize("dtype", [TRADE_DTYPE, ORDER_DTYPE])
def test_that_money_is_stored_in_double_precision(dtype):
    floats = [dtype[name] for name in dtype.names if dtype[name].kind == "f"]
    assert all(kind.itemsize == 8 for kind in floats)
