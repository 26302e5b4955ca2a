"""Icons in the colours of a theme, by QtAwesome name."""

from __future__ import annotations

from PySide6.QtGui import QIcon

from ivybt_desktop.theme.tokens import Tokens


def icon(name: str, tokens: Tokens, *, colour: str = "") -> QIcon:
    """Return an icon.

    Parameters
    ----------
    name : str
        QtAwesome name (``mdi6.play``); empty for no icon.
    tokens : Tokens
        Theme.
    colour : str, default ""
        ``#rrggbb``; the default is the theme's quiet text, and its text under the mouse.
    """
    if not name:
        return QIcon()
    import qtawesome  # noqa: PLC0415  (0.2 s of fonts, only when an icon is shown)

    plain = colour or tokens.quiet
    found = qtawesome.icon(
        name, color=plain, color_active=colour or tokens.text, color_disabled=tokens.disabled
    )
    return QIcon(found)
