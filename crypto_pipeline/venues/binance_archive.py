"""Binance's bulk archive: where its files are, and what stands in them.

Source: the README of binance-public-data. What belongs here: names, columns and units of files.
What does not: REST (`venues/binance_answers.py`), downloading and checksums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import Interval, day_start, month_end
from crypto_pipeline.domain.klines import VALUE_COLUMNS, microseconds, with_vwap
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError, UsageError
from crypto_pipeline.venues.capabilities import Archive, Cut
from crypto_pipeline.venues.csv_columns import CsvLayout, instants, read_blocks, read_columns
from crypto_pipeline.venues.csv_text import CsvText, Packing
from crypto_pipeline.venues.funding_columns import funding_table
from crypto_pipeline.venues.kline_csv import read_klines
from crypto_pipeline.venues.records import ArchiveFile
from crypto_pipeline.venues.trade_columns import refuse_outside, taker_sides, trade_table

_FOLDER = {InstrumentType.SPOT: "spot", InstrumentType.PERP: "futures/um"}
_FAMILY = {
    Kind.KLINES: "klines",
    Kind.TRADES: "trades",
    Kind.AGG_TRADES: "aggTrades",
    Kind.FUNDING: "fundingRate",
}

# A month of a busy pair's trades is more than memory holds, so trades come by the day.
_KLINES = Archive((Cut.MONTHLY, Cut.DAILY), checksums=True, intervals=frozenset(Interval))
_TRADES = Archive((Cut.DAILY,), checksums=True)
_FUNDING = Archive(
    (Cut.MONTHLY,), checksums=True, silent=frozenset({"rate_predicted", "mark_price"})
)
SPOT_ARCHIVES: Mapping[Kind, Archive] = {
    Kind.KLINES: _KLINES,
    Kind.TRADES: _TRADES,
    Kind.AGG_TRADES: _TRADES,
}
PERP_ARCHIVES: Mapping[Kind, Archive] = {**SPOT_ARCHIVES, Kind.FUNDING: _FUNDING}

KLINE_CSV = CsvLayout(
    columns=(
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
    ),
    types={
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
    },
)
"""Times are in ms, in spot's files from 2025 on in µs; so are those of trades."""

_TRADE_TYPES = {
    "trade_seq": pa.int64(),
    "price": pa.float64(),
    "amount": pa.float64(),
    "time": pa.int64(),
    "buyer_is_maker": pa.bool_(),
}
_PERP_TRADE = ("trade_seq", "price", "amount", "amount_quote", "time", "buyer_is_maker")
_AGG_TYPES = {
    "agg_id": pa.int64(),
    "price": pa.float64(),
    "amount": pa.float64(),
    "first_trade_seq": pa.int64(),
    "last_trade_seq": pa.int64(),
    "time": pa.int64(),
    "buyer_is_maker": pa.bool_(),
}
_TRADE_CSV = {
    (Kind.TRADES, InstrumentType.PERP): CsvLayout(_PERP_TRADE, _TRADE_TYPES),
    (Kind.TRADES, InstrumentType.SPOT): CsvLayout((*_PERP_TRADE, "best_match"), _TRADE_TYPES),
    (Kind.AGG_TRADES, InstrumentType.PERP): CsvLayout(tuple(_AGG_TYPES), _AGG_TYPES),
    (Kind.AGG_TRADES, InstrumentType.SPOT): CsvLayout((*_AGG_TYPES, "best_match"), _AGG_TYPES),
}
_FUNDING_TYPES = {"time": pa.int64(), "interval_hours": pa.int64(), "rate": pa.float64()}
_FUNDING_CSV = CsvLayout(tuple(_FUNDING_TYPES), _FUNDING_TYPES)


def locate_file(base: str, symbol: str, series: Series, cut: Cut, first_day: date) -> ArchiveFile:
    """The zip of a day, or of the month that starts at `first_day`.

    Raises:
        UsageError: the archive has no files of that kind, or none of that cut.
    """
    kind_of = series.instrument.instrument_type
    archives = SPOT_ARCHIVES if kind_of is InstrumentType.SPOT else PERP_ARCHIVES
    if series.kind not in archives or (series.kind is Kind.FUNDING and cut is Cut.DAILY):
        raise UsageError(
            f"binance's archive has no {cut.value} {series.kind.value} of {kind_of.value} "
            f"instruments; it has {', '.join(kind.value for kind in archives)}, "
            f"{Kind.FUNDING.value} by the month alone"
        )
    start = day_start(first_day)
    if cut is Cut.MONTHLY:
        end, stamp = month_end(start), f"{first_day:%Y-%m}"
    else:
        end, stamp = start + timedelta(days=1), f"{first_day:%Y-%m-%d}"
    family = _FAMILY[series.kind]
    part = series.grid.value if series.kind is Kind.KLINES else family
    folder = f"data/{_FOLDER[kind_of]}/{cut.value}/{family}/{symbol}"
    if series.kind is Kind.KLINES:
        folder = f"{folder}/{part}"
    url = f"{base}/{folder}/{symbol}-{part}-{stamp}.zip"
    return ArchiveFile(series, cut, url, f"{url}.CHECKSUM", Span(start, end))


def read_file(file: ArchiveFile, content: bytes) -> pa.Table:
    """The rows of a zip, verified one by one, in the columns of its kind."""
    readers: Mapping[Kind, Callable[[ArchiveFile, CsvText], pa.Table]] = {
        Kind.KLINES: _klines,
        Kind.TRADES: _trades,
        Kind.AGG_TRADES: _agg_trades,
        Kind.FUNDING: _funding,
    }
    return readers[file.series.kind](file, CsvText(file.name, content, Packing.ZIP))


def _klines(file: ArchiveFile, text: CsvText) -> pa.Table:
    table = read_klines(text, KLINE_CSV, file.series.grid, file.span)
    vwap = with_vwap(table["volume_base"], table["volume_quote"])
    return table.append_column("vwap", vwap).select(["open_time", *VALUE_COLUMNS])


def _trades(file: ArchiveFile, text: CsvText) -> pa.Table:
    return _traded(file, text, "trade_seq")


def _agg_trades(file: ArchiveFile, text: CsvText) -> pa.Table:
    return _traded(file, text, "agg_id", "first_trade_seq", "last_trade_seq")


def _traded(file: ArchiveFile, text: CsvText, *ids: str) -> pa.Table:
    kind = file.series.kind
    layout = _TRADE_CSV[kind, file.series.instrument.instrument_type]
    blocks = (
        {
            **{name: rows[name] for name in (*ids, "price", "amount")},
            "ts_event": instants(file.name, rows["time"]),
            "side": taker_sides(rows["buyer_is_maker"]),
        }
        for _, rows in read_blocks(text, layout)
    )
    table = trade_table(file.name, blocks, kind)
    refuse_outside(file.name, table, file.span)
    return table


def _funding(file: ArchiveFile, text: CsvText) -> pa.Table:
    rows = read_columns(text, _FUNDING_CSV)
    stamps = instants(file.name, rows["time"]).cast(pa.int64()).to_numpy()
    first, end = microseconds(file.span.start), microseconds(file.span.end)
    outside = (stamps < first) | (stamps >= end)
    if outside.any():
        given = f"{stamps[int(np.flatnonzero(outside)[0])]} µs"
        raise DecodeError(
            file.name, field="calc_time", given=given, expected=f"a time in {file.span}"
        )
    columns = {name: rows[name].combine_chunks() for name in ("rate", "interval_hours")}
    return funding_table(file.name, stamps, columns)
