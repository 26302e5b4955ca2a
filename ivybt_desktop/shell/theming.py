"""`Theming`: puts a theme on the application and remembers the choice."""

from __future__ import annotations

import contextlib
from pathlib import Path

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from ivybt_desktop.context import Workspace
from ivybt_desktop.shell.preferences import Preferences
from ivybt_desktop.theme.glyphs import paint_glyphs
from ivybt_desktop.theme.palette import qt_palette
from ivybt_desktop.theme.style import style_sheet
from ivybt_desktop.theme.tokens import SIZES, THEMES, Tokens, colour_blind


class Theming:
    """Switches the colours of the whole application.

    Parameters
    ----------
    app : QApplication
        Gets palette and style sheet.
    workspace : Workspace
        Docks repaint on its `theme_changed`.
    preferences : Preferences
        Where the choice is kept.
    cache : Path
        Folder for the pictures of the style sheet.
    """

    def __init__(
        self, app: QApplication, workspace: Workspace, preferences: Preferences, cache: Path
    ) -> None:
        self._app, self._workspace, self._preferences = app, workspace, preferences
        self._cache = cache

    @property
    def tokens(self) -> Tokens:
        """Colours of the chosen theme."""
        settings = self._preferences.settings
        tokens = THEMES[settings.theme]
        return colour_blind(tokens) if settings.colour_blind else tokens

    def apply(self) -> None:
        """Put the chosen theme on the application and tell the docks."""
        tokens = self.tokens
        glyphs = self._cache / f"glyphs-{tokens.name}"
        # Without the pictures arrows are missing, nothing else.
        with contextlib.suppress(OSError):
            paint_glyphs(tokens, glyphs)
        self._app.setPalette(qt_palette(tokens))
        self._app.setStyleSheet(style_sheet(tokens, glyphs))
        self._workspace.set_theme(tokens)

    def toggle(self) -> None:
        """Switch between dark and light."""
        other = "light" if self._preferences.settings.theme == "dark" else "dark"
        self._preferences.update(theme=other)
        self.apply()

    def toggle_colours(self) -> None:
        """Switch between green and red, and blue and orange."""
        self._preferences.update(colour_blind=not self._preferences.settings.colour_blind)
        self.apply()


def base_font(app: QApplication) -> QFont:
    """Return the system's font at the base size, with figures of one width."""
    font = app.font()
    font.setPixelSize(SIZES.font)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font
