"""The EBB firmware of pen plotters (AxiDraw, EggBot).

Sources: evil-mad/EggBot docs (the EBB command set of 2.x and of 3.x), and the firmware's own source of 2.8.1, read for
behaviour.
"""
