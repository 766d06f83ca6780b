"""Sockets, faults, limits and TLS, by hosts that say nothing of any exchange."""
