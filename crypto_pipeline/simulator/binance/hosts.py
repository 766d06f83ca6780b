"""Binance's production hosts and what stands behind each.

What belongs here: their names. What does not: any answer.
"""

from __future__ import annotations

from pathlib import Path

from crypto_pipeline.simulator.binance.archive import (
    Archive,
    ArchiveHost,
    RecordedArchive,
    SyntheticArchive,
)
from crypto_pipeline.simulator.binance.bucket import BucketHost
from crypto_pipeline.simulator.binance.derived_klines import KINDS, DerivedBars
from crypto_pipeline.simulator.binance.dialects import PERP, SPOT, Dialect
from crypto_pipeline.simulator.binance.kline_rows import RecordedRows, SyntheticRows
from crypto_pipeline.simulator.binance.paths import Klines, MarketPaths
from crypto_pipeline.simulator.binance.perps import coin_margined_routes, perp_basics, perp_routes
from crypto_pipeline.simulator.binance.rest import RestHost
from crypto_pipeline.simulator.binance.sockets import BinanceSockets
from crypto_pipeline.simulator.binance.spot import spot_basics, spot_routes
from crypto_pipeline.simulator.binance.streams import BinanceFeeds
from crypto_pipeline.simulator.binance.symbols import Symbols
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.kline_source import KlineSource
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.streams.feeds import FeedSource
from crypto_pipeline.simulator.wire.answers import HostLogic
from crypto_pipeline.simulator.wire.line import SocketLogic
from crypto_pipeline.simulator.wire.rules import Rules

Logics = dict[str, HostLogic | SocketLogic]


def hosts(
    market: SyntheticMarket,
    clock: SimulatorClock,
    rules: Rules,
    feeds: FeedSource | None = None,
) -> Logics:
    """Every host, by its production name.

    Args:
        market: what they tell of.
        clock: their time.
        rules: whether limits are enforced.
        feeds: of the websockets, in place of the market's.
    """
    perps = perp_host(market, clock, rules)
    archive = _archive(SyntheticArchive(market, clock))
    spot_sockets = _sockets(SPOT, market, clock, rules, feeds)
    return {
        **_spot_names(spot_host(market, clock, rules)),
        "fapi.binance.com": perps,
        "dapi.binance.com": coin_margined_host(clock, rules),
        **archive,
        "stream.binance.com:9443": spot_sockets,
        "data-stream.binance.vision": spot_sockets,
        "fstream.binance.com": _sockets(PERP, market, clock, rules, feeds),
    }


def bucket_hosts(bucket: Path, source: KlineSource, clock: SimulatorClock, rules: Rules) -> Logics:
    """The hosts that a recorded bucket answers for: the archive, and klines and symbols on REST.

    Args:
        bucket: the folder that holds `data/`.
        source: its klines.
        clock: their time.
        rules: whether limits are enforced.
    """
    rows = RecordedRows(source)
    spot = Symbols(SPOT, source.listings(SPOT.instrument_type), lambda _, __: False)
    perp = Symbols(PERP, source.listings(PERP.instrument_type), lambda _, __: False)
    spot_routes = spot_basics(spot, Klines(SPOT, spot, rows))
    perp_routes = perp_basics(perp, Klines(PERP, perp, rows))
    perps = RestHost(perp_routes, PERP.weight_limit, clock, rules, microseconds=False)
    return {
        **_spot_names(RestHost(spot_routes, SPOT.weight_limit, clock, rules, microseconds=True)),
        "fapi.binance.com": perps,
        **_archive(RecordedArchive(bucket)),
    }


def spot_host(market: SyntheticMarket, clock: SimulatorClock, rules: Rules) -> RestHost:
    """Spot's REST."""
    symbols = _symbols(SPOT, market)
    klines = Klines(SPOT, symbols, SyntheticRows(market))
    routes = spot_routes(MarketPaths(SPOT, market, symbols), klines)
    return RestHost(routes, SPOT.weight_limit, clock, rules, microseconds=True)


def perp_host(market: SyntheticMarket, clock: SimulatorClock, rules: Rules) -> RestHost:
    """REST of USDⓈ-M perpetuals."""
    symbols, rows = _symbols(PERP, market), SyntheticRows(market)
    klines = Klines(PERP, symbols, rows)
    others = {"continuousKlines": Klines(PERP, symbols, rows, "pair", contracts=True)}
    for kind in KINDS:
        named = "pair" if kind == "indexPriceKlines" else "symbol"
        others[kind] = Klines(PERP, symbols, DerivedBars(market, kind), named)
    routes = perp_routes(MarketPaths(PERP, market, symbols), klines, others, rules)
    return RestHost(routes, PERP.weight_limit, clock, rules, microseconds=False)


def coin_margined_host(clock: SimulatorClock, rules: Rules) -> RestHost:
    """REST of COIN-M, which lists nothing."""
    limit = PERP.weight_limit
    return RestHost(coin_margined_routes(), limit, clock, rules, microseconds=False)


def _spot_names(host: RestHost) -> Logics:
    return dict.fromkeys(("api.binance.com", "api1.binance.com", "data-api.binance.vision"), host)


def _archive(archive: Archive) -> Logics:
    return {
        "data.binance.vision": ArchiveHost(archive),
        "s3-ap-northeast-1.amazonaws.com": BucketHost(archive),
    }


def _sockets(
    dialect: Dialect,
    market: SyntheticMarket,
    clock: SimulatorClock,
    rules: Rules,
    feeds: FeedSource | None,
) -> BinanceSockets:
    if feeds is not None:
        return BinanceSockets(dialect, clock, rules, feeds, feeds)
    synthetic = BinanceFeeds(dialect, market)
    return BinanceSockets(dialect, clock, rules, synthetic, synthetic.in_microseconds())


def _symbols(dialect: Dialect, market: SyntheticMarket) -> Symbols:
    listings = market.listings("binance", dialect.instrument_type)
    return Symbols(dialect, listings, market.halted)
