"""The Qt palette of a theme: what Fusion paints by itself follows the tokens too."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

from ivybt_desktop.theme.tokens import Tokens


def qt_palette(tokens: Tokens) -> QPalette:
    """Return the palette of a theme."""
    role = QPalette.ColorRole
    colours = {
        role.Window: tokens.panel, role.WindowText: tokens.text, role.Base: tokens.inset,
        role.AlternateBase: tokens.panel, role.Text: tokens.text, role.Button: tokens.raised,
        role.ButtonText: tokens.text, role.BrightText: tokens.danger, role.Highlight: tokens.selected,
        role.HighlightedText: tokens.text, role.Link: tokens.accent, role.LinkVisited: tokens.accent,
        role.ToolTipBase: tokens.raised, role.ToolTipText: tokens.text,
        role.PlaceholderText: tokens.quiet, role.Accent: tokens.accent, role.Light: tokens.hover,
        role.Midlight: tokens.raised, role.Mid: tokens.line, role.Dark: tokens.line,
        role.Shadow: tokens.window,
    }  # fmt: skip
    palette = QPalette()
    for name, colour in colours.items():
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(tokens.disabled))
    return palette
