"""A body of triangles as layers of beads, and as a program's bytes. Pure; mm of the body, z up.

- ``solid``     triangles that were looked at: ``Solid.of(vertices, faces)``, ``Solid.soup(triangles)``
- ``profile``   how a part is printed: ``Profile``, and the roles of beads
- ``areas``     areas of a layer (Clipper2), their offsets, and what is asked of their edges
- ``sections``  a body cut into layers
- ``walls``     rings along the edge, and what they have no room for
- ``middle``    single beads along the middle of what is narrow
- ``bridges``   what a layer has nothing under it for: spans, and overhangs that need supports
- ``overhang``  pieces of walls with nothing under them
- ``skins``     what of a layer is solid and what is sparse
- ``lattice``   straight lines that fill an area; ``gyroid``: wavy ones; ``link``: both joined along the edge
- ``fill``      places filled by their role
- ``seam``      where a wall begins; ``comb``: ways that stay inside; ``adhesion``: brim, skirt, elephant's foot
- ``beads``     what is laid: beads, the steps to them, a layer
- ``plan``      one layer, from all that it depends on
- ``slicer``    ``slice_solid(solid, profile, memory)``: all layers, equal ones computed once
- ``neighbours``  brims of bodies that stand near to each other
- ``blocks``    a layer as rows and as bytes
- ``plate``     ``program(bodies, dialect, setup, plate, memory)``: bodies on a bed as a program
- ``alone``     one body of such a program
- ``check``     programs of any slicer held against the bodies that they are to print

Importing it costs what manifold3d and shapely cost: only render workers do.
"""
