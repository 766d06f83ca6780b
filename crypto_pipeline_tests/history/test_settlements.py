"""Intervals of settlements: the same in whichever order and parts they were loaded."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto_pipeline.domain.funding import FUNDING_SCHEMA
from crypto_pipeline.history.settlements import with_intervals
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing
from crypto_pipeline.lake.tables import FUNDING_RATES
from crypto_pipeline.lake.writing import replace
from crypto_pipeline_tests.history.loads import at
from crypto_pipeline_tests.lake.rows import rows

START = at("2026-02-01")
HOURS = [0, 8, 16, 24, 28, 32, 36, 37, 38, 46, 54]
INTERVALS = [None, 8, 8, 8, 4, 4, 4, 1, 1, 8, 8]


def settlements(hours: list[int], *, said: int | None = None) -> pa.Table:
    of_one = [
        {
            "entity_id": "cryptoperp_okx_btcusdt",
            "exchange": "okx",
            "funding_time": START + timedelta(hours=hour),
            "rate": hour / 1e6,
            "interval_hours": said,
            "source": "rest",
            "loaded_at": START,
        }
        for hour in hours
    ]
    return pa.Table.from_pylist(of_one, schema=FUNDING_SCHEMA)


def land(home: Path, *parts: pa.Table) -> list[tuple[object, ...]]:
    with writing(home, Catalog.MARKET) as session:
        for part in parts:
            session.write(partial(_settle, part))
    return rows(home, "SELECT interval_hours FROM market.funding_rates ORDER BY funding_time")


def _settle(part: pa.Table, connection: duckdb.DuckDBPyConnection) -> None:
    replace(connection, FUNDING_RATES, with_intervals(connection, part))


def test_with_intervals_given_one_load_has_the_distance_to_the_one_before(lake: Path) -> None:
    assert land(lake, settlements(HOURS)) == [(hours,) for hours in INTERVALS]


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(HOURS), cuts=st.lists(st.integers(1, 10), max_size=4))
def test_with_intervals_given_any_order_and_parts_are_the_same(
    fresh_lake: Path, order: list[int], cuts: list[int]
) -> None:
    edges = [0, *sorted(set(cuts)), len(order)]
    parts = [sorted(order[a:b]) for a, b in pairwise(edges) if a < b]
    with tempfile.TemporaryDirectory() as folder:
        home = shutil.copytree(fresh_lake, Path(folder) / "home")
        found = land(home, *(settlements(part) for part in parts))
    assert found == [(hours,) for hours in INTERVALS]


def test_with_intervals_given_what_the_exchange_said_keeps_it_for_the_first(lake: Path) -> None:
    assert land(lake, settlements([0, 8], said=8)) == [(8,), (8,)]


def test_with_intervals_given_a_hole_leaves_it_unknown_until_it_is_filled(lake: Path) -> None:
    assert land(lake, settlements([0, 8, 24])) == [(None,), (8,), (None,)]
    assert land(lake, settlements([16])) == [(None,), (8,), (8,), (8,)]
