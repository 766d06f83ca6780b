"""Tests of loading the past, over real sockets."""
