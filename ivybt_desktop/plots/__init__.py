"""Charts painted on plain widgets: layers draw arrays onto panes that share one range of bars.

`pyramid`, `time_range`, `scale` and `calendar_ticks` are plain Python. A `PaneStack` holds panes and a
time axis over one `TimeRange`; a layer paints only what is visible, straight from arrays.
"""
