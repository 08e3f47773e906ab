"""What printing with filament needs around its process: bodies, slicers of others, plates of several pieces, pictures.

- ``bodies``   the bare body under an order's content: found where it was kept, else built beside the render pool
- ``slicing``  a customer's model as a program, by our slicer or with supports by another's
- ``plates``   what a piece says of itself so that it can lie beside others
- ``plating``  those on one bed: places, one program, a verdict and a proof for each
- ``prints``   files besides a program: thumbnails, views, the body
"""
