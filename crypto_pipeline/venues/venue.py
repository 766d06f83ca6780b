"""What every exchange module answers, and how the program finds it.

What belongs here: the interface and the registry. What does not: a fact about one exchange, the
records that pass through (`venues/records.py`); sockets and clocks: a venue says what to ask and
reads what came back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Instrument, InstrumentType, Listing
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import UsageError
from crypto_pipeline.venues.capabilities import (
    Capabilities,
    Cut,
    FundingRoute,
    KlineRoute,
    Limit,
    Request,
    TradeRoute,
)
from crypto_pipeline.venues.records import ArchiveFile, Endpoints, ListingPage, TradeCursor


class Venue(ABC):
    """One exchange: bytes in, records out.

    Decoders take `where`, the name of what was asked, for errors; they refuse what the documented
    format does not allow with a DecodeError that names field and value. What they return is in
    ascending order and in base coin and UTC, with NULL where the exchange is silent.
    """

    exchange: ClassVar[str]
    capabilities: ClassVar[Mapping[InstrumentType, Capabilities]]
    limits: ClassVar[Sequence[Limit]]
    ccxt_ids: ClassVar[Mapping[str, str]]
    """By API: the ccxt class that knows what this API's error answers mean."""
    success: ClassVar[bytes] = b""
    """How a good answer begins, where the body says so rather than the status; else empty."""
    key_header: ClassVar[str | None] = None
    """The request header that takes an API key as it is, or None where there is no such header."""

    def __init__(self, endpoints: Endpoints, listings: Mapping[str, Listing] | None = None) -> None:
        """Take where the exchange is, and by entity_id what it lists as far as that is known."""
        self.endpoints = endpoints
        self.listings: dict[str, Listing] = dict(listings or {})

    @abstractmethod
    def native_symbol(self, instrument: Instrument) -> str:
        """The exchange's own name of an instrument."""

    def contract_size(self, instrument: Instrument) -> Decimal:
        """Base coin of one contract.

        Raises:
            UsageError: the exchange counts contracts, and its listing of this one is not known.
        """
        listing = self.listings.get(instrument.entity_id)
        size = listing.contract_size if listing else None
        if size is None:
            raise UsageError(
                f"the contract size of {instrument.exchange} {instrument.symbol} is not known: "
                f"load its instruments first"
            )
        return size

    @abstractmethod
    def time_request(self, instrument_type: InstrumentType) -> Request:
        """Ask for the exchange's clock."""

    @abstractmethod
    def decode_time(self, where: str, body: bytes) -> datetime:
        """The exchange's clock, aware, UTC."""

    @abstractmethod
    def instruments_request(self, instrument_type: InstrumentType, cursor: str | None) -> Request:
        """Ask for a page of the list of instruments; the first one without a cursor."""

    @abstractmethod
    def decode_instruments(
        self, where: str, instrument_type: InstrumentType, body: bytes
    ) -> ListingPage:
        """What an answer lists."""

    @abstractmethod
    def volumes_request(self, instrument_type: InstrumentType) -> Request:
        """Ask what each instrument traded in the last 24 hours."""

    @abstractmethod
    def decode_volumes(
        self, where: str, instrument_type: InstrumentType, body: bytes
    ) -> Mapping[str, float]:
        """Volume of the last 24 hours in quote, by native symbol."""

    def klines_request(self, route: KlineRoute, series: Series, span: Span) -> Request:
        """Ask for the klines that open in `span`, of at most `route.rows` bars."""
        symbol = self.native_symbol(series.instrument)
        named = {route.symbol: symbol} if route.symbol else {}
        path = route.request.path if route.symbol else route.request.path.format(symbol)
        limit = {route.limit: route.rows} if route.limit else {}
        bounds = {
            route.start.name: route.start.start(span.start),
            route.end.name: route.end.end(span.end),
        }
        own: dict[str, str | int] = {
            **named,
            route.interval: route.intervals[series.grid],
            **bounds,
            **limit,
        }
        return replace(route.request, path=path, parameters={**route.request.parameters, **own})

    @abstractmethod
    def decode_klines(self, where: str, series: Series, span: Span, body: bytes) -> pa.Table:
        """open_time and the VALUE_COLUMNS of `domain.klines`, strictly ascending, all in `span`.

        The bar that is still open comes like any other: whoever asks ends the span before it.
        """

    def trade_route(self, series: Series) -> TradeRoute | None:
        """The route of trades or aggregated trades by id, or None where there is none."""
        offered = self.capabilities[series.instrument.instrument_type]
        return offered.agg_trades if series.kind is Kind.AGG_TRADES else offered.trades

    def counts(self, series: Series) -> bool:
        """Whether ids of these trades are a sequence without holes; aggregated ones always are."""
        offered = self.capabilities[series.instrument.instrument_type]
        return offered.counted or series.kind is Kind.AGG_TRADES

    def trades_request(self, series: Series, cursor: TradeCursor) -> Request:
        """Ask for a page of trades, or of aggregated trades.

        Raises:
            UsageError: the exchange has no such route.
        """
        raise UsageError(f"{self.exchange} has no {series.kind.value} over REST")

    def decode_trades(self, where: str, series: Series, body: bytes) -> pa.Table:
        """TRADE_COLUMNS or AGG_TRADE_COLUMNS of `domain.trades`, ascending.

        Raises:
            UsageError: the exchange has no such route.
        """
        raise UsageError(f"{self.exchange} has no {series.kind.value} over REST")

    def locate_request(self, series: Series, instant: datetime) -> Request:
        """Ask for the first id at or after an instant, where `Locate.ROUTE` says that one can."""
        raise UsageError(f"{self.exchange} has no route that finds {series.kind.value} by time")

    def decode_located(self, where: str, series: Series, body: bytes) -> int | None:
        """The id that `locate_request` asked for; None where there is no such trade."""
        raise UsageError(f"{self.exchange} has no route that finds {series.kind.value} by time")

    def funding_request(self, route: FundingRoute, series: Series, span: Span) -> Request:
        """Ask for the settlements in `span`, of at most `route.rows` hours."""
        own: dict[str, str | int] = {
            route.symbol: self.native_symbol(series.instrument),
            route.start.name: route.start.start(span.start),
            route.end.name: route.end.end(span.end),
        }
        return replace(route.request, parameters={**route.request.parameters, **own})

    def decode_funding(self, where: str, series: Series, body: bytes) -> pa.Table:
        """FUNDING_COLUMNS of `domain.funding`, strictly ascending, times rounded to the second.

        Raises:
            UsageError: the exchange has no funding.
        """
        raise UsageError(f"{self.exchange} has no funding")

    @abstractmethod
    def book_request(self, instrument: Instrument) -> Request:
        """Ask for a snapshot of the order book, of `capabilities.book_levels` levels a side."""

    @abstractmethod
    def decode_book(self, where: str, instrument: Instrument, body: bytes) -> pa.Table:
        """BOOK_COLUMNS of `domain.order_books`: one row."""

    def archive_file(self, series: Series, cut: Cut, first_day: date) -> ArchiveFile:
        """The archive file of the day, or of the month that starts at `first_day`.

        Raises:
            UsageError: the exchange has no archive of that kind.
        """
        raise UsageError(f"{self.exchange} has no archive of {series.kind.value}")

    def decode_archive(self, file: ArchiveFile, content: bytes) -> pa.Table:
        """The rows in the bytes of an archive file, in the columns of its kind.

        Raises:
            DecodeError: the bytes are not what the exchange documents; names file and row.
        """
        raise UsageError(f"{self.exchange} has no archive of {file.series.kind.value}")

    @classmethod
    def refuse_unoffered(cls, series: Series) -> None:
        """Refuse what the exchange does not offer, before anything is asked.

        Raises:
            UsageError: it has no such instruments, records or interval; names what it has.
        """
        kind_of = series.instrument.instrument_type
        if kind_of not in cls.capabilities:
            has = ", ".join(t.value for t in cls.capabilities)
            raise UsageError(
                f"{cls.exchange} has no {kind_of.value} instruments here; it has {has}"
            )
        offered = cls.capabilities[kind_of]
        if not offered.offers(series.kind):
            kinds = ", ".join(kind.value for kind in Kind if offered.offers(kind))
            raise UsageError(
                f"{cls.exchange} has no {series.kind.value} of {kind_of.value} instruments; "
                f"it has {kinds}"
            )
        if series.interval is not None and series.interval not in offered.intervals:
            has = " ".join(i.value for i in type(series.interval) if i in offered.intervals)
            raise UsageError(
                f"{cls.exchange} has no {series.interval.value} klines of {kind_of.value} "
                f"instruments; it has {has}. dbt derives the others from 1m"
            )


def known_venues() -> Mapping[str, type[Venue]]:
    """Every exchange module, by the exchange's id."""
    from crypto_pipeline.venues.binance import Binance
    from crypto_pipeline.venues.bybit import Bybit
    from crypto_pipeline.venues.coinbase import Coinbase
    from crypto_pipeline.venues.okx import Okx

    return {venue.exchange: venue for venue in (Binance, Bybit, Coinbase, Okx)}


def find_venue(exchange: str) -> type[Venue]:
    """The module of an exchange.

    Raises:
        UsageError: there is none.
    """
    venues = known_venues()
    if exchange not in venues:
        raise UsageError(
            f"exchange '{exchange}' is not known; valid are {', '.join(sorted(venues))}"
        )
    return venues[exchange]
