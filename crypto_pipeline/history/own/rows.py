"""Rows of a person's file in our columns, a batch at a time.

What belongs here: putting a batch's columns together, and what is worked out rather than given.
What does not: reading a value (`history/own/values.py`, `history/own/times.py`), rules that rows
must keep (`history/own/rules.py`).

Worked out are vwap (volume_quote / volume_base), settlement times to the second, and a trade's
number where the exchange counts trades: there it is the trade's id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.funding import FUNDING_COLUMNS, settlement_times
from crypto_pipeline.domain.klines import TIMESTAMP, VALUE_COLUMNS, with_vwap
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.domain.trades import AGG_TRADE_COLUMNS, TRADE_COLUMNS
from crypto_pipeline.history.kinds import TABLE_OF
from crypto_pipeline.history.own.columns import BUYER_IS_MAKER, SIDE, ColumnMapping, Form, Target
from crypto_pipeline.history.own.files import OwnFile, Rows
from crypto_pipeline.history.own.times import TimeReading, times
from crypto_pipeline.history.own.values import READERS, Place, plain, whole_numbers

COLUMNS: Mapping[Kind, Sequence[str]] = {
    Kind.KLINES: ("open_time", *VALUE_COLUMNS),
    Kind.TRADES: TRADE_COLUMNS,
    Kind.AGG_TRADES: AGG_TRADE_COLUMNS,
    Kind.FUNDING: FUNDING_COLUMNS,
}
ROW = "row"
"""The number of a row in its file."""


def row_schema(kind: Kind) -> pa.Schema:
    """What `own_rows` yields: a decoder's columns of this kind, and ROW."""
    fields = [TABLE_OF[kind].schema.field(name).with_nullable(True) for name in COLUMNS[kind]]
    return pa.schema([(ROW, pa.int64()), *fields])


@dataclass(frozen=True, slots=True)
class OwnRows:
    """How the rows of one file are read.

    Attributes:
        file: which.
        series: what it holds.
        mapping: which of its columns are which of ours.
        reading: how its times are written.
        counted: whether the exchange counts the trades of this instrument.
    """

    file: OwnFile
    series: Series
    mapping: ColumnMapping
    reading: TimeReading
    counted: bool = False

    def batches(self) -> Iterator[pa.Table]:
        """All rows in the order of the file, as `row_schema` says.

        Raises:
            DecodeError: a value is not what its column may hold; names row and column.
            UsageError: the unit or the zone of times was not said.
        """
        for rows in self.file.rows(self.mapping.names):
            yield self._batch(rows)

    def _batch(self, rows: Rows) -> pa.Table:
        for column, value in self.mapping.held.items():
            place, values = self._values(column, rows)
            place.refuse(values, pc.not_equal(values, value), f"'{value}', as the import was told")
        found = {t.name: self._column(t, rows) for t in self.mapping.taken}
        self._work_out(found, rows)
        length = len(next(iter(rows.columns.values())))
        found[ROW] = pa.array(np.arange(rows.first, rows.first + length))
        schema = row_schema(self.series.kind)
        columns = [
            found[field.name] if field.name in found else pa.nulls(length, field.type)
            for field in schema
        ]
        return pa.table(columns, schema=schema)

    def _values(self, column: str, rows: Rows) -> tuple[Place, pa.Array]:
        return Place(self.file.name, column, rows.first), plain(rows.columns[column])

    def _column(self, target: Target, rows: Rows) -> pa.Array:
        place, values = self._values(self.mapping.taken[target], rows)
        if target.required or target is BUYER_IS_MAKER:
            place.refuse_nulls(values)
        if target.form is Form.TIME:
            return times(place, values, self.reading)
        return READERS[target.form](place, values)

    def _work_out(self, found: dict[str, pa.Array], rows: Rows) -> None:
        """Add what follows from the columns that are there."""
        kind = self.series.kind
        if kind is Kind.KLINES and {"volume_base", "volume_quote"} <= found.keys():
            found["vwap"] = with_vwap(found["volume_base"], found["volume_quote"])
        if kind is Kind.FUNDING:
            stamps = found["funding_time"].cast(pa.int64()).to_numpy()
            found["funding_time"] = pa.array(settlement_times(stamps)).cast(TIMESTAMP)
        if BUYER_IS_MAKER.name in found:
            found.setdefault(SIDE.name, found[BUYER_IS_MAKER.name])
        if kind is Kind.TRADES and self.counted and "trade_seq" not in found:
            column = next(c for t, c in self.mapping.taken.items() if t.name == "trade_id")
            found["trade_seq"] = whole_numbers(*self._values(column, rows))
            found["trade_id"] = found["trade_seq"].cast(pa.string())
