"""The interval of each settlement: the time since the one before it, whichever load brought that.

What belongs here: filling `interval_hours` from the settlements around it. What does not: the
arithmetic (`domain/funding.py`).

Where the settlement before is known, the distance to it is the interval; where it is not, what the
exchange said of it. So the table says the same in whichever order and parts its rows were loaded.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.funding import FUNDING_SCHEMA, LONGEST_INTERVAL, intervals_between


def with_intervals(session: duckdb.DuckDBPyConnection, rows: pa.Table) -> pa.Table:
    """Settlements about to be written, with their intervals, and stored ones whose own changes.

    Args:
        session: inside the transaction that writes them.
        rows: in the columns of FUNDING_SCHEMA; those of several instruments in any order.
    """
    if rows.num_rows == 0:
        return rows
    session.register("settled", rows)
    try:
        around = session.execute(_AROUND, {"reach": LONGEST_INTERVAL}).to_arrow_table()
    finally:
        session.unregister("settled")
    derived = [_derived(around.filter(_of(around, id_))) for id_ in _ids(around)]
    together = pa.concat_tables(derived)
    wanted = together.filter(pc.or_(together["given"], together["differs"]))
    return wanted.select(FUNDING_SCHEMA.names).cast(FUNDING_SCHEMA)


_AROUND = """
WITH reach AS (
    SELECT
        entity_id, exchange,
        min(funding_time) - $reach AS first, max(funding_time) + $reach AS last
    FROM settled
    GROUP BY ALL
),
stored AS (
    SELECT old.* FROM market.funding_rates AS old
    JOIN reach ON old.exchange = reach.exchange AND old.entity_id = reach.entity_id
        AND old.funding_time BETWEEN reach.first AND reach.last
    ANTI JOIN settled ON settled.entity_id = old.entity_id
        AND settled.funding_time = old.funding_time
)
SELECT *, true AS given FROM settled
UNION ALL BY NAME
SELECT *, false AS given FROM stored
ORDER BY entity_id, funding_time
"""


def _ids(rows: pa.Table) -> list[str]:
    found: list[str] = pc.unique(rows["entity_id"]).to_pylist()
    return found


def _of(rows: pa.Table, entity_id: str) -> pa.ChunkedArray:
    return pc.equal(rows["entity_id"], entity_id)


def _derived(rows: pa.Table) -> pa.Table:
    """The rows of one instrument with the distance to the row before, where that is an interval."""
    stamps = rows["funding_time"].cast(pa.int64()).to_numpy()
    said = rows["interval_hours"].to_pylist()
    between = intervals_between(stamps)
    hours = [known if known is not None else own for known, own in zip(between, said, strict=True)]
    differs = [after != before for after, before in zip(hours, said, strict=True)]
    place = rows.column_names.index("interval_hours")
    return rows.set_column(place, "interval_hours", pa.array(hours, pa.int64())).append_column(
        "differs", pa.array(differs, pa.bool_())
    )
