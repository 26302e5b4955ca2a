"""Contrast of every pair of colours that carries words; the style sheet names only real tokens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivybt_desktop.theme.style import style_sheet
from ivybt_desktop.theme.tokens import THEMES, Tokens, colour_blind, contrast

_WORDS = ("text", "quiet")
_GROUNDS = ("window", "panel", "raised", "inset", "hover", "selected")
_SIGNS = ("warning", "danger", "up", "down", "accent")

themes = pytest.mark.parametrize("tokens", [*THEMES.values(), *map(colour_blind, THEMES.values())])


def test_that_black_on_white_has_a_contrast_of_21() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#FFFFFF", "#FFFFFF") == 1


@themes
def test_that_words_can_be_read_on_every_ground(tokens: Tokens) -> None:
    for word in _WORDS:
        for ground in _GROUNDS:
            found = contrast(getattr(tokens, word), getattr(tokens, ground))
            assert found >= 4.5, f"{tokens.name}: {word} on {ground} is {found:.2f}"


@themes
def test_that_coloured_words_can_be_read_where_they_stand(tokens: Tokens) -> None:
    for word in _SIGNS:
        for ground in ("window", "panel", "raised"):
            found = contrast(getattr(tokens, word), getattr(tokens, ground))
            assert found >= 4.5, f"{tokens.name}: {word} on {ground} is {found:.2f}"
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5


@themes
def test_that_lines_of_a_chart_stand_out_from_its_ground(tokens: Tokens) -> None:
    for colour in (*tokens.series, tokens.up, tokens.down):
        assert contrast(colour, tokens.panel) >= 3


@themes
def test_that_the_style_sheet_is_complete(tokens: Tokens) -> None:
    sheet = style_sheet(tokens, Path("/cache/glyphs"))
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")
    colours = set(re.findall(r"#[0-9A-Fa-f]{6}\b", sheet))
    known = {value for name in Tokens.__dataclass_fields__ if isinstance(value := getattr(tokens, name), str)}
    assert colours <= known
