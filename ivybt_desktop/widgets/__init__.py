"""Widgets shared by docks; they know tokens and engine values, no dock."""
