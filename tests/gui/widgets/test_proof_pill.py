"""The small badge of a look-ahead proof."""

from __future__ import annotations

import pytest

from engine.backtest.proof_words import CHECKING, LOOKS_AHEAD, PAST_ONLY, UNPROVEN
from ivybt_desktop.context import NO_BADGE, Badge
from ivybt_desktop.theme.tokens import DARK, LIGHT, colour_blind, contrast
from ivybt_desktop.widgets.proof_pill import ProofPill, badge_text


@pytest.fixture
def pill(qtbot):
    made = ProofPill("strategy")
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize("status", [PAST_ONLY, LOOKS_AHEAD, UNPROVEN, CHECKING])
def test_that_every_state_has_a_sign_of_its_own_beside_its_word(pill, status):
    pill.show_badge(Badge(status, detail="80 probes\n49 bars of warm-up"))
    assert pill.text() == badge_text(status)
    assert pill.text().endswith(status)
    signs = {badge_text(word)[0] for word in (PAST_ONLY, LOOKS_AHEAD, UNPROVEN, CHECKING)}
    assert len(signs) == 4
    assert pill.accessibleName() == f"Look-ahead proof of the strategy: {status}"
    assert pill.accessibleDescription() == "80 probes. 49 bars of warm-up"
    assert not pill.isHidden()


def test_that_no_proof_to_speak_of_shows_no_badge(pill):
    pill.show_badge(Badge(PAST_ONLY))
    pill.show_badge(NO_BADGE)
    assert pill.isHidden()


def test_that_the_tip_says_what_was_proven_and_where_a_click_leads(pill):
    pill.show_badge(Badge(LOOKS_AHEAD, detail="Signals read 1 bar ahead <first>"))
    assert "<p>Signals read 1 bar ahead &lt;first&gt;.</p>" in pill.toolTip()
    assert "Click opens the Leak Lab" in pill.toolTip()


def test_that_only_good_and_bad_news_are_coloured(pill):
    roles = {}
    for status in (PAST_ONLY, LOOKS_AHEAD, UNPROVEN, CHECKING):
        pill.show_badge(Badge(status))
        roles[status] = pill.property("role")
    assert roles == {PAST_ONLY: "pill-good", LOOKS_AHEAD: "pill-bad", UNPROVEN: "pill", CHECKING: "pill"}


@pytest.mark.parametrize("theme", [DARK, LIGHT, colour_blind(DARK), colour_blind(LIGHT)])
def test_that_its_words_can_be_read_in_every_theme(theme):
    for ink in (theme.up, theme.danger, theme.quiet):
        assert contrast(ink, theme.panel) >= 4.5
