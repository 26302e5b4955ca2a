"""Roles: how a widget asks the style sheet for a look, also after it was shown."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def set_role(widget: QWidget, role: str, *, name: str = "role") -> None:
    """Give a widget another role and draw it so at once.

    Parameters
    ----------
    widget : QWidget
        Any widget.
    role : str
        A role of `ivybt_desktop.theme.style`; empty for none.
    name : str, default "role"
        Dynamic property that the style sheet looks at.
    """
    if widget.property(name) != role:
        widget.setProperty(name, role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
