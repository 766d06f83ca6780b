"""Rows out of the lake for a person: one typed question, answered as pandas.

What belongs here: `query_data` and the statements behind it. What does not: sessions
(`lake/catalogs.py`); free SQL needs nothing but a session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from crypto_pipeline.domain.intervals import parse_interval, require_utc
from crypto_pipeline.errors import LakeError, UsageError
from crypto_pipeline.lake.catalogs import connect_read_only

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of rows: what answers for it, and the column that is its time."""

    statement: str
    time: str


KINDS = {
    "klines": Kind(
        "SELECT * FROM market.klines WHERE interval = $interval AND entity_id IN "
        "(SELECT unnest($entity_ids)) AND open_time >= $start AND open_time < $end",
        "open_time",
    ),
    "bars": Kind(
        "SELECT * FROM marts.fct_bars WHERE interval = $interval AND entity_id IN "
        "(SELECT unnest($entity_ids)) AND open_time >= $start AND open_time < $end",
        "open_time",
    ),
}
"""`klines` are the exchange's own bars as they were loaded; `bars` are derived from 1m alone."""


def query_data(
    home: Path,
    kind: str,
    entity_ids: Sequence[str],
    start: datetime,
    end: datetime,
    interval: str,
) -> pd.DataFrame:
    """Rows of some entities in a range of time.

    Args:
        home: the home whose lake is asked.
        kind: `klines` or `bars`.
        entity_ids: such as `cryptopair_binance_btcusdt`; case does not matter.
        start: inclusive, aware, UTC.
        end: exclusive, aware, UTC.
        interval: `1m` to `1d`.

    Returns:
        A frame with the index (entity_id, timestamp), ascending, timestamps in UTC; a column for
        each column of the table. Empty where the lake holds none of it.

    Raises:
        UsageError: the kind, an id or the interval is not known, or a time is not aware UTC.
        LakeError: there is no lake, or no `bars` in it yet.
    """
    if kind not in KINDS:
        raise UsageError(f"kind '{kind}' is not known; valid are {', '.join(KINDS)}")
    asked = [entity_id.lower() for entity_id in entity_ids]
    parameters: dict[str, object] = {
        "interval": parse_interval(interval).value,
        "entity_ids": asked,
        "start": require_utc(start, "start"),
        "end": require_utc(end, "end"),
    }
    with connect_read_only(home) as session:
        known = {row[0] for row in session.execute(_KNOWN_ENTITIES).fetchall()}
        _refuse_unknown(asked, known)
        frame = _answer(session, kind, parameters)
    named = frame.rename(columns={KINDS[kind].time: "timestamp"})
    return named.set_index(["entity_id", "timestamp"]).sort_index()


def _answer(
    session: duckdb.DuckDBPyConnection, kind: str, parameters: dict[str, object]
) -> pd.DataFrame:
    try:
        rows = session.execute(KINDS[kind].statement, parameters).to_arrow_table()
    except duckdb.CatalogException as error:
        raise LakeError(
            f"the lake holds no {kind} yet; make them with: crypto-pipeline dbt build"
        ) from error
    frame: pd.DataFrame = rows.to_pandas()
    return frame


_KNOWN_ENTITIES = "SELECT DISTINCT entity_id FROM market.instruments ORDER BY 1"


def _refuse_unknown(asked: Sequence[str], known: set[str]) -> None:
    unknown = [entity_id for entity_id in asked if entity_id not in known]
    if unknown:
        raise UsageError(
            f"the lake holds no {', '.join(unknown)}; it holds {', '.join(sorted(known)) or 'none'}"
        )
