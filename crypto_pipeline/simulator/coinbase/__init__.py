"""Coinbase on loopback: Advanced Trade and Exchange, spot."""
