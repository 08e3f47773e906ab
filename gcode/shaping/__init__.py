"""A customer's content as a body: put on a face of one, or grown out of the content itself. Pure; mm, z up.

- ``wrong``   what cannot be shaped: ``ShapeError`` with its reason, its mend and the parameter that it is about
- ``areas``   a drawing as one area, and what is done with areas on the way to a body
- ``dress``   content on a level face: raised, sunk, or as a part with a colour of its own; photos, too
- ``sheet``   a photo as a grid of heights, closed all round; ``lithophane``: one to be seen against the light
- ``joined``  letters that stand alone made one piece; ``topper``, ``stand``: what stands on such letters
- ``keyring``, ``cutter``: a plate under words, a wall around a drawing

What comes out are manifold3d's bodies by the names of their parts; ``fulfillment.cad.shaped`` makes checked ones of
them. Importing it costs what manifold3d and shapely cost: only render workers do.
"""
