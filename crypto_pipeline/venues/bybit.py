"""Bybit: spot and linear perpetuals.

Sources: Bybit's own reference of its v5 API (docs/v5/market, rate-limit), the files of its archive.
What belongs here: what Bybit offers, what is asked of it, what its REST answers mean. What does
not: its archive's files (`venues/bybit_archive.py`), when a request is made again (`transport/`).

Answers list the newest first. Amounts are in base coin for pairs and linear perpetuals alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar
from urllib.parse import unquote

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Instrument, InstrumentType
from crypto_pipeline.domain.intervals import EPOCH, Interval
from crypto_pipeline.domain.klines import with_vwap
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues import bybit_archive
from crypto_pipeline.venues.book_columns import book_table
from crypto_pipeline.venues.bybit_answers import (
    Answer,
    Book,
    Fundings,
    InstrumentRow,
    Instruments,
    Klines,
    Tickers,
    Time,
    listing_of,
)
from crypto_pipeline.venues.capabilities import (
    Archive,
    Bound,
    Capabilities,
    Cut,
    FundingRoute,
    KlineRoute,
    Limit,
    Request,
)
from crypto_pipeline.venues.columns import (
    NO_KLINES,
    kline_table,
    number_columns,
    numbers,
    read_json,
    stamps,
)
from crypto_pipeline.venues.funding_columns import funding_table
from crypto_pipeline.venues.records import ArchiveFile, ListingPage
from crypto_pipeline.venues.venue import Venue

SPOT, PERP = InstrumentType.SPOT, InstrumentType.PERP
CATEGORY = {SPOT: "spot", PERP: "linear"}

ADDRESS_LIMIT = Limit("requests", cost=600, seconds=5.0)
"""Of all requests of one address, whichever host. Beyond it 403, and silence for ten minutes."""

PATHS = {
    "time": "/v5/market/time",
    "instruments": "/v5/market/instruments-info",
    "tickers": "/v5/market/tickers",
    "klines": "/v5/market/kline",
    "funding": "/v5/market/funding/history",
    "book": "/v5/market/orderbook",
}
"""Each path has a limit of its own beside the common one, named as here. Bybit prints no figure for
market data and sends it with each answer; this one is as much as the common limit lets through."""

INTERVALS = {
    Interval.M1: "1",
    Interval.M3: "3",
    Interval.M5: "5",
    Interval.M15: "15",
    Interval.M30: "30",
    Interval.H1: "60",
    Interval.H2: "120",
    Interval.H4: "240",
    Interval.H6: "360",
    Interval.H12: "720",
    Interval.D1: "D",
}

STATUSES_ASKED = ("Trading", "Closed", "PreLaunch")
"""The lists of perpetuals, in the order in which they are asked for. An answer is told to be of one
of them by its rows, so an empty one ends the walk; of these only the last is often empty. A
perpetual that is being delivered is in none of them for that while."""

BOOK_LEVELS = 200
_MS = 1_000
_PRICES = ("open", "high", "low", "close", "volume_base", "volume_quote")


def _request(path: str, **parameters: str | int) -> Request:
    costs = {ADDRESS_LIMIT.name: 1, path: 1}
    return Request("rest", PATHS[path], parameters, costs)


def _klines(instrument_type: InstrumentType) -> KlineRoute:
    return KlineRoute(
        request=_request("klines", category=CATEGORY[instrument_type]),
        intervals=INTERVALS,
        rows=1000,
        start=Bound("start"),
        end=Bound("end"),
        silent=frozenset({"trade_count", "taker_volume_base", "taker_volume_quote"}),
    )


FUNDING = FundingRoute(
    request=_request("funding", category=CATEGORY[PERP], limit=200),
    rows=200,
    # Bybit refuses a start without an end.
    start=Bound("startTime"),
    end=Bound("endTime"),
    silent=frozenset({"rate_predicted", "interval_hours", "mark_price"}),
)

TRADE_FILES = Archive(cuts=(Cut.DAILY,), silent=frozenset({"trade_seq"}))
"""The only trades that have a past: REST gives the last ones alone, without a cursor.

