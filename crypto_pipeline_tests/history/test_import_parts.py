"""A file in any parts, in any order, some of them twice: the same tables."""

from __future__ import annotations

import random
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing
from crypto_pipeline_tests.history.own import (
    bars,
    land_in,
    rows_of,
    series,
    settlements,
    trades,
    trades_of,
    write,
)

FIVE_MINUTES = series(interval=Interval.M5)


def five_minutes(numbers: Any) -> dict[str, Any]:
    return bars([5 * n for n in numbers])


@pytest.mark.parametrize(
    ("what", "make", "size"),
    [
        (FIVE_MINUTES, five_minutes, 700),
        (trades_of("BTC/USDT"), trades, 300),
        (trades_of("BTC/USDT:USDT", Kind.FUNDING), settlements, 20),
    ],
    ids=["klines", "trades", "funding"],
)
@settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.sets(st.integers(1, 299), max_size=2), seed=st.integers(0, 9), again=st.booleans())
def test_import_given_any_parts_in_any_order_makes_the_same_tables(
    fresh_lake: Path,
    tmp_path_factory: pytest.TempPathFactory,
    what: Series,
    make: Any,
    size: int,
    cuts: set[int],
    seed: int,
    again: bool,
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    edges = sorted({0, size, *(1 + cut % (size - 1) for cut in cuts)})
    parts = [list(range(first, end)) for first, end in pairwise(edges)]
    random.Random(seed).shuffle(parts)  # noqa: S311 no secret
    homes = []
    for name, files in (("whole", [list(range(size))]), ("parts", parts + parts * again)):
        home = folder / name
        shutil.copytree(fresh_lake, home)
        with writing(home, Catalog.MARKET) as session:
            for number, numbers in enumerate(files):
                land_in(session, write(folder / f"{number}.feather", make(numbers)), what)
        homes.append(home)

    for table in ("klines", "trades", "funding_rates", "coverage"):
        whole, joined = (rows_of(home, table) for home in homes)
        assert joined == whole
    assert rows_of(homes[0], "coverage")
