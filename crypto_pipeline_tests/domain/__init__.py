"""Tests of the rules of the market."""
