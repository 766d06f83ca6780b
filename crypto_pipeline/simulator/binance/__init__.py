"""Binance on loopback: REST, archive and websockets of spot and USDⓈ-M."""
