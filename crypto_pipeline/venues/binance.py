"""Binance: spot and USDⓈ-M perpetuals.

Sources: Binance's spot REST reference (rest-api.md), the USDⓈ-M reference, and the README of
binance-public-data for the archive. What belongs here: facts about Binance. What does not: reading
a CSV (`venues/kline_csv.py`), when a request is made again (`history/`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Instrument, InstrumentType
from crypto_pipeline.domain.intervals import EPOCH, day_start
from crypto_pipeline.domain.klines import KLINE_SCHEMA, VALUE_COLUMNS, with_vwap
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.ccxt_rest import RestClient
from crypto_pipeline.venues.kline_csv import CsvLayout, read_klines, unzip
from crypto_pipeline.venues.venue import ArchiveFile, Cut, Endpoints, Series, Venue

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_KEPT: dict[str, pa.DataType] = {
    "open_time": pa.int64(),
    "open": pa.float64(),
    "high": pa.float64(),
    "low": pa.float64(),
    "close": pa.float64(),
    "volume_base": pa.float64(),
    "volume_quote": pa.float64(),
    "trade_count": pa.int64(),
    "taker_volume_base": pa.float64(),
    "taker_volume_quote": pa.float64(),
}
_ROW = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume_base",
    "close_time",
    "volume_quote",
    "trade_count",
    "taker_volume_base",
    "taker_volume_quote",
    "ignore",
)
"""A kline of the archive and of REST alike; spot's archive is in µs from 2025 on, else ms."""

KLINE_CSV = CsvLayout(columns=_ROW, types=_KEPT)

_EMPTY = pa.schema(
    [KLINE_SCHEMA.field(column).with_nullable(True) for column in ("open_time", *VALUE_COLUMNS)]
).empty_table()

ARCHIVE_FOLDER = {InstrumentType.SPOT: "spot", InstrumentType.PERP: "futures/um"}
PAGE_ROWS = {InstrumentType.SPOT: 1000, InstrumentType.PERP: 1500}
REST_PATH = {InstrumentType.SPOT: "/api/v3", InstrumentType.PERP: "/fapi/v1"}


class Binance(Venue):
    """Binance, archive and REST."""

    exchange: ClassVar[str] = "binance"
    archive_cuts: ClassVar[tuple[Cut, ...]] = (Cut.MONTHLY, Cut.DAILY)

    def __init__(self, endpoints: Endpoints) -> None:
        super().__init__(endpoints)
        self._client: RestClient | None = None

    def native_symbol(self, instrument: Instrument) -> str:
        """Base and quote run together: `BTCUSDT`, for the pair and the perpetual alike."""
        return f"{instrument.base}{instrument.quote}"

    def archive_file(self, series: Series, cut: Cut, first_day: date) -> ArchiveFile:
        """The zip of a day, or of the month that starts at `first_day`."""
        symbol, interval = self.native_symbol(series.instrument), series.interval.value
        start = day_start(first_day)
        if cut is Cut.MONTHLY:
            end = (start + timedelta(days=31)).replace(day=1)
            stamp = f"{first_day:%Y-%m}"
        else:
            end = start + timedelta(days=1)
            stamp = f"{first_day:%Y-%m-%d}"
        folder = f"data/{ARCHIVE_FOLDER[series.instrument.instrument_type]}/{cut.value}/klines"
        name = f"{symbol}-{interval}-{stamp}.zip"
        url = f"{self.endpoints.archive}/{folder}/{symbol}/{interval}/{name}"
        return ArchiveFile(series, cut, url, f"{url}.CHECKSUM", Span(start, end))

    def decode_archive(self, file: ArchiveFile, content: bytes) -> pa.Table:
        """The klines of a zip, verified row by row."""
        text = unzip(file.name, content)
        table = read_klines(file.name, text, KLINE_CSV, file.series.interval, file.span)
        return _in_order(table)

    def rest_url(self, series: Series) -> str:
        """`/api/v3/klines` for a pair, `/fapi/v1/klines` for a perpetual."""
        kind = series.instrument.instrument_type
        return f"{self.endpoints.rest[kind]}{REST_PATH[kind]}/klines"

    async def rest_page(self, series: Series, span: Span) -> pa.Table:
        """One `GET /klines`; Binance bounds open times inclusively on both sides."""
        kind = series.instrument.instrument_type
        client = self._rest()
        ask: Callable[..., Awaitable[Any]] = {
            InstrumentType.SPOT: client.exchange.publicGetKlines,
            InstrumentType.PERP: client.exchange.fapiPublicGetKlines,
        }[kind]
        where = f"{self.rest_url(series)} ({series}, {span})"
        parameters = {
            "symbol": self.native_symbol(series.instrument),
            "interval": series.interval.value,
            "startTime": _milliseconds(span.start),
            "endTime": _milliseconds(span.end) - 1,
            "limit": PAGE_ROWS[kind],
        }
        return _decode_rows(where, series, span, await client.call(where, ask, parameters))

    async def server_time(self, instrument_type: InstrumentType) -> datetime:
        """`GET /time` of the API of this instrument type."""
        client = self._rest()
        ask: Callable[..., Awaitable[Any]] = {
            InstrumentType.SPOT: client.exchange.publicGetTime,
            InstrumentType.PERP: client.exchange.fapiPublicGetTime,
        }[instrument_type]
        answer = await client.call(self.endpoints.rest[instrument_type], ask, {})
        try:
            return EPOCH + timedelta(milliseconds=int(answer["serverTime"]))
        except (KeyError, TypeError, ValueError) as error:
            raise DecodeError(
                f"{self.endpoints.rest[instrument_type]}/time",
                given=repr(answer)[:200],
                expected='{"serverTime": <ms>}',
            ) from error

    async def close(self) -> None:
        """Close the REST connections."""
        if self._client is not None:
            await self._client.close()

    def _rest(self) -> RestClient:
        if self._client is None:
            self._client = RestClient(
                "binance",
                self.endpoints,
                {
                    "public": self.endpoints.rest[InstrumentType.SPOT] + "/api/v3",
                    "fapiPublic": self.endpoints.rest[InstrumentType.PERP] + "/fapi/v1",
                },
            )
        return self._client


def _decode_rows(where: str, series: Series, span: Span, rows: object) -> pa.Table:
    """One page of REST: the same fields as a row of the archive, prices and volumes as text."""
    if not isinstance(rows, list):
        raise DecodeError(where, given=repr(rows)[:200], expected="a list of klines")
    if not rows:
        return _EMPTY
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != len(_ROW):
            raise DecodeError(
                where, row=number, given=repr(row)[:200], expected=f"{len(_ROW)} fields"
            )
    text = "\n".join(",".join(str(field) for field in row) for row in rows).encode()
    return _in_order(read_klines(where, text, KLINE_CSV, series.interval, span))


def _in_order(table: pa.Table) -> pa.Table:
    """open_time and the VALUE_COLUMNS, with the average price that Binance leaves to the reader."""
    vwap = with_vwap(table["volume_base"], table["volume_quote"])
    return table.append_column("vwap", vwap).select(["open_time", *VALUE_COLUMNS])


def _milliseconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(milliseconds=1)
