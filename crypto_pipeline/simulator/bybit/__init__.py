"""Bybit v5 on loopback: REST, archive and websockets of spot and linear perpetuals."""
