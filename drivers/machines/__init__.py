"""Machine kinds: one plain class each, a thin shell over a transport."""
