"""Compiled loops: arrays in, arrays out. Nothing here knows of specs, files or strategies."""
