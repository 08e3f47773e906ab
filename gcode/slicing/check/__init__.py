"""Would this program print this body? Its beads rebuilt from the bytes, held against the body layer by layer. Pure; mm.

- ``laid``      beads from bytes, in blocks: what is laid where and how much, by layers
- ``cells``     areas and beads on a grid of cells
- ``wanted``    what the bodies ask of a layer: walls, skins, sparse places, and how far material may lie beyond
- ``compare``   one layer of beads against what is wanted
- ``verdict``   ``printed(data, pieces, profile)``: all layers, as numbers for a manifest and as sentences

It shares nothing with the planner: the parser, the body's cutting (``gcode.slicing.sections``) and the profile's
numbers are all that it knows. So it takes any slicer's program, and reads roles from comments (``;TYPE:``) where there
are any.

It does not see: what the sections of a symmetric body do not tell (a cube that is mirrored), errors below a cell's
width (3/8 of the nozzle), the order of beads in a layer, speeds and temperatures (``gcode.preflight`` does). Layers
that are not flat are refused; arcs given by their radius (R) are taken as their chord. What a comment says lies beside
the part (skirt, supports, priming) may lie anywhere but in the part, and its volume is told.
"""
