"""Binance: spot and USDⓈ-M perpetuals, by REST and from the bulk archive.

Sources: Binance's spot REST reference (rest-api.md), the USDⓈ-M reference with its changes of 2026,
the README of binance-public-data. What belongs here: what is asked for, what it costs, how far back
it reaches. What does not: reading answers (`venues/binance_answers.py`, `binance_listings.py`) and
files (`binance_archive.py`).

| | spot | USDⓈ-M |
|---|---|---|
| klines | 1000 bars for weight 2 | 499 bars for weight 2 |
| trades | by id to the listing, weight 25, no key | by id, 48 h deep, weight 200, with a key |
| aggregated trades | by id to the listing, weight 4 | by id, 48 h deep, weight 20 |
| funding | | to the listing, 500 requests in five minutes |

USDⓈ-M weighs klines by rows asked for: 1 below 100, 2 below 500, 5 up to 1000, 10 up to 1500. 499
rows are 249 bars for a weight of one, 1000 are 200, 1500 are 150 and 99 are 99: so pages of 499
give most bars a minute (598,800 of 2400) and need no more than 20 requests a second.

Ids of trades count an instrument's trades without holes, of pairs and perpetuals alike. But trades
of a perpetual's insurance fund and of deleveraging have ids too, and neither REST nor the archive
gives them: so a perpetual's trades are not declared as counted. Ids of aggregated trades are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import ClassVar

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Instrument, InstrumentType
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import UsageError
from crypto_pipeline.venues.binance_answers import (
    read_book,
    read_funding_page,
    read_kline_page,
    read_located,
    read_time,
    read_trade_page,
)
from crypto_pipeline.venues.binance_archive import (
    PERP_ARCHIVES,
    SPOT_ARCHIVES,
    locate_file,
    read_file,
)
from crypto_pipeline.venues.binance_listings import read_listings, read_volumes
from crypto_pipeline.venues.capabilities import (
    Bound,
    Capabilities,
    Cut,
    FundingRoute,
    KlineRoute,
    Limit,
    Locate,
    Request,
    TradeRoute,
    Unit,
    Walk,
)
from crypto_pipeline.venues.records import ArchiveFile, ListingPage, TradeCursor
from crypto_pipeline.venues.venue import Venue

SPOT, PERP = InstrumentType.SPOT, InstrumentType.PERP
SPOT_WEIGHT, SPOT_RAW, PERP_WEIGHT, FUNDING = "spot_weight", "spot_raw", "perp_weight", "funding"
USED_WEIGHT = "X-MBX-USED-WEIGHT-1M"

BOOK_LEVELS = 100
_START, _END = Bound("startTime"), Bound("endTime")
_NATIVE = {interval: interval.value for interval in Interval}
_ROOT = {SPOT: "/api/v3", PERP: "/fapi/v1"}

_PERP_REACH = timedelta(hours=48) - timedelta(minutes=30)
"""How far back aggTrades of USDⓈ-M goes, by which its trades are found too; less the time in which
a walk that was planned comes to its turn."""
_AGGREGATED = timedelta(milliseconds=100)
"""USDⓈ-M puts fills of so long a time into one aggregated trade."""


def _request(
    instrument_type: InstrumentType, path: str, weight: int, **parameters: str | int
) -> Request:
    """A request of one API, at a path below its root, with what it costs."""
    costs = {PERP_WEIGHT: weight}
    if instrument_type is SPOT:
        costs = {SPOT_WEIGHT: weight, SPOT_RAW: 1}
    return Request(instrument_type.value, f"{_ROOT[instrument_type]}{path}", parameters, costs)


MICROSECONDS = {"X-MBX-TIME-UNIT": "MICROSECOND"}
"""Spot's files have trades to the µs from 2025 on: so asked, REST prints the same times."""

