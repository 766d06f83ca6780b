"""Talking to Binance's websockets in tests: hosts, instants, requests.

What belongs here: what several tests say alike. What does not: what is expected of the answers.
"""

from __future__ import annotations

from typing import Any

from crypto_pipeline_tests.simulated import Talk

SPOT, DATA, PERP = "stream.binance.com:9443", "data-stream.binance.vision", "fstream.binance.com"
NOW, LATER = "2025-02-10T12:34:30Z", "2025-02-10T12:34:33Z"


def ask(talk: Talk, message: object) -> Any:
    """Say something, and hear the next message."""
    talk.say(message)
    return talk.hear()


def subscribe(talk: Talk, *streams: str, number: object = 1) -> Any:
    """Ask for streams, and hear the answer."""
    return ask(talk, {"method": "SUBSCRIBE", "params": list(streams), "id": number})
