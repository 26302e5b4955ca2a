"""Long work: what is asked (`requests`), what happens to it (`events`), who runs it (executors)."""
