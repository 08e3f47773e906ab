"""Stands where cadquery would: what goes wrong around it needs none of it."""
