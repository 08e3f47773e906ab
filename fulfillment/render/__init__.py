"""Rendering: pure functions from a specification to artifacts, run in worker processes that may die."""
