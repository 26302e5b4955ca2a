"""IvyBT Desktop: the window over the engine."""
