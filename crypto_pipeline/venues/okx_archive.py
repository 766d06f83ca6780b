"""OKX's bulk archive: trades by day, bars of a minute by day and month, funding by month.

What belongs here: which files there are, and their columns. What does not: reading a CSV
(`venues/csv_columns.py`), units (`venues/okx_units.py`), REST (`venues/okx.py`).

Days and months are those of UTC+8, and a file comes the day after the next one (T+2). Files have a
header row, whose names tell the columns: trades have had three layouts, one of them with Chinese
beside the English and without the instrument's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.intervals import Interval, day_start, month_end
from crypto_pipeline.domain.klines import VALUE_COLUMNS
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.capabilities import Archive, Cut
from crypto_pipeline.venues.csv_columns import CsvLayout, instants, read_blocks, read_columns
from crypto_pipeline.venues.csv_text import CsvText, Packing
from crypto_pipeline.venues.funding_columns import funding_table
from crypto_pipeline.venues.kline_csv import read_klines
from crypto_pipeline.venues.okx_units import (
    BAR_FIELDS,
    bar_columns,
    base_amounts,
    due_times,
    native_symbol,
    refuse_others,
    trade_types,
)
from crypto_pipeline.venues.records import ArchiveFile
from crypto_pipeline.venues.trade_columns import refuse_outside, trade_table

ContractSize = Callable[[], Decimal]

DAY_STARTS = timedelta(hours=-8)
DELAY = timedelta(days=1)

TRADES = Archive((Cut.DAILY,), DAY_STARTS, DELAY)
"""There are months too: one of BTC-USDT-SWAP has 70 million rows, more than one wants to hold."""
KLINES = Archive(
    (Cut.MONTHLY, Cut.DAILY),
    DAY_STARTS,
    DELAY,
    intervals=frozenset({Interval.M1}),
    silent=frozenset({"trade_count", "taker_volume_base", "taker_volume_quote"}),
)
FUNDING = Archive(
    (Cut.MONTHLY,),
    DAY_STARTS,
    DELAY,
    silent=frozenset({"rate_predicted", "interval_hours", "mark_price"}),
)
"""The rate is the one that was paid."""

OF_SPOT = {Kind.TRADES: TRADES, Kind.KLINES: KLINES}
OF_SWAPS = {**OF_SPOT, Kind.FUNDING: FUNDING}

_FOLDERS = {
    Kind.TRADES: ("trades", "trades"),
    Kind.KLINES: ("candlesticks", "candlesticks"),
    Kind.FUNDING: ("swaprates", "fundingrates"),
}
"""Folder, and what the file's name says, by kind."""

_WORD = pa.dictionary(pa.int32(), pa.string())
_NAME = "instrument_name"
_TRADE_TYPES: Mapping[str, pa.DataType] = {
    _NAME: _WORD,
    "trade_id": pa.int64(),
    "side": _WORD,
    "price": pa.float64(),
    "size": pa.float64(),
    "created_time": pa.int64(),
    "source": _WORD,
}
_TRADE_MINIMUM = ("trade_id", "side", "price", "size", "created_time")
_BAR_TYPES: Mapping[str, pa.DataType] = {
    _NAME: _WORD,
    **dict.fromkeys(BAR_FIELDS, pa.float64()),
    "open_time": pa.int64(),
}
_FUNDING_TYPES: Mapping[str, pa.DataType] = {
    _NAME: _WORD,
    "funding_rate": pa.float64(),
    "funding_time": pa.int64(),
}


def archive_file(base: str | None, series: Series, cut: Cut, first_day: date) -> ArchiveFile:
    """The zip of a day of UTC+8, or of the month of UTC+8 that starts at `first_day`."""
    start = day_start(first_day)
    monthly = cut is Cut.MONTHLY
    end = month_end(start) if monthly else start + timedelta(days=1)
    stamp = f"{first_day:%Y-%m}" if monthly else f"{first_day:%Y-%m-%d}"
    folder, what = _FOLDERS[series.kind]
    name = f"{native_symbol(series.instrument)}-{what}-{stamp}.zip"
    root = f"{base}/cdn/okex/traderecords/{folder}/{cut.value}/{stamp.replace('-', '')}"
    return ArchiveFile(
        series, cut, f"{root}/{name}", None, Span(start + DAY_STARTS, end + DAY_STARTS)
    )


