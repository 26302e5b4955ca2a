"""Colours of words that recede and of words that warn, for widgets that paint themselves."""

from __future__ import annotations

from PySide6.QtGui import QColor, QGuiApplication, QPalette


def quiet_colour() -> QColor:
    """Return the theme's quiet colour.

    It is read from the application: under a style sheet a widget's own palette has a paler one,
    with too little contrast to read.
    """
    return QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText)


def danger_colour() -> QColor:
    """Return the theme's colour of errors."""
    return QGuiApplication.palette().color(QPalette.ColorRole.BrightText)
