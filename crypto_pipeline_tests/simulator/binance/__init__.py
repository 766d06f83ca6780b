"""Binance as simulated: REST, archive and websockets of spot and USDⓈ-M."""
