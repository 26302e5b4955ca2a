"""Many runs: grids of cells and their evaluation."""
