"""The frame around the docks: main window, actions, palette, layouts, settings."""
