"""crypto_pipeline: a complete, checked, queryable record of crypto markets that you own.

    import crypto_pipeline

    with crypto_pipeline.connect() as lake:
        lake.sql("select * from market.klines limit 5").show()

`connect` and `query_data` are the way in for Python; `crypto-pipeline` is the way in from a shell.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

__all__ = ["connect", "query_data"]


def connect(home: Path | str | None = None) -> duckdb.DuckDBPyConnection:
    """Open the lake for reading; it may be written meanwhile.

    Args:
        home: the folder that holds it; CRYPTO_HOME, or the configured one, if None.

    Returns:
        A DuckDB connection with the catalogs `ticks`, `market` and `marts`; close it, or use it as
        a context manager.

    Raises:
        LakeError: there is no lake.
        LakeVersionError: it was written by a newer version.
    """
    from crypto_pipeline.lake.catalogs import connect_read_only

    return connect_read_only(_home(home))


def query_data(
    kind: str,
    entity_ids: Sequence[str],
    start: datetime,
    end: datetime,
    interval: str = "1m",
    *,
    home: Path | str | None = None,
) -> pd.DataFrame:
    """Rows of some entities in a range of time.

    Args:
        kind: `klines` (the exchange's own bars) or `bars` (derived from 1m alone).
        entity_ids: such as `cryptopair_binance_btcusdt`.
        start: inclusive, aware, UTC.
        end: exclusive, aware, UTC.
        interval: `1m` to `1d`.
        home: the folder that holds the lake; CRYPTO_HOME, or the configured one, if None.

    Returns:
        A frame with the index (entity_id, timestamp), ascending, times in UTC.

    Raises:
        UsageError: a kind, id or interval that there is not, or a time that is not aware UTC.
        LakeError: there is no lake.
    """
    from crypto_pipeline.lake.reading import query_data as query

    return query(_home(home), kind, entity_ids, start, end, interval)


def _home(home: Path | str | None) -> Path:
    if home is not None:
        return Path(home).expanduser().absolute()
    from crypto_pipeline.settings import load_settings

    return load_settings().home