_SPOT_CAPABILITIES = Capabilities(
    klines=(KlineRoute(_request(SPOT, "/klines", 2), _NATIVE, 1000, _START, _END),),
    trades=TradeRoute(1000, Walk.FORWARD, Locate.ROUTE),
    agg_trades=TradeRoute(1000, Walk.FORWARD, Locate.ROUTE),
    archives=SPOT_ARCHIVES,
    counted=True,
    book_levels=BOOK_LEVELS,
)
_PERP_CAPABILITIES = Capabilities(
    klines=(KlineRoute(_request(PERP, "/klines", 2), _NATIVE, 499, _START, _END),),
    agg_trades=TradeRoute(1000, Walk.FORWARD, Locate.ROUTE, _PERP_REACH),
    funding=FundingRoute(
        Request("perp", "/fapi/v1/fundingRate", {"limit": 1000}, {FUNDING: 1}),
        rows=1000,
        start=_START,
        end=_END,
        silent=frozenset({"rate_predicted", "interval_hours"}),
    ),
    archives=PERP_ARCHIVES,
    book_levels=BOOK_LEVELS,
)
_KEYED_TRADES = TradeRoute(500, Walk.FORWARD, Locate.ROUTE, _PERP_REACH)
_TRADE_WEIGHT = {
    (SPOT, Kind.TRADES): 25,
    (SPOT, Kind.AGG_TRADES): 4,
    (PERP, Kind.TRADES): 200,
    (PERP, Kind.AGG_TRADES): 20,
}


