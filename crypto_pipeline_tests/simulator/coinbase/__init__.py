"""The simulated Coinbase: Advanced Trade and Exchange."""
