"""Bybit's hosts by production name.

What belongs here: how its parts are put together. What does not: any answer.
"""

from __future__ import annotations

from crypto_pipeline.simulator.bybit.archive import BybitArchive
from crypto_pipeline.simulator.bybit.feeds import BybitFeeds
from crypto_pipeline.simulator.bybit.figures import BybitFigures
from crypto_pipeline.simulator.bybit.limits import ConnectLimits, RequestLimits
from crypto_pipeline.simulator.bybit.rest import BybitRest
from crypto_pipeline.simulator.bybit.sockets import BybitSockets
from crypto_pipeline.simulator.clock import SimulatorClock
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
    """What each host answers.

    Args:
        market: what they show.
        clock: their time.
        rules: whether limits are in force; both REST hosts count together.
        feeds: where the websockets' topics come from; None is the market.
    """
    figures = BybitFigures(market)
    rest = BybitRest(market, clock, RequestLimits(rules), figures)
    topics = feeds or BybitFeeds(market, clock, figures)
    return {
        "api.bybit.com": rest,
        "api.bytick.com": rest,
        "stream.bybit.com": BybitSockets(topics, clock, ConnectLimits(rules)),
        "public.bybit.com": BybitArchive(market, clock),
    }
