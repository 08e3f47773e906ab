"""The EBB firmware (EiBotBoard) of pen plotters: AxiDraw, EggBot.

Sources: evil-mad/EggBot docs/ebb2.html (the command set of 2.8.1) and docs/ebb.html (3.0), and the firmware's own
source of 2.8.1, read for behaviour: UBW.c (parser, errors, order of replies), ebb.c (motion queue, queries, servo).

Worth knowing, and modelled:

- One motion executes, one waits (3.x: up to what CU,4 sets), and a third blocks the parser: **nothing is answered**
  then, not even ES, until the queue moves on. An OK says that a motion was queued, not that it was made.
- USB has flow control: no byte is lost, but a command of more than 255 bytes is.
- An error is answered without an OK (by the source; the document of 3.x says that OK stands behind it).
- A command with one parameter too many is executed by 2.8.1, answered with OK, and then with error 7.
- Without motor power (the barrel jack) steps are counted, OKs come, and nothing moves. Only QC tells.
- QG's PEN bit is 1 for *up*; 2.8.1 has the bits of RB5 and RB2 above it, which are pulled up.
- EM zeroes the step counters when it is executed, and SM enables the motors.

Left out: remainders of the accumulators between commands, quantisation to 40 us, jerk moves (T3, L3, TD), limit
switches and checksums of 3.x, analog inputs, pulses.

- ``parameters``  a command line into numbers, or the error that refuses it
- ``tracks``      where the motors are along a motion
- ``board``       the motion queue, motors, servo, and the machine on it
- ``commands``    which command does what; ``queries`` what is asked
- ``firmware``    the parser, time, replies, faults
- ``program``     the command line
"""
