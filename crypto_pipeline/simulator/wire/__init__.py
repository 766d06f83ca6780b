"""Sockets: HTTP and websocket hosts, faults, counters, TLS. What an exchange says is not here."""