def decode(file: ArchiveFile, content: bytes, contract_size: ContractSize) -> pa.Table:
    """The rows of a zip, in the columns of its kind.

    Args:
        file: which.
        content: its bytes.
        contract_size: of its instrument; asked only where amounts are in contracts.

    Raises:
        DecodeError: the bytes are not what OKX documents; names file and row.
    """
    text = CsvText(file.name, content, Packing.ZIP)
    if file.series.kind is Kind.TRADES:
        return _trades(file, text, contract_size)
    if file.series.kind is Kind.FUNDING:
        return _funding(file, text)
    return _bars(file, text, contract_size)


def _trades(file: ArchiveFile, text: CsvText, contract_size: ContractSize) -> pa.Table:
    layout = _layout(text, _TRADE_TYPES, _TRADE_MINIMUM)
    blocks = (
        _traded(file, before, rows, contract_size) for before, rows in read_blocks(text, layout)
    )
    # A file may have a trade twice.
    table = trade_table(file.name, blocks, Kind.TRADES, alike_once=True)
    refuse_outside(file.name, table, file.span)
    return table


def _traded(
    file: ArchiveFile, before: int, rows: pa.RecordBatch, contract_size: ContractSize
) -> dict[str, pa.Array]:
    """A block of a file of trades; `before` are the rows above it."""
    _refuse_other_names(file, rows, before)
    columns = {
        "trade_seq": rows["trade_id"],
        "ts_event": instants(file.name, rows["created_time"]),
        "price": rows["price"],
        "amount": base_amounts(rows["size"], contract_size()),
        "side": rows["side"],
    }
    if "source" in rows.schema.names:
        columns["trade_type"] = trade_types(rows["source"])
    return columns


def _bars(file: ArchiveFile, text: CsvText, contract_size: ContractSize) -> pa.Table:
    layout = _layout(text, _BAR_TYPES, tuple(_BAR_TYPES))
    rows = read_klines(text, layout, file.series.grid, file.span)
    refuse_others(file.name, rows[_NAME], native_symbol(file.series.instrument), header=1)
    read = {name: rows[name] for name in BAR_FIELDS}
    columns = bar_columns(file.series.instrument.instrument_type, read, contract_size)
    kinds = {"trade_count": pa.int64()}
    arrays = [
        columns[name] if name in columns else pa.nulls(len(rows), kinds.get(name, pa.float64()))
        for name in VALUE_COLUMNS
    ]
    return pa.table([rows["open_time"], *arrays], names=["open_time", *VALUE_COLUMNS])


def _funding(file: ArchiveFile, text: CsvText) -> pa.Table:
    layout = _layout(text, _FUNDING_TYPES, tuple(_FUNDING_TYPES))
    rows = _read(file, text, layout)
    stamps = instants(file.name, rows["funding_time"]).cast(pa.int64()).to_numpy()
    return funding_table(file.name, due_times(stamps), {"rate": rows["funding_rate"]})


def _read(file: ArchiveFile, text: CsvText, layout: CsvLayout) -> pa.Table:
    rows = read_columns(text, layout)
    _refuse_other_names(file, rows, 1)
    return rows


def _refuse_other_names(file: ArchiveFile, rows: pa.Table | pa.RecordBatch, before: int) -> None:
    if _NAME in rows.schema.names:
        refuse_others(file.name, rows[_NAME], native_symbol(file.series.instrument), header=before)


def _layout(text: CsvText, types: Mapping[str, pa.DataType], needed: tuple[str, ...]) -> CsvLayout:
    """The columns that the header row names, the English half of each where there are two.

    Raises:
        DecodeError: there is no header row, or a needed column is not in it.
    """
    head = text.head()
    line = head[: max(head.find(b"\n"), 0)].decode("ascii", errors="replace").strip()
    columns = [column.partition("/")[0] for column in line.split(",")]
    if not set(needed) <= set(columns) or len(set(columns)) < len(columns):
        expected = f"a header row that names {', '.join(needed)}"
        raise DecodeError(text.name, row=1, given=f"'{line[:200]}'", expected=expected)
    return CsvLayout(columns, {key: kind for key, kind in types.items() if key in columns})
