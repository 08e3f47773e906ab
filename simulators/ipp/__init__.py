"""An IPP Everywhere printer, written from its standards: an independent oracle for whatever prints through IPP.

Sources: RFC 8010 (the encoding and HTTP), RFC 8011 (the model), PWG 5100.1 (finishings), PWG 5100.7 (job extensions,
Close-Job and Cancel-My-Jobs among them), PWG 5100.13 (driver replacement extensions: media, identify, scaling),
PWG 5100.14 (IPP Everywhere), PWG 5101.1 (names of media), PWG 5102.4 (PWG raster).

- ``wire``         bytes to messages and back
- ``values``       attributes in few words
- ``media``        names of papers, and trays
- ``ticket``       what a job asks for: what is supported, and what is made of it
- ``job``          one job, its states and its attributes
- ``printer``      jobs, the paper's way and its conditions, by a clock that is passed in
- ``description``  what the printer says of itself
- ``operations``   what it does when it is asked
- ``documents``    PDF, JPEG and PWG raster (``raster``) as pages
- ``sheets``       a page on its paper, and what was printed
- ``settings``     how it can be built, and ``faults`` how it can fail
- ``engine``       the thread that prints
- ``web``          HTTP with all its oddities (``http``: requests taken apart)
- ``side``         the room around it, over HTTP
- ``program``      the command line

It announces itself nowhere, and prints one document a job.
"""
