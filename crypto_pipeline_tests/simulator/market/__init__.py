"""The synthetic market."""
