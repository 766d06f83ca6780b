"""Clients that others wrote, each in an environment of its own: they judge the simulator."""
