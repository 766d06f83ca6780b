"""Recorded data served again: the archive bucket and captures of websockets."""
