"""Tests of how an exchange is spoken to, over real sockets."""
