"""Captures replayed, and the recorded archive bucket."""
