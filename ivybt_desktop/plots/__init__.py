"""pyqtgraph items; they draw arrays and know no dock."""
