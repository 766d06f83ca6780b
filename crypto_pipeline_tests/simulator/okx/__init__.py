"""OKX of the simulator, over real sockets."""
