"""Benchmarks that print figures beside their goals; no test asserts one of them."""
