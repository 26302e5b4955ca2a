"""Design tokens: every colour and size of the window. Plain values, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours of one theme, as ``#rrggbb``.

    Attributes
    ----------
    window, panel, raised, inset
        Grounds: behind the docks, of a dock, of buttons and headers, of fields one writes in.
    hover, selected
        Grounds of what the mouse is over, and of a selected row.
    line, text, quiet, disabled
        Hairlines; words; words that recede (still 4.5:1); words of what cannot be used now.
    accent, on_accent
        The primary action and the focus ring; words on it.
    warning, danger
        Words and edges of warnings and errors.
    up, down
        Profit and loss, rising and falling; never the only sign of it.
    series : tuple of str
        Colours of lines, in order.
    """

    name: str
    window: str
    panel: str
    raised: str
    inset: str
    hover: str
    selected: str
    line: str
    text: str
    quiet: str
    disabled: str
    accent: str
    on_accent: str
    warning: str
    danger: str
    up: str = "#26A69A"
    down: str = "#EF5350"
    series: tuple[str, ...] = field(
        default=("#4C9BE8", "#E0A33A", "#B07CE8", "#5BC0A8", "#E86C9A", "#9AB84C", "#7C8CE8", "#C98B5E")
    )

    @property
    def is_dark(self) -> bool:
        """Whether words are lighter than their ground."""
        return luminance(self.text) > luminance(self.window)


DARK = Tokens(
    name="dark", window="#0E1116", panel="#151A21", raised="#1C232C", inset="#10151B", hover="#252E39",
    selected="#152E47", line="#2A333E", text="#D6DEE6", quiet="#8A97A6", disabled="#566270",
    accent="#4C9BE8", on_accent="#0E1116", warning="#E0A33A", danger="#EA6058",
)  # fmt: skip
LIGHT = Tokens(
    name="light", window="#F5F6F8", panel="#FFFFFF", raised="#EEF1F4", inset="#FFFFFF", hover="#E2E7EC",
    selected="#DCEAF8", line="#D5DBE1", text="#1B232C", quiet="#5B6875", disabled="#98A3AE",
    accent="#1F6FBF", on_accent="#FFFFFF", warning="#8A5700", danger="#C0332B", up="#0B7A70", down="#C4362F",
    series=("#1F6FBF", "#A66A00", "#7A3FC0", "#0F7F6A", "#B8326A", "#5E7A10", "#4350C0", "#94561F"),
)  # fmt: skip
THEMES = {"dark": DARK, "light": LIGHT}


def colour_blind(tokens: Tokens) -> Tokens:
    """Return the theme with blue for up and orange for down."""
    if tokens.is_dark:
        return replace(tokens, up="#3B8EEA", down="#E8853D")
    return replace(tokens, up="#1F6FBF", down="#A85400")


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` in [0, 1].

    References
    ----------
    WCAG 2.1, relative luminance.
    """
    total = 0.0
    for weight, start in ((0.2126, 1), (0.7152, 3), (0.0722, 5)):
        part = int(colour[start : start + 2], 16) / 255
        total += weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
    return total


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, from 1 (equal) to 21 (black on white)."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


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
    title: int = 24
    tab: int = 24
    icon: int = 16
    toolbar: int = 36
    scrollbar: int = 10
    separator: int = 4
    palette_width: int = 560
    palette_rows: int = 12


SIZES = Sizes()
