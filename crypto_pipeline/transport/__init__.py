"""How an exchange is spoken to over HTTP: limits, retries, other hosts, proxies, keys.

What belongs here: everything between a venue's Request and the bytes of its good answer, or a typed
error. What does not: what to ask and what the bytes say (`venues/`), which source is asked for what
(`history/`).
"""
