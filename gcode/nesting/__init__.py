"""Pieces side by side on a bed: none too near to another, none outside. Pure; mm.

- ``outline``  what a body covers of the bed, as one closed outline, and as it lies turned
- ``apart``    where one outline may not lie because of another (no-fit polygons), on a grid of places
- ``pack``     ``nest(outlines, bed)``: a place and a turn for each, or that it does not fit

Importing it costs what manifold3d costs: only render workers do.
"""
