"""Compiled loops: arrays in, arrays out. Nothing here knows of specs, files or strategies."""

from engine.kernels.cache import use_writable_folder

use_writable_folder()  # before any kernel below this package imports numba
