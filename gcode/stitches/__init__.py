"""Embroidery: from drawings to the points where a needle goes in. Pure; mm of the piece, y up.

- ``thread``    what a thread and its cloth ask for: a recipe's numbers
- ``pattern``   seams, with what lies between them: what is sewn, and what a file's bytes say
- ``areas``     what a drawing covers, as shapes
- ``skeleton``  the middle line of a narrow shape, as strands
- ``walks``     a way over all strands on which what is only travel comes to lie under satin
- ``satin``     columns: stitches from side to side
- ``fill``      rows of stitches over wide shapes (tatami)
- ``plan``      drawings to a pattern: kinds of stitches, order, locks, trims
- ``check``     a pattern against limits, and against what was designed
- ``picture``   a pattern as threads on cloth
"""
