"""What replace and append do to a table, counted in rows and in snapshots."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from crypto_pipeline.errors import LakeError
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing
from crypto_pipeline.lake.tables import KLINES
from crypto_pipeline.lake.writing import Written, append, replace
from crypto_pipeline_tests.lake.rows import BTC, ETH, klines, land, rows, snapshot

CLOSES = "SELECT entity_id, close FROM market.klines ORDER BY entity_id, open_time"


def test_replace_given_new_changed_and_same_rows_counts_each(lake: Path) -> None:
    land(lake, klines([0, 1, 2]))
    frame = pa.concat_tables([klines([1, 2, 3]), klines([4], close=9.0), klines([0], close=9.0)])

    assert land(lake, frame) == Written(inserted=2, changed=1, unchanged=2)

    closes = [close for _, close in rows(lake, CLOSES)]
    assert closes == [9.0, 10.0, 10.0, 10.0, 9.0]


def test_replace_given_the_same_rows_again_makes_no_snapshot(lake: Path) -> None:
    land(lake, klines(range(50)))
    before = snapshot(lake)

    again = land(lake, klines(range(50), source="rest"))

    assert again == Written(unchanged=50)
    assert snapshot(lake) == before
    assert rows(lake, "SELECT DISTINCT source FROM market.klines") == [("archive",)]


def test_replace_given_nothing_makes_no_snapshot(lake: Path) -> None:
    before = snapshot(lake)

    assert land(lake, KLINES.schema.empty_table()) == Written()
    assert snapshot(lake) == before


def test_replace_given_two_entities_counts_them_apart_and_leaves_others(lake: Path) -> None:
    land(lake, klines([0], entity_id=ETH))
    frame = pa.concat_tables([klines([0, 1]), klines([0, 5], entity_id=ETH)])

    with writing(lake, Catalog.MARKET) as session:
        written = session.write(lambda connection: replace(connection, KLINES, frame))

    assert written == {
        (BTC, "1m"): Written(inserted=2),
        (ETH, "1m"): Written(inserted=1, unchanged=1),
    }


def test_replace_given_a_null_tells_it_from_a_value_and_from_zero(lake: Path) -> None:
    land(lake, klines([0], volume=None))

    assert land(lake, klines([0], volume=None)) == Written(unchanged=1)
    assert land(lake, klines([0], volume=0.0)) == Written(changed=1)
    assert land(lake, klines([0], volume=None)) == Written(changed=1)
    assert rows(lake, "SELECT volume_base FROM market.klines") == [(None,)]


def test_replace_given_the_next_double_sees_the_change(lake: Path) -> None:
    land(lake, klines([0], close=0.1))

    assert land(lake, klines([0], close=math.nextafter(0.1, 1))) == Written(changed=1)


def test_replace_given_a_key_twice_refuses_it_and_writes_nothing(lake: Path) -> None:
    before = snapshot(lake)

    with pytest.raises(LakeError, match=r"1 of 3 rows for market.klines repeat a key .*btcusdt"):
        land(lake, klines([0, 1, 1]))

    assert snapshot(lake) == before


@pytest.mark.parametrize(
    "frame",
    [klines([0]).drop_columns(["vwap"]), klines([0]).append_column("mood", pa.array(["good"]))],
    ids=["one less", "one more"],
)
def test_write_given_other_columns_names_those_of_the_table(lake: Path, frame: pa.Table) -> None:
    with writing(lake, Catalog.MARKET) as session:
        for write in (replace, append):
            transaction = partial(write, table=KLINES, frame=frame)
            with pytest.raises(LakeError, match=r"market.klines takes the columns entity_id, exch"):
                session.write(transaction)


def test_write_given_columns_in_another_order_sorts_them(lake: Path) -> None:
    frame = klines([0], close=7.0)

    land(lake, frame.select(sorted(frame.column_names)))

    assert rows(lake, CLOSES) == [(BTC, 7.0)]


def test_append_given_rows_that_are_there_adds_them(lake: Path) -> None:
    with writing(lake, Catalog.MARKET) as session:
        counts = [
            session.write(lambda connection: append(connection, KLINES, klines([0, 1])))
            for _ in range(2)
        ]

    assert counts == [2, 2]
    assert rows(lake, "SELECT count(*) FROM market.klines") == [(4,)]
