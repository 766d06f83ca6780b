"""Rows of very many added as a file of our own: the same to every reader as rows inserted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from crypto_pipeline.domain.trades import TRADE_SCHEMA
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.maintenance import compact
from crypto_pipeline.lake.session import writing
from crypto_pipeline.lake.tables import TRADES
from crypto_pipeline.lake.writing import Written, replace, total
from crypto_pipeline_tests.lake.rows import rows

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
ALL = "SELECT * FROM market.trades ORDER BY entity_id, trade_seq"
PARTITIONS = """
    SELECT file.path, value.partition_key_index, value.partition_value
    FROM __ducklake_metadata_market.ducklake_data_file AS file
    JOIN __ducklake_metadata_market.ducklake_file_partition_value AS value USING (data_file_id)
    JOIN __ducklake_metadata_market.ducklake_table AS of_table ON of_table.table_id = file.table_id
    WHERE of_table.table_name = 'trades' AND file.end_snapshot IS NULL
    ORDER BY ALL
"""


def trades(
    numbers: Sequence[int], *, exchange: str = "binance", price: float = 0.1, first: datetime
) -> pa.Table:
    """A trade a second, numbered."""
    return pa.Table.from_pylist(
        [
            {
                "entity_id": f"cryptopair_{exchange}_btcusdt",
                "exchange": exchange,
                "trade_id": str(number),
                "trade_seq": number,
                "ts_event": first + timedelta(seconds=number),
                "price": price,
                "amount": number / 7,
                "side": "buy" if number % 2 else "sell",
                "trade_type": None,
                "source": "archive",
                "loaded_at": first,
            }
            for number in numbers
        ],
        schema=TRADE_SCHEMA,
    )


def land(home: Path, frame: pa.Table) -> Written:
    with writing(home, Catalog.MARKET) as session:
        return total(session.write(lambda connection: replace(connection, TRADES, frame)))


def as_rows(frame: pa.Table) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = list(zip(*frame.to_pydict().values(), strict=True))
    return found


def partitions(home: Path) -> set[tuple[int, str]]:
    found = rows(home, PARTITIONS)
    return {(int(str(index)), str(value)) for _, index, value in found}


def files(home: Path) -> dict[str, int]:
    """Files of 2026 by exchange."""
    paths = {str(path) for path, _, _ in rows(home, PARTITIONS)}
    return Counter(re.findall(r"exchange=(\w+)/year=2026/", " ".join(sorted(paths))))


def test_replace_given_trades_of_one_year_adds_them_as_they_are(lake: Path) -> None:
    given = trades(range(1000), first=NEW_YEAR)

    assert land(lake, given) == Written(inserted=1000)
    assert rows(lake, ALL) == as_rows(given)
    assert partitions(lake) == {(0, "binance"), (1, "2026")}
    assert files(lake) == {"binance": 1}


def test_replace_given_trades_of_two_years_has_each_in_its_own(lake: Path) -> None:
    given = trades(range(100), first=NEW_YEAR - timedelta(seconds=50))

    assert land(lake, given) == Written(inserted=100)
    assert rows(lake, ALL) == as_rows(given)
    assert partitions(lake) == {(0, "binance"), (1, "2025"), (1, "2026")}


def test_replace_given_trades_of_two_exchanges_has_each_in_its_own(lake: Path) -> None:
    both = [trades(range(9), exchange=name, first=NEW_YEAR) for name in ("binance", "okx")]

    assert land(lake, pa.concat_tables(both)) == Written(inserted=18)
    assert rows(lake, ALL) == [*as_rows(both[0]), *as_rows(both[1])]
    assert partitions(lake) == {(0, "binance"), (0, "okx"), (1, "2026")}


def test_replace_given_trades_that_were_added_changes_and_keeps_them_as_any(lake: Path) -> None:
    land(lake, trades(range(100), first=NEW_YEAR))
    changed = trades(range(90, 110), price=0.2, first=NEW_YEAR)

    assert land(lake, changed) == Written(inserted=10, changed=10)
    assert land(lake, changed) == Written(unchanged=20)
    assert [row[5] for row in rows(lake, ALL)] == [0.1] * 90 + [0.2] * 20


def test_replace_given_a_transaction_that_fails_leaves_the_table_as_it_was(lake: Path) -> None:
    given = trades(range(10), first=NEW_YEAR)

    def fails(connection: duckdb.DuckDBPyConnection) -> None:
        replace(connection, TRADES, given)
        raise ZeroDivisionError

    with writing(lake, Catalog.MARKET) as session, pytest.raises(ZeroDivisionError):
        session.write(fails)

    assert rows(lake, ALL) == []
    assert land(lake, given) == Written(inserted=10)
    assert rows(lake, ALL) == as_rows(given)


def test_compact_given_files_that_were_added_merges_them_with_those_inserted(lake: Path) -> None:
    frames = [trades(range(n, n + 50), first=NEW_YEAR) for n in range(0, 500, 50)]
    for frame in frames:
        land(lake, frame)
    land(lake, trades(range(500, 600), exchange="okx", first=NEW_YEAR))
    land(lake, trades(range(10), price=0.3, first=NEW_YEAR))
    before = rows(lake, ALL)

    compact(lake, Catalog.MARKET, retention=timedelta(0))

    assert rows(lake, ALL) == before
    assert files(lake) == {"binance": 2, "okx": 1}
    assert partitions(lake) == {(0, "binance"), (0, "okx"), (1, "2026")}
