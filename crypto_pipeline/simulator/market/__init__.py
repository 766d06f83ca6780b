"""The synthetic market, pure: from a seed to trades, bars, books and funding. No wire format."""
