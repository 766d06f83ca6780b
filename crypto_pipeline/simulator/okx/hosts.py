"""OKX's hosts by production name.

What belongs here: how its parts are put together. What does not: any answer.
"""

from __future__ import annotations

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.okx.archive import OkxArchive
from crypto_pipeline.simulator.okx.feeds import OkxFeeds
from crypto_pipeline.simulator.okx.limits import RequestLimits
from crypto_pipeline.simulator.okx.marks import QuoteBars
from crypto_pipeline.simulator.okx.rest import OkxRest
from crypto_pipeline.simulator.okx.sockets import OkxSockets
from crypto_pipeline.simulator.okx.tickers import Tickers
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
        rules: limits and checksums; both REST hosts count together.
        feeds: where the websockets' channels come from; None is the market.
    """
    tickers, archive = Tickers(market, QuoteBars(market)), OkxArchive(market, clock)
    rest = OkxRest(market, clock, RequestLimits(rules), tickers, archive)
    channels = feeds or OkxFeeds(market, clock, rules, tickers)
    return {
        "www.okx.com": rest,
        "openapi.okx.com": rest,
        "static.okx.com": archive,
        "ws.okx.com:8443": OkxSockets(channels, clock, rules),
    }
