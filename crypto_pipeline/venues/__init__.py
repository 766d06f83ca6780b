"""One module an exchange: what it can do, its REST through ccxt, its archive's layout and decoding.

Nothing here knows the lake, an orchestrator, or when a request is made again.
"""
