"""One backtest: its spec, its run, its result."""
