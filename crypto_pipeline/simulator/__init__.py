"""The exchanges on loopback: for `make demo`, the tests, and whoever develops without a network.

What belongs here: what a production host answers, written from its documentation alone. What does
not: anything of `venues/`, whose mistakes this server must not share.
"""
