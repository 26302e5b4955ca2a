"""Values and errors of the engine: no I/O, no numba, no pandas at import."""
