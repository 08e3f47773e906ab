"""Pure geometry and toolpaths: values in, bytes out. No clock, no I/O, no randomness."""
