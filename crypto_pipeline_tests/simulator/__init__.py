"""Tests of the simulator, on real sockets."""
