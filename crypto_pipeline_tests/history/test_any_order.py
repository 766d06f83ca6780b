"""Any split of a range into loads, in any order, repeated or not, ends in the same tables."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import DAY, Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.loads import Load
from crypto_pipeline.lake.session import prepare_lake
from crypto_pipeline.settings import load_settings
from crypto_pipeline_tests.history.loads import NOW, at, quick
from crypto_pipeline_tests.lake.rows import rows
from crypto_pipeline_tests.simulated import SimulatorProcess

START = at("2025-02-03")
DAYS = 6

CASES = {
    "klines from files": ("binance", "BTC/USDT", Kind.KLINES, START),
    "klines over REST": ("okx", "ETH/USDT:USDT", Kind.KLINES, START),
    "klines without empty bars": ("coinbase", "ETH/USD", Kind.KLINES, START),
    "funding from files": ("binance", "BTC/USDT:USDT", Kind.FUNDING, at("2025-01-28")),
    "funding over REST": ("bybit", "ETH/USDT:USDT", Kind.FUNDING, START),
    "funding with predictions": ("okx", "BTC/USDT:USDT", Kind.FUNDING, START),
}

TABLES = {Kind.KLINES: "klines", Kind.FUNDING: "funding_rates"}


def load(home: Path, market: SimulatorProcess, name: str, span: Span) -> None:
    exchange, symbol, kind, _ = CASES[name]
    interval = Interval.M5 if kind is Kind.KLINES else None
    series = Series(parse_symbol(exchange, symbol), interval, kind)
    venue = find_sources(load_settings(home=str(home), simulator_url=market.url)).venue(exchange)
    (report,) = Load(home, venue, [series], span, now=NOW, patience=quick()).reports()
    assert report.error is None


def content(home: Path, kind: Kind) -> list[tuple[object, ...]]:
    """All that was loaded and counted, but for when and from which of the sources."""
    table = TABLES[kind]
    return [
        *rows(home, f"SELECT * EXCLUDE (source, loaded_at) FROM market.{table} ORDER BY ALL"),  # noqa: S608 ours
        *rows(home, "SELECT * EXCLUDE (loaded_at) FROM market.coverage ORDER BY ALL"),
    ]


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, shared_synthetic: SimulatorProcess
) -> dict[str, list[tuple[object, ...]]]:
    """What one load of the whole range leaves, by case."""
    shared_synthetic.post_faults([])
    shared_synthetic.set_clock(NOW.isoformat())
    found = {}
    for name, (_, _, kind, start) in CASES.items():
        home = tmp_path_factory.mktemp("whole")
        prepare_lake(home)
        load(home, shared_synthetic, name, Span(start, start + DAYS * DAY))
        found[name] = content(home, kind)
        assert len(found[name]) > DAYS
    return found


def spans(start: datetime, cuts: Sequence[int]) -> list[Span]:
    """The whole range, cut after these days."""
    edges = [0, *sorted(set(cuts)), DAYS]
    return [Span(start + a * DAY, start + b * DAY) for a, b in pairwise(edges) if a < b]


@settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
@pytest.mark.parametrize("name", CASES)
def test_loads_given_any_split_order_and_repetition_leave_the_same_tables(
    name: str,
    synthetic: SimulatorProcess,
    whole: dict[str, list[tuple[object, ...]]],
    data: st.DataObject,
) -> None:
    _, _, kind, start = CASES[name]
    parts = spans(start, data.draw(st.lists(st.integers(1, DAYS - 1), max_size=3)))
    again = data.draw(st.lists(st.sampled_from(parts), max_size=2))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare_lake(home)
        for span in data.draw(st.permutations([*parts, *again])):
            load(home, synthetic, name, span)
        assert content(home, kind) == whole[name]


def test_loads_given_overlapping_ranges_leave_each_row_once(
    synthetic: SimulatorProcess, lake: Path, whole: dict[str, list[tuple[object, ...]]]
) -> None:
    for first, days in ((2, 4), (0, 4), (1, 2)):
        begin = START + first * timedelta(days=1)
        load(lake, synthetic, "klines from files", Span(begin, begin + days * DAY))
    assert content(lake, Kind.KLINES) == whole["klines from files"]