No day can be proven whole: the ids of perpetuals are UUIDs, those of pairs count the rows of a
file, and the files have no checksums.
"""


class Bybit(Venue):
    """Bybit, archive and REST."""

    exchange: ClassVar[str] = "bybit"
    capabilities: ClassVar[Mapping[InstrumentType, Capabilities]] = {
        SPOT: Capabilities(
            klines=(_klines(SPOT),),
            archives={Kind.TRADES: TRADE_FILES},
            counted=False,
            book_levels=BOOK_LEVELS,
        ),
        PERP: Capabilities(
            klines=(_klines(PERP),),
            funding=FUNDING,
            archives={Kind.TRADES: TRADE_FILES},
            counted=False,
            book_levels=BOOK_LEVELS,
        ),
    }
    limits: ClassVar[Sequence[Limit]] = (
        ADDRESS_LIMIT,
        *(Limit(path, 120, 1.0, left_header="X-Bapi-Limit-Status") for path in PATHS),
    )
    ccxt_ids: ClassVar[Mapping[str, str]] = {"rest": "bybit"}
    success: ClassVar[bytes] = b'{"retCode":0'

    def native_symbol(self, instrument: Instrument) -> str:
        """`BTCUSDT` for the pair and the perpetual alike; `BTCPERP` for one in USDC."""
        perpetual = instrument.instrument_type is PERP
        quote = "PERP" if perpetual and instrument.quote == "USDC" else instrument.quote
        return f"{instrument.base}{quote}"

    def contract_size(self, instrument: Instrument) -> Decimal:
        """Amounts of linear perpetuals are in base coin."""
        return Decimal(1)

    def time_request(self, instrument_type: InstrumentType) -> Request:
        """`GET /v5/market/time`."""
        return _request("time")

    def decode_time(self, where: str, body: bytes) -> datetime:
        """The clock, which is given in ns, to the µs."""
        time = read_json(where, body, Answer[Time]).result
        return EPOCH + timedelta(microseconds=time.nanoseconds(where) // 1_000)

    def instruments_request(self, instrument_type: InstrumentType, cursor: str | None) -> Request:
        """Pairs come at once, and only those that trade; perpetuals by status and page."""
        category = CATEGORY[instrument_type]
        if instrument_type is SPOT:
            return _request("instruments", category=category)
        status, _, page = (cursor or STATUSES_ASKED[0]).partition(":")
        # It comes encoded for a URL, and is encoded like any other text when it is asked with.
        after = {"cursor": unquote(page)} if page else {}
        return _request("instruments", category=category, status=status, limit=1000, **after)

    def decode_instruments(
        self, where: str, instrument_type: InstrumentType, body: bytes
    ) -> ListingPage:
        """What a page lists; the cursor leads on to the next page, or to the next status."""
        result = read_json(where, body, Answer[Instruments]).result
        listings = [listing_of(where, instrument_type, row) for row in result.rows]
        cursor = None
        if instrument_type is PERP and result.rows:
            cursor = _following(result.rows[0], result.next_page_cursor)
        return ListingPage([one for one in listings if one is not None], cursor)

    def volumes_request(self, instrument_type: InstrumentType) -> Request:
        """`GET /v5/market/tickers` without a symbol: all of them."""
        return _request("tickers", category=CATEGORY[instrument_type])

    def decode_volumes(
        self, where: str, instrument_type: InstrumentType, body: bytes
    ) -> Mapping[str, float]:
        """Turnover of 24 hours, in quote; one that Bybit leaves empty is left out."""
        result = read_json(where, body, Answer[Tickers]).result
        _refuse_other(where, "category", result.category, CATEGORY[instrument_type])
        said = {row.symbol: row.turnover24h for row in result.rows if row.turnover24h}
        volumes = numbers(where, "turnover24h", list(said.values()))
        return dict(zip(said, volumes.to_pylist(), strict=True))

    def decode_klines(self, where: str, series: Series, span: Span, body: bytes) -> pa.Table:
        """Rows of start, open, high, low, close, volume in base and turnover in quote coin."""
        result = read_json(where, body, Answer[Klines]).result
        if not result.rows:
            return NO_KLINES
        self._refuse_others(where, series, result.category, {result.symbol})
        times, *texts = zip(*result.rows, strict=True)
        columns = number_columns(where, dict(zip(_PRICES, texts, strict=True)))
        columns["vwap"] = with_vwap(columns["volume_base"], columns["volume_quote"])
        return kline_table(where, series, span, stamps(where, "open_time", times, _MS), columns)

    def decode_funding(self, where: str, series: Series, body: bytes) -> pa.Table:
        """Settled rates; the interval is said by the list of instruments alone."""
        result = read_json(where, body, Answer[Fundings]).result
        self._refuse_others(where, series, result.category, {row.symbol for row in result.rows})
        times = [row.funding_rate_timestamp for row in result.rows]
        rates = numbers(where, "rate", [row.funding_rate for row in result.rows])
        return funding_table(where, stamps(where, "funding_time", times, _MS), {"rate": rates})

    def book_request(self, instrument: Instrument) -> Request:
        """`GET /v5/market/orderbook`."""
        category = CATEGORY[instrument.instrument_type]
        symbol = self.native_symbol(instrument)
        return _request("book", category=category, symbol=symbol, limit=BOOK_LEVELS)

    def decode_book(self, where: str, instrument: Instrument, body: bytes) -> pa.Table:
        """`ts` is when the snapshot was made, `u` counts its states."""
        book = read_json(where, body, Answer[Book]).result
        _refuse_other(where, "s", book.symbol, self.native_symbol(instrument))
        return book_table(where, book.bids, book.asks, at_us=book.ts * _MS, sequence_id=book.u)

    def archive_file(self, series: Series, cut: Cut, first_day: date) -> ArchiveFile:
        """The trades of a day."""
        archive = self.endpoints.archive
        offered = self.capabilities[series.instrument.instrument_type].archives
        if archive is None or series.kind not in offered:
            return super().archive_file(series, cut, first_day)
        symbol = self.native_symbol(series.instrument)
        return bybit_archive.trades_file(archive, series, symbol, first_day)

    def decode_archive(self, file: ArchiveFile, content: bytes) -> pa.Table:
        """The trades of a day, ascending."""
        symbol = self.native_symbol(file.series.instrument)
        return bybit_archive.decode_trades(file, symbol, content)

    def _refuse_others(self, where: str, series: Series, category: str, symbols: set[str]) -> None:
        instrument = series.instrument
        _refuse_other(where, "category", category, CATEGORY[instrument.instrument_type])
        for symbol in symbols:
            _refuse_other(where, "symbol", symbol, self.native_symbol(instrument))


def _following(row: InstrumentRow, page: str | None) -> str | None:
    """The cursor after a page of perpetuals, all of one status."""
    if page:
        return f"{row.status}:{page}"
    asked = (
        STATUSES_ASKED.index(row.status) if row.status in STATUSES_ASKED else len(STATUSES_ASKED)
    )
    return next(iter(STATUSES_ASKED[asked + 1 :]), None)


def _refuse_other(where: str, field: str, given: str, expected: str) -> None:
    if given != expected:
        raise DecodeError(where, field=field, given=f"'{given}'", expected=f"'{expected}'")
