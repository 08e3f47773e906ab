"""An embroidery machine that takes its files from a folder: Tajima's DST, written from descriptions of the format.

Sources: the description of DST by the Embroidermodder project and in "Tajima ternary" of the edutechwiki (University of
Geneva): a header of 512 bytes, then records of three bytes whose bits are weights of a ternary number, in tenths of a
mm, x to the right, y away from the person. Machines cut the thread where three jumps or more follow each other.

- ``dst``      the format's reader
- ``needle``   what stitches leave on the cloth, and its picture
- ``machine``  a file sewn in simulated time, and how that can fail
- ``program``  the folder and the command line
"""
