"""What tests of Coinbase ask and say: hosts, paths, subscriptions, and a clock in steps.

What belongs here: the words. What does not: what a test expects.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from crypto_pipeline_tests.simulated import Reply, SimulatorProcess, Talk

ADVANCED, EXCHANGE = "api.coinbase.com", "api.exchange.coinbase.com"
ADVANCED_SOCKET = "advanced-trade-ws.coinbase.com"
EXCHANGE_SOCKET = "ws-feed.exchange.coinbase.com"
NOW = "2025-02-10T12:34:30Z"
NOW_SECONDS = 1_739_190_870
MARKET = "/api/v3/brokerage/market"


def ask(simulator: SimulatorProcess, host: str, path: str, **query: object) -> Reply:
    """GET a path of a production host."""
    return simulator.get(host, f"{quote(path)}?{urlencode(query)}" if query else quote(path))


def advanced(simulator: SimulatorProcess, path: str, **query: object) -> Any:
    """The document at a path below Advanced Trade's `/market`."""
    return ask(simulator, ADVANCED, MARKET + path, **query).json()


def exchange(simulator: SimulatorProcess, path: str, **query: object) -> Any:
    """The document at a path of Exchange."""
    return ask(simulator, EXCHANGE, path, **query).json()


def go_on(simulator: SimulatorProcess, seconds: float) -> None:
    """Set the clock, which stands, to some seconds after NOW."""
    at = datetime.fromisoformat(NOW) + timedelta(seconds=seconds)
    simulator.set_clock(at.isoformat())


@contextmanager
def subscribed(
    simulator: SimulatorProcess, channel: str, *products: str, also: tuple[str, ...] = ()
) -> Iterator[Talk]:
    """A connection to Advanced Trade that has asked for channels of products."""
    with simulator.socket(ADVANCED_SOCKET) as talk:
        for name in (channel, *also):
            talk.say({"type": "subscribe", "product_ids": list(products), "channel": name})
        yield talk


@contextmanager
def fed(simulator: SimulatorProcess, *channels: object, products: object = None) -> Iterator[Talk]:
    """A connection to Exchange that has asked for channels, of BTC-USD unless told."""
    named = ["BTC-USD"] if products is None else products
    with simulator.socket(EXCHANGE_SOCKET) as talk:
        talk.say({"type": "subscribe", "product_ids": named, "channels": list(channels)})
        yield talk


def is_ack(message: Any) -> bool:
    """Whether a message of either interface acknowledges a subscription."""
    return "subscriptions" in (message.get("channel"), message.get("type"))
