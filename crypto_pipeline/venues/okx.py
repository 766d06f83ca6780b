"""OKX: spot and linear perpetuals (SWAP) over REST v5.

Source: OKX's API guide, docs-v5. What belongs here: what OKX offers, what it is asked, how an
answer is read. What does not: its archive (`venues/okx_archive.py`), its list of instruments
(`venues/okx_listings.py`), its units (`venues/okx_units.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

import pyarrow as pa
from msgspec.structs import astuple

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Instrument, InstrumentType
from crypto_pipeline.domain.intervals import EPOCH, Interval
from crypto_pipeline.domain.klines import TIMESTAMP
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues import okx_archive, okx_listings
from crypto_pipeline.venues.book_columns import book_table
from crypto_pipeline.venues.capabilities import (
    Archive,
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
from crypto_pipeline.venues.columns import NO_KLINES, kline_table, number_columns, numbers, stamps
from crypto_pipeline.venues.funding_columns import funding_table
from crypto_pipeline.venues.okx_answers import (
    Book,
    Candle,
    Settlement,
    Trade,
    one_row,
    rows_of,
)
from crypto_pipeline.venues.okx_units import (
    BAR_FIELDS,
    bar_columns,
    base_amounts,
    base_levels,
    due_times,
    native_symbol,
    refuse_others,
    trade_types,
)
from crypto_pipeline.venues.records import ArchiveFile, ListingPage, TradeCursor
from crypto_pipeline.venues.trade_columns import trade_table
from crypto_pipeline.venues.venue import Venue

SPOT, PERP = InstrumentType.SPOT, InstrumentType.PERP
THREE_MONTHS = timedelta(days=90)
BOOK_LEVELS = 400

INTERVALS = {
    Interval.M1: "1m",
    Interval.M3: "3m",
    Interval.M5: "5m",
    Interval.M15: "15m",
    Interval.M30: "30m",
    Interval.H1: "1H",
    Interval.H2: "2H",
    Interval.H4: "4H",
    Interval.H6: "6Hutc",
    Interval.H12: "12Hutc",
    Interval.D1: "1Dutc",
}
"""From 6h on a bar without `utc` opens on the grid of UTC+8."""

SILENT = frozenset({"trade_count", "taker_volume_base", "taker_volume_quote"})
AFTER, BEFORE = Bound("after", inclusive=False), Bound("before", inclusive=False)
"""`after` asks for rows older than an instant (or id), `before` for newer ones."""


def _request(path: str, **parameters: str | int) -> Request:
    """A request that counts against the limit named as the last part of its path."""
    return Request("rest", f"/api/v5/{path}", parameters, {path.rpartition("/")[2]: 1})


def _klines(path: str, newest_bars: int | None = None) -> KlineRoute:
    return KlineRoute(
        _request(path),
        INTERVALS,
        rows=300,
        start=BEFORE,
        end=AFTER,
        silent=SILENT,
        newest_bars=newest_bars,
        symbol="instId",
        interval="bar",
    )


# `candles` has the newest 1440 bars, the open one among them; 40 less, for those that open while
# the others are asked for.
KLINES = (_klines("market/candles", newest_bars=1400), _klines("market/history-candles"))
TRADES = TradeRoute(rows=100, walk=Walk.BACKWARD, locate=Locate.TIME, depth=THREE_MONTHS)
FUNDING = FundingRoute(
    _request("public/funding-rate-history", limit=400),
    rows=400,
    start=BEFORE,
    end=AFTER,
    depth=THREE_MONTHS,
    silent=frozenset({"interval_hours", "mark_price"}),
    symbol="instId",
)


def _capabilities(
    archives: Mapping[Kind, Archive], funding: FundingRoute | None = None
) -> Capabilities:
    return Capabilities(
        klines=KLINES,
        trades=TRADES,
        funding=funding,
        archives=archives,
        # history-trades and the archive hold single fills, whose ids rise by one in each
        # instrument; they skip in the websocket's `trades` alone, which merges fills.
        counted=True,
        book_levels=BOOK_LEVELS,
    )


class Okx(Venue):
    """OKX, archive and REST."""

    exchange: ClassVar[str] = "okx"
    capabilities: ClassVar[Mapping[InstrumentType, Capabilities]] = {
        SPOT: _capabilities(okx_archive.OF_SPOT),
        PERP: _capabilities(okx_archive.OF_SWAPS, FUNDING),
    }
    limits: ClassVar[Sequence[Limit]] = (
        Limit("time", 10, 2.0),
        Limit("instruments", 20, 2.0, by="instType"),
        Limit("tickers", 20, 2.0),
        Limit("candles", 40, 2.0),
        Limit("history-candles", 20, 2.0),
        Limit("history-trades", 20, 2.0),
        Limit("books", 40, 2.0),
        Limit("funding-rate-history", 10, 2.0, by="instId"),
    )
    """Each of one path, by address; no header tells how much is used."""
    ccxt_ids: ClassVar[Mapping[str, str]] = {"rest": "okx"}
    success: ClassVar[bytes] = b'{"code":"0"'

    def native_symbol(self, instrument: Instrument) -> str:
        """`BTC-USDT` is the pair, `BTC-USDT-SWAP` the perpetual."""
        return native_symbol(instrument)

    def contract_size(self, instrument: Instrument) -> Decimal:
        """Base coin of one contract; 1 on spot, whose amounts are in base coin."""
        if instrument.instrument_type is SPOT:
            return Decimal(1)
        return super().contract_size(instrument)

    def time_request(self, instrument_type: InstrumentType) -> Request:
        """`GET public/time`."""
        return _request("public/time")

    def decode_time(self, where: str, body: bytes) -> datetime:
        """The clock, to the ms."""
        return okx_listings.decode_time(where, body)

    def instruments_request(self, instrument_type: InstrumentType, cursor: str | None) -> Request:
        """`GET public/instruments`: all of a type in one page."""
        return _request("public/instruments", instType=okx_listings.TYPES[instrument_type])

    def decode_instruments(
        self, where: str, instrument_type: InstrumentType, body: bytes
    ) -> ListingPage:
        """Pairs, or swaps that settle in their quote coin."""
        return okx_listings.decode_instruments(where, instrument_type, body)

    def volumes_request(self, instrument_type: InstrumentType) -> Request:
        """`GET market/tickers`."""
        return _request("market/tickers", instType=okx_listings.TYPES[instrument_type])

    def decode_volumes(
        self, where: str, instrument_type: InstrumentType, body: bytes
    ) -> Mapping[str, float]:
        """Quote volumes; of swaps the base volume at the last price."""
        return okx_listings.decode_volumes(where, instrument_type, body)

    def decode_klines(self, where: str, series: Series, span: Span, body: bytes) -> pa.Table:
        """Candles, newest first; the open one has confirm 0 and comes like any other."""
        rows = rows_of(where, body, Candle)
        if not rows:
            return NO_KLINES
        times, *texts, confirm = zip(*map(astuple, rows), strict=True)
        if not set(confirm) <= {"0", "1"}:
            given = f"{sorted(set(confirm))}"
            raise DecodeError(where, field="confirm", given=given, expected="'0' or '1'")
        instrument = series.instrument
        read = number_columns(where, dict(zip(BAR_FIELDS, texts, strict=True)))
        return kline_table(
            where,
            series,
            span,
            stamps(where, "open_time", times, 1000),
            bar_columns(instrument.instrument_type, read, lambda: self.contract_size(instrument)),
        )

    def trades_request(self, series: Series, cursor: TradeCursor) -> Request:
        """`GET market/history-trades`: type 1 pages by trade id, type 2 by time, both exclusive."""
        if series.kind is not Kind.TRADES:
            return super().trades_request(series, cursor)
        native = self.native_symbol(series.instrument)
        asked: dict[str, str | int] = {"instId": native, "limit": TRADES.rows, "type": "2"}
        if cursor.id is not None:
            asked |= {"type": "1", "after": cursor.id}
        elif cursor.before is not None:
            # Rounded up: a trade of the ms that an instant lies in may be before it.
            asked["after"] = -Unit.MILLISECOND.of(EPOCH - (cursor.before - EPOCH))
        return _request("market/history-trades", **asked)

    def decode_trades(self, where: str, series: Series, body: bytes) -> pa.Table:
        """Fills, newest first; `side` is the taker's, `sz` of swaps is in contracts."""
        rows = rows_of(where, body, Trade)
        native = self.native_symbol(series.instrument)
        refuse_others(where, pa.array([row.inst_id for row in rows], pa.string()), native)
        sizes = numbers(where, "amount", [row.sz for row in rows])
        times = stamps(where, "ts_event", [row.ts for row in rows], 1000)
        columns = {
            "trade_seq": pa.array(stamps(where, "trade_seq", [row.trade_id for row in rows], 1)),
            "ts_event": pa.array(times).cast(TIMESTAMP),
            "price": numbers(where, "price", [row.px for row in rows]),
            "amount": base_amounts(sizes, self.contract_size(series.instrument)),
            "side": pa.array([row.side for row in rows], pa.string()),
            "trade_type": trade_types(pa.array([row.source for row in rows], pa.string())),
        }
        return trade_table(where, [columns], series.kind)

    def decode_funding(self, where: str, series: Series, body: bytes) -> pa.Table:
        """Settlements, newest first: realizedRate was paid, fundingRate had been announced."""
        rows = rows_of(where, body, Settlement)
        native = self.native_symbol(series.instrument)
        refuse_others(where, pa.array([row.inst_id for row in rows], pa.string()), native)
        columns = {
            "rate": numbers(where, "rate", [row.realized_rate for row in rows]),
            "rate_predicted": numbers(
                where, "rate_predicted", [row.funding_rate or None for row in rows]
            ),
        }
        times = stamps(where, "funding_time", [row.funding_time for row in rows], 1000)
        return funding_table(where, due_times(times), columns)

    def book_request(self, instrument: Instrument) -> Request:
        """`GET market/books`."""
        return _request("market/books", instId=self.native_symbol(instrument), sz=BOOK_LEVELS)

    def decode_book(self, where: str, instrument: Instrument, body: bytes) -> pa.Table:
        """A snapshot; sizes of swaps are in contracts."""
        book = one_row(where, body, Book)
        size = self.contract_size(instrument)
        bids = base_levels(f"{where}, bids", book.bids, size)
        asks = base_levels(f"{where}, asks", book.asks, size)
        at = int(stamps(where, "ts_event", [book.ts], 1000)[0])
        return book_table(where, bids, asks, at_us=at, sequence_id=book.seq_id)

    def archive_file(self, series: Series, cut: Cut, first_day: date) -> ArchiveFile:
        """The zip of a day or month of UTC+8."""
        if series.kind not in self.capabilities[series.instrument.instrument_type].archives:
            return super().archive_file(series, cut, first_day)
        return okx_archive.archive_file(self.endpoints.archive, series, cut, first_day)

    def decode_archive(self, file: ArchiveFile, content: bytes) -> pa.Table:
        """The rows of a zip, verified."""
        instrument = file.series.instrument
        return okx_archive.decode(file, content, lambda: self.contract_size(instrument))
