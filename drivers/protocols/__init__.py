"""Wire protocols as engines without I/O: bytes in, events out."""
