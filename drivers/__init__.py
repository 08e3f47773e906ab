"""Machines: the contract, the registry, the transport, and one file for each machine kind."""
