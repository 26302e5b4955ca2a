"""Docks; each folder holds one: ``DOCK`` in its ``__init__``, view, presenter, and item model if any."""
