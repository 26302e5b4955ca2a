"""How a target becomes a fill, and what it costs: the declared models; the arithmetic is in kernels."""
