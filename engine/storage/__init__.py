"""What is kept on disk: runs (`run_store`), presets (`presets`), and whole-file writes (`files`)."""
