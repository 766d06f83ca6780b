"""Tests of the exchange modules."""
