"""Printers behind a wire that is cut, and agents that are killed: for `benchmarks.ipp_cuts` and for tests."""
