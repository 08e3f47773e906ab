"""A label printer that speaks ZPL II on a TCP port, written from Zebra's ZPL II Programming Guide."""
