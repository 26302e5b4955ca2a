"""Design tokens: every colour and size of the window. Plain values, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours of one theme, as ``#rrggbb``."""

    name: str
    window: str
    panel: str
    raised: str
    line: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    warning: str
    danger: str
    up: str = "#26A69A"
    down: str = "#EF5350"
    series: tuple[str, ...] = field(
        default=("#4C9BE8", "#E0A33A", "#B07CE8", "#5BC0A8", "#E86C9A", "#9AB84C", "#7C8CE8", "#C98B5E")
    )


DARK = Tokens(
    name="dark", window="#0E1116", panel="#151A21", raised="#1C232C", line="#2A333E", text="#D6DEE6",
    quiet="#8A97A6", accent="#4C9BE8", on_accent="#0E1116", warning="#E0A33A", danger="#E5534B",
)  # fmt: skip
LIGHT = Tokens(
    name="light", window="#F5F6F8", panel="#FFFFFF", raised="#EEF1F4", line="#D5DBE1", text="#1B232C",
    quiet="#5B6875", accent="#1F6FBF", on_accent="#FFFFFF", warning="#9A6200", danger="#C93A32",
    series=("#1F6FBF", "#A66A00", "#7A3FC0", "#0F7F6A", "#B8326A", "#5E7A10", "#4350C0", "#94561F"),
)  # fmt: skip
THEMES = {"dark": DARK, "light": LIGHT}


def colour_blind(tokens: Tokens) -> Tokens:
    """Return the theme with blue for up and orange for down."""
    return replace(tokens, up="#3B8EEA", down="#E8853D")


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes in device-independent pixels, on a 4 px grid."""

    grid: int = 4
    padding: int = 8
    row: int = 24
    table_row: int = 22
    radius: int = 4
    font: int = 13
    label: int = 11
    headline: int = 20


SIZES = Sizes()
