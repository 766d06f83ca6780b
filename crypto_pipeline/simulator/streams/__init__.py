"""What websocket conversations of all exchanges share: frames and feeds. No socket."""
