"""Coinbase's four production hosts.

What belongs here: which logic answers on which host. What does not: the logics.
"""

from __future__ import annotations

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.coinbase.advanced_feeds import AdvancedFeeds
from crypto_pipeline.simulator.coinbase.advanced_rest import AdvancedRest
from crypto_pipeline.simulator.coinbase.advanced_socket import AdvancedSocket
from crypto_pipeline.simulator.coinbase.exchange_feeds import ExchangeFeeds
from crypto_pipeline.simulator.coinbase.exchange_rest import ExchangeRest
from crypto_pipeline.simulator.coinbase.exchange_socket import ExchangeSocket
from crypto_pipeline.simulator.coinbase.view import View
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.streams.feeds import FeedSource
from crypto_pipeline.simulator.wire.answers import HostLogic
from crypto_pipeline.simulator.wire.line import SocketLogic
from crypto_pipeline.simulator.wire.rules import Rules


def hosts(
    market: SyntheticMarket,
    clock: SimulatorClock,
    rules: Rules,
    feeds: FeedSource | None = None,
) -> dict[str, HostLogic | SocketLogic]:
    """The logics by production host.

    Args:
        market: what REST answers from, and the websockets without `feeds`.
        clock: its time.
        rules: whether limits are enforced.
        feeds: what the websockets deliver in place of the market.
    """
    view = View(market, clock)
    return {
        "api.coinbase.com": AdvancedRest(view, rules),
        "api.exchange.coinbase.com": ExchangeRest(view, rules),
        "advanced-trade-ws.coinbase.com": AdvancedSocket(
            clock, rules, feeds or AdvancedFeeds(view)
        ),
        "ws-feed.exchange.coinbase.com": ExchangeSocket(clock, rules, feeds or ExchangeFeeds(view)),
    }
