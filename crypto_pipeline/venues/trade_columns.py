"""Trades and aggregated trades as tables: their columns in order, sorted, and possible.

What belongs here: what every decoder of trades does with its columns, of REST and of archives.
What does not: where a column comes from (the exchange's module), reading a CSV
(`venues/csv_columns.py`), whether ids are without holes (`domain/sequences.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.klines import microseconds
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.domain.trades import (
    AGG_TRADE_COLUMNS,
    AGG_TRADE_SCHEMA,
    BUY,
    SELL,
    TRADE_COLUMNS,
    TRADE_SCHEMA,
)
from crypto_pipeline.errors import DecodeError

_COLUMNS = {
    Kind.TRADES: pa.schema([TRADE_SCHEMA.field(name) for name in TRADE_COLUMNS]),
    Kind.AGG_TRADES: pa.schema([AGG_TRADE_SCHEMA.field(name) for name in AGG_TRADE_COLUMNS]),
}
_ID = {Kind.TRADES: "trade_seq", Kind.AGG_TRADES: "agg_id"}
"""The column of whole numbers that tells rows apart, where an exchange has one."""


def taker_sides(buyer_is_maker: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The taker's side from whether the buyer was the maker: then the taker sold."""
    return pc.if_else(buyer_is_maker, SELL, BUY)


def trade_table(
    where: str, blocks: Iterable[Mapping[str, pa.Array]], kind: Kind, *, alike_once: bool = False
) -> pa.Table:
    """The columns that decoders return, TRADE_COLUMNS or AGG_TRADE_COLUMNS.

    Args:
        where: the file or endpoint, for errors.
        blocks: columns as the venue gives them, those of a block of one length, in any order of
            rows; a `trade_id` that is missing is the text of `trade_seq`, any other one that is
            missing is NULL.
        kind: TRADES or AGG_TRADES.
        alike_once: rows that are alike in every field count once.

    Returns:
        Ascending by (ts_event, trade_seq); aggregated trades by agg_id. Rows of the same instant
        without a number keep the order that they came in, turned around where that is newest first.

    Raises:
        DecodeError: a price or an amount is not above 0, a side is neither `buy` nor `sell`, an
            id stands there twice, or a field that may not be NULL is.
    """
    schema, tables, before = _COLUMNS[kind], list[pa.Table](), 0
    for columns in blocks:
        tables.append(_block(columns, kind))
        _refuse_impossible(where, tables[-1], schema, before)
        before += tables[-1].num_rows
    table = pa.concat_tables(tables) if tables else schema.empty_table()
    if _follow_one_another(tables, kind):
        return table
    ordered = _in_order(_once(table) if alike_once else table, kind)
    _refuse_doubled(where, ordered, kind)
    return ordered


def _follow_one_another(tables: Sequence[pa.Table], kind: Kind) -> bool:
    """Whether ids are whole numbers that rise from row to row, and times with them, as in archives.

    Looked at block by block: the columns of a busy day are long.
    """
    field = _ID[kind]
    time, id_ = -1, -1
    for table in (table for table in tables if table.num_rows):
        times = table["ts_event"].cast(pa.int64()).to_numpy()
        if table[field].null_count or (kind is Kind.TRADES and not _rise(time, times, least=0)):
            return False
        ids = table[field].to_numpy()
        if not _rise(id_, ids, least=1):
            return False
        time, id_ = int(times[-1]), int(ids[-1])
    return True


def _rise(before: int, values: npt.NDArray[np.int64], *, least: int) -> bool:
    """Whether each value is at least so much more than the one before it."""
    return bool(values[0] - before >= least and (np.diff(values) >= least).all())


def _block(columns: Mapping[str, pa.Array], kind: Kind) -> pa.Table:
    given, schema = dict(columns), _COLUMNS[kind]
    if kind is Kind.TRADES and "trade_id" not in given:
        given["trade_id"] = given["trade_seq"].cast(pa.string())
    length = len(given["ts_event"])
    arrays = [
        given[field.name].cast(field.type) if field.name in given else pa.nulls(length, field.type)
        for field in schema
    ]
    return pa.table(arrays, names=schema.names)


