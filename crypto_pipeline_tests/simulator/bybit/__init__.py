"""Bybit as simulated: REST, archive and websockets on real sockets, frames against captures."""
