"""Every strategy has a card of one screen, and the figures on it are those of today's code."""

import json
import sys

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.strategies import Strategy, registry
from engine.strategies.card import card_of
from engine.studies.cost_sensitivity import cost_sensitivity
from tests.architecture.sources import ROOT
from tests.conformance.series import sp500

sys.path.insert(0, str(ROOT / "build"))
import cards as measuring

sys.path.pop(0)
NAMES = [name for name in registry.names() if not registry.is_user_plugin(name)]
STORED = json.loads((ROOT / "resources" / "strategy_cards.json").read_text("utf-8"))["strategies"]
# A card is read beside a form: about forty lines of the panel.
MOST_WORDS = 400


@pytest.mark.parametrize("name", NAMES)
def test_that_a_built_in_strategy_has_a_whole_card_of_one_screen(name):
    card = card_of(registry.get(name))
    for part in ("title", "family", "idea", "rule", "works", "fails", "costs", "source"):
        assert getattr(card, part), part
    assert card.idea.count(". ") == 0
    assert card.idea.endswith(".")
    words = sum(len(text.split()) for text in (card.idea, *card.rule, card.works, card.fails, card.costs, card.source))
    assert words < MOST_WORDS


def test_that_a_card_is_read_from_the_docstring():
    class Told(Strategy):
        """Buy low.

        Long below `p.low`.

        Works in ranges: prices return. Fails
        in trends. Costs matter.

        A last rule.

        Notes
        -----
        Not on the card.

        References
        ----------
        A book (1999).
        """

        title, family = "Told", "reversal"

    card = card_of(Told)
    assert card.idea == "Buy low."
    assert card.rule[0] == "Long below p.low."
    assert card.rule[-1] == "A last rule."
    assert (card.works, card.fails, card.costs) == ("Works in ranges: prices return.", "Fails in trends.", "Costs matter.")
    assert card.source == "A book (1999)."


def test_that_a_strategy_without_words_has_an_empty_card():
    class Silent(Strategy):
        title = "Silent"

    Silent.__doc__ = None
    card = card_of(Silent)
    assert (card.title, card.idea, card.rule, card.source) == ("Silent", "", (), "")


def test_that_every_built_in_strategy_was_measured():
    assert set(STORED) == set(NAMES) - set(measuring.UNMEASURED)


@pytest.mark.parametrize("name", sorted(STORED))
def test_that_the_figures_of_a_card_are_those_of_todays_code(name):
    # When this fails a strategy or the simulator has changed: uv run python build/make.py cards
    assert measuring.measure(name) == STORED[name]


def test_that_the_page_of_strategies_is_the_one_that_the_cards_make():
    assert (ROOT / "docs" / "strategies.md").read_text("utf-8") == measuring.page(STORED)


def test_that_nothing_is_left_at_the_break_even_cost():
    found = cost_sensitivity(sp500(), BacktestSpec(strategy="bollinger_reversion"))
    at = run_backtest(
        sp500(), BacktestSpec(strategy="bollinger_reversion", costs={"slippage_bps": found.break_even_bps})
    )
    assert abs(at.metrics["total_return"]) < 1e-3
    assert found.annual_returns[0] > found.annual_returns[1] > found.annual_returns[2] > found.annual_returns[3] > 0
    assert found.annual_returns[2] == run_backtest(
        sp500(), BacktestSpec(strategy="bollinger_reversion", costs={"slippage_bps": 10})
    ).metrics["annual_return"]  # fmt: skip


def test_that_a_loss_without_costs_has_no_break_even_and_a_single_order_needs_none():
    assert np.isnan(cost_sensitivity(sp500(), BacktestSpec(strategy="turtle")).break_even_bps)
    assert np.isinf(cost_sensitivity(sp500(), BacktestSpec(strategy="buy_and_hold")).break_even_bps)


def test_that_costs_of_the_spec_itself_are_left_out():
    dear = BacktestSpec(strategy="bollinger_reversion", costs={"commission_bps": 500})
    assert cost_sensitivity(sp500(), dear) == cost_sensitivity(sp500(), BacktestSpec(strategy="bollinger_reversion"))