def _once(table: pa.Table) -> pa.Table:
    """The rows without those that are there twice, alike in every field."""
    once = table.group_by(table.column_names, use_threads=False).aggregate([])
    return once.cast(table.schema)


def refuse_outside(where: str, table: pa.Table, span: Span) -> None:
    """Refuse trades of another time than a file may hold.

    Raises:
        DecodeError: there are such; names the first.
    """
    reach = pc.min_max(table["ts_event"].cast(pa.int64())).as_py()
    first, end = microseconds(span.start), microseconds(span.end)
    if table.num_rows and (reach["min"] < first or reach["max"] >= end):
        times = table["ts_event"].cast(pa.int64()).to_numpy()
        outside = (times < first) | (times >= end)
        found = table["ts_event"][int(np.flatnonzero(outside)[0])].as_py()
        raise DecodeError(
            where, field="ts_event", given=found.isoformat(), expected=f"a time in {span}"
        )


def _refuse_impossible(where: str, table: pa.Table, schema: pa.Schema, before: int) -> None:
    for field in schema:
        values = table[field.name]
        if values.null_count and not field.nullable:
            _refuse(where, table, field.name, pc.is_null(values), "a value", before)
    for name in ("price", "amount"):
        values = table[name].to_numpy()
        possible = (values > 0.0) & (values < np.inf)
        if not possible.all():
            _refuse(where, table, name, pa.array(~possible), "a number above 0", before)
    if not set(pc.unique(table["side"]).to_pylist()) <= {BUY, SELL}:
        known = pc.is_in(table["side"], value_set=pa.array([BUY, SELL]))
        _refuse(where, table, "side", pc.invert(known), f"'{BUY}' or '{SELL}'", before)


def _refuse(
    where: str, table: pa.Table, field: str, bad: pa.Array, expected: str, before: int
) -> None:
    row = pc.index(bad, value=True).as_py()
    given = table[field][row].as_py()
    raise DecodeError(
        where, row=before + row + 1, field=field, given=f"'{given}'", expected=expected
    )


def _in_order(table: pa.Table, kind: Kind) -> pa.Table:
    """Sorted, and left as it is where it is so already, as archives are."""
    if kind is Kind.AGG_TRADES:
        keys = [table["agg_id"].to_numpy()]
    else:
        keys = [table["ts_event"].cast(pa.int64()).to_numpy()]
        if table["trade_seq"].null_count == 0:
            keys.append(table["trade_seq"].to_numpy())
    if _ascending(*keys):
        return table
    rows = np.arange(table.num_rows)
    if keys[0][0] > keys[0][-1]:
        rows = rows[::-1]
    return table.take(pa.array(rows[np.lexsort([key[rows] for key in reversed(keys)])]))


def _ascending(first: np.ndarray, *rest: np.ndarray) -> bool:
    """Whether rows ascend by their keys, equal ones allowed."""
    steps = np.diff(first)
    if not rest:
        return bool((steps >= 0).all())
    return bool(((steps > 0) | ((steps == 0) & (np.diff(rest[0]) >= 0))).all())


def _refuse_doubled(where: str, table: pa.Table, kind: Kind) -> None:
    field = _ID[kind]
    if table[field].null_count:
        field = "trade_id"
    ids = table[field]
    if pa.types.is_integer(ids.type) and (np.diff(ids.to_numpy()) > 0).all():
        return
    if pc.count_distinct(ids).as_py() < table.num_rows:
        counts = pc.value_counts(ids)
        twice = pc.index(pc.greater(counts.field("counts"), 1), value=True).as_py()
        given = f"'{counts[twice]['values'].as_py()}' more than once"
        raise DecodeError(where, field=field, given=given, expected="an id of its own for each row")
