"""What machines are there? Serial ports with what answers on them, and print servers that announce themselves.

``recognisers`` and ``conversation`` decide without I/O; ``ports``, ``probing`` and ``network`` are the shells around
them. Nothing here moves or heats: a probe asks what any of the firmwares only answers or refuses.
"""