class Binance(Venue):
    """Binance, archive and REST.

    Trades of perpetuals come over REST only to those who have an API key, so `capabilities` does
    not name that route; `trade_route` of a client with a key does. The archive gives them to all.
    """

    exchange: ClassVar[str] = "binance"
    capabilities: ClassVar[Mapping[InstrumentType, Capabilities]] = {
        SPOT: _SPOT_CAPABILITIES,
        PERP: _PERP_CAPABILITIES,
    }
    limits: ClassVar[Sequence[Limit]] = (
        Limit(SPOT_WEIGHT, 6000, 60, used_header=USED_WEIGHT),
        Limit(SPOT_RAW, 300_000, 300),
        Limit(PERP_WEIGHT, 2400, 60, used_header=USED_WEIGHT),
        Limit(FUNDING, 500, 300),
    )
    ccxt_ids: ClassVar[Mapping[str, str]] = {"spot": "binance", "perp": "binanceusdm"}
    key_header: ClassVar[str | None] = "X-MBX-APIKEY"

    def native_symbol(self, instrument: Instrument) -> str:
        """Base and quote run together: `BTCUSDT`, for the pair and the perpetual alike."""
        known = self.listings.get(instrument.entity_id)
        return known.native_symbol if known else f"{instrument.base}{instrument.quote}"

    def time_request(self, instrument_type: InstrumentType) -> Request:
        """Ask for the clock of one API."""
        return _request(instrument_type, "/time", 1)

    def decode_time(self, where: str, body: bytes) -> datetime:
        """The exchange's clock, to the millisecond."""
        return read_time(where, body)

    def instruments_request(self, instrument_type: InstrumentType, cursor: str | None) -> Request:
        """Ask for all instruments of one API; Binance has no pages of them."""
        if instrument_type is PERP:
            return _request(PERP, "/exchangeInfo", 1)
        # Permissions of accounts are most of the answer, and nothing of the market.
        return _request(SPOT, "/exchangeInfo", 20, showPermissionSets="false")

    def decode_instruments(
        self, where: str, instrument_type: InstrumentType, body: bytes
    ) -> ListingPage:
        """What an exchangeInfo lists."""
        return read_listings(where, instrument_type, body)

    def volumes_request(self, instrument_type: InstrumentType) -> Request:
        """Ask what all instruments of one API traded in 24 hours."""
        if instrument_type is PERP:
            return _request(PERP, "/ticker/24hr", 40)
        return _request(SPOT, "/ticker/24hr", 80, type="MINI")

    def decode_volumes(
        self, where: str, instrument_type: InstrumentType, body: bytes
    ) -> Mapping[str, float]:
        """Quote volume by native symbol."""
        return read_volumes(where, body)

    def decode_klines(self, where: str, series: Series, span: Span, body: bytes) -> pa.Table:
        """A page of klines; the same twelve fields as a row of the archive."""
        return read_kline_page(where, series, span, body)

    def trade_route(self, series: Series) -> TradeRoute | None:
        """The declared one; for trades of perpetuals the one that takes a key, if there is one."""
        of_perp = series.instrument.instrument_type is PERP and series.kind is Kind.TRADES
        keyed = of_perp and self.endpoints.api_key is not None
        return _KEYED_TRADES if keyed else super().trade_route(series)

    def trades_request(self, series: Series, cursor: TradeCursor) -> Request:
        """Ask for trades from an id on, that one included; without an id for the newest."""
        kind_of, route = series.instrument.instrument_type, self.trade_route(series)
        if route is None:
            raise UsageError(
                "binance gives trades of perpetuals over REST only with an API key: set "
                "CRYPTO_VENUES__BINANCE__API_KEY to a read-only one, or wait a day for the archive"
            )
        parameters: dict[str, str | int] = {"symbol": self.native_symbol(series.instrument)}
        if cursor.id is not None:
            parameters["fromId"] = cursor.id
        path = "/aggTrades" if series.kind is Kind.AGG_TRADES else "/historicalTrades"
        weight = _TRADE_WEIGHT[kind_of, series.kind]
        request = _request(kind_of, path, weight, **parameters, limit=route.rows)
        return replace(request, headers=MICROSECONDS) if kind_of is SPOT else request

    def decode_trades(self, where: str, series: Series, body: bytes) -> pa.Table:
        """A page of trades, or of aggregated trades; their ids are two spaces."""
        return read_trade_page(where, series.kind, body)

    def locate_request(self, series: Series, instant: datetime) -> Request:
        """Ask for the first aggregated trade from an instant on, which names its first fill.

        A perpetual's is asked for 100 ms earlier: so much later may the time of an aggregated trade
        be than that of its fills. With a start alone Binance gives the oldest from there on,
        however long nothing was traded.
        """
        kind_of = series.instrument.instrument_type
        early = _AGGREGATED if kind_of is PERP and series.kind is Kind.TRADES else timedelta(0)
        return _request(
            kind_of,
            "/aggTrades",
            _TRADE_WEIGHT[kind_of, Kind.AGG_TRADES],
            symbol=self.native_symbol(series.instrument),
            startTime=Unit.MILLISECOND.of(instant - early),
            limit=1,
        )

    def decode_located(self, where: str, series: Series, body: bytes) -> int | None:
        """The id at which a walk begins; None where nothing was traded since."""
        return read_located(where, series.kind, body)

    def decode_funding(self, where: str, series: Series, body: bytes) -> pa.Table:
        """A page of settlements."""
        return read_funding_page(where, self.native_symbol(series.instrument), body)

    def book_request(self, instrument: Instrument) -> Request:
        """Ask for a hundred levels a side: the most that weigh 5."""
        symbol = self.native_symbol(instrument)
        return _request(instrument.instrument_type, "/depth", 5, symbol=symbol, limit=BOOK_LEVELS)

    def decode_book(self, where: str, instrument: Instrument, body: bytes) -> pa.Table:
        """A snapshot; spot's has no time of its own."""
        return read_book(where, body)

    def archive_file(self, series: Series, cut: Cut, first_day: date) -> ArchiveFile:
        """The zip of a day, or of the month that starts at `first_day`."""
        symbol = self.native_symbol(series.instrument)
        return locate_file(str(self.endpoints.archive), symbol, series, cut, first_day)

    def decode_archive(self, file: ArchiveFile, content: bytes) -> pa.Table:
        """The rows of a zip, verified one by one."""
        return read_file(file, content)
