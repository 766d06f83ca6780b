"""Bybit's archive: the files of a day's trades, and how they are read.

Source: the files at public.bybit.com, of which Bybit has no reference. What belongs here: their
names and columns. What does not: reading a CSV (`venues/csv_columns.py`), Bybit's REST
(`venues/bybit.py`).

A perpetual's file names each trade by a UUID and tells its time in seconds with a fraction. A
pair's file counts its own rows from 1, so that a row is named here by day and number: such an id is
another one than REST and websocket have for the same trade, and the two are never matched by id.
Files of March 2025 and later tell which trades were retail price improvement (RPI). There are no
checksums. Pairs have files from November 2022 on; their first months are not read, because they are
named otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import day_start
from crypto_pipeline.domain.klines import TIMESTAMP
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.capabilities import Cut
from crypto_pipeline.venues.csv_columns import CsvLayout, instants, read_blocks
from crypto_pipeline.venues.csv_text import CsvText, Packing
from crypto_pipeline.venues.records import ArchiveFile
from crypto_pipeline.venues.trade_columns import refuse_outside, trade_table

LINEAR = (
    "timestamp",
    "symbol",
    "side",
    "size",
    "price",
    "tickDirection",
    "trdMatchID",
    "grossValue",
    "homeNotional",
    "foreignNotional",
)
LINEAR_TYPES: dict[str, pa.DataType] = {
    "timestamp": pa.float64(),
    "symbol": pa.string(),
    "side": pa.string(),
    "size": pa.float64(),
    "price": pa.float64(),
    "trdMatchID": pa.string(),
}
SPOT = ("id", "timestamp", "price", "volume", "side")
SPOT_TYPES: dict[str, pa.DataType] = {
    "id": pa.int64(),
    "timestamp": pa.int64(),
    "price": pa.float64(),
    "volume": pa.float64(),
    "side": pa.string(),
}

EXACT_SECONDS = 2**32
"""Up to here (the year 2106) a DOUBLE of seconds is within a quarter of a µs of what was written,
so that rounding gives the very µs back."""
EXACT_MS = EXACT_SECONDS * 1_000
_LONGEST_HEADER = 200


def trades_file(archive: str, series: Series, symbol: str, day: date) -> ArchiveFile:
    """The file of a day.

    `/spot/BTCUSDT/BTCUSDT_2026-09-30.csv.gz`; `/trading/BTCUSDT/BTCUSDT2026-09-30.csv.gz` of a
    perpetual.

    Args:
        archive: base URL.
        series: trades.
        symbol: Bybit's own.
        day: UTC.
    """
    pair = series.instrument.instrument_type is InstrumentType.SPOT
    folder, between = ("spot", "_") if pair else ("trading", "")
    url = f"{archive}/{folder}/{symbol}/{symbol}{between}{day:%Y-%m-%d}.csv.gz"
    start = day_start(day)
    return ArchiveFile(series, Cut.DAILY, url, None, Span(start, start + timedelta(days=1)))


def decode_trades(file: ArchiveFile, symbol: str, content: bytes) -> pa.Table:
    """TRADE_COLUMNS of a day, ascending by time.

    Args:
        file: which.
        symbol: Bybit's own name of the instrument.
        content: as downloaded.

    Raises:
        DecodeError: it is no gzip of the CSV that Bybit writes, or holds trades of another symbol
            or day; names file, row and field.
    """
    text = CsvText(file.name, content, Packing.GZIP)
    if file.series.instrument.instrument_type is InstrumentType.SPOT:
        found = _blocks(text, SPOT, SPOT_TYPES, "rpi")
        columns = (_spot_columns(file, block) for block in found)
    else:
        found = _blocks(text, LINEAR, LINEAR_TYPES, "RPI")
        columns = (_linear_columns(block, symbol) for block in found)
    table = trade_table(file.name, columns, Kind.TRADES)
    refuse_outside(file.name, table, file.span)
    return table


def linear_times(seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Seconds with up to six digits after the point, below EXACT_SECONDS, as exact µs."""
    return np.rint(np.asarray(seconds) * 1e6).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows of a file.

    Attributes:
        name: the file.
        before: how many of its rows lie above them.
        rows: the kept columns.
        trade_type: of each, NULL where a file has no column of RPI.
    """

    name: str
    before: int
    rows: pa.RecordBatch
    trade_type: pa.Array

    def refuse(self, field: str, bad: pa.Array, expected: str) -> None:
        """Refuse the file by the first row that is bad.

        Raises:
            DecodeError: there is one.
        """
        row = pc.index(bad, value=True).as_py()
        if row >= 0:
            number, given = self.before + row + 1, f"'{self.rows[field][row].as_py()}'"
            raise DecodeError(self.name, row=number, field=field, given=given, expected=expected)


def _linear_columns(block: _Block, symbol: str) -> dict[str, pa.Array]:
    rows = block.rows
    block.refuse("symbol", pc.not_equal(rows["symbol"], symbol), f"'{symbol}'")
    late = pc.greater_equal(pc.abs(rows["timestamp"]), EXACT_SECONDS)
    block.refuse("timestamp", late, f"seconds below {EXACT_SECONDS}")
    return {
        "trade_id": rows["trdMatchID"],
        "ts_event": pa.array(linear_times(rows["timestamp"].to_numpy())).cast(TIMESTAMP),
        "price": rows["price"],
        "amount": rows["size"],
        "side": pc.utf8_lower(rows["side"]),
        "trade_type": block.trade_type,
    }


def _spot_columns(file: ArchiveFile, block: _Block) -> dict[str, pa.Array]:
    rows = block.rows
    late = pc.greater_equal(pc.abs(rows["timestamp"]), EXACT_MS)
    block.refuse("timestamp", late, f"ms below {EXACT_MS}")
    day = f"{file.span.start:%Y-%m-%d}"
    return {
        "trade_id": pc.binary_join_element_wise(day, rows["id"].cast(pa.string()), "-"),
        "ts_event": instants(file.name, rows["timestamp"]),
        "price": rows["price"],
        "amount": rows["volume"],
        "side": rows["side"],
        "trade_type": block.trade_type,
    }


def _blocks(
    text: CsvText, columns: tuple[str, ...], types: dict[str, pa.DataType], rpi: str
) -> Iterator[_Block]:
    """A file with a column of RPI or without one, block by block."""
    header = text.head()[:_LONGEST_HEADER].partition(b"\n")[0].decode(errors="replace")
    told = header == ",".join((*columns, rpi))
    if not told and header != ",".join(columns):
        expected = f"{','.join(columns)}, with or without {rpi}"
        raise DecodeError(text.name, row=1, given=f"'{header}'", expected=expected)
    layout = CsvLayout(columns, types)
    if told:
        layout = CsvLayout((*columns, rpi), {**types, rpi: pa.int64()})
    for before, rows in read_blocks(text, layout):
        if not told:
            yield _Block(text.name, before, rows, pa.nulls(rows.num_rows, pa.string()))
            continue
        kinds = pc.if_else(pc.equal(rows[rpi], 1), "rpi", pa.scalar(None, pa.string()))
        block = _Block(text.name, before, rows, kinds)
        block.refuse(rpi, pc.invert(pc.is_in(rows[rpi], pa.array([0, 1]))), "0 or 1")
        yield block
