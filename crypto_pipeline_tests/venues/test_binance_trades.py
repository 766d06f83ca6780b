"""Binance's trades over REST and from the archive: two spaces of ids, one market."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pyarrow.compute as pc
import pytest

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.domain.trades import AGG_TRADE_COLUMNS, TRADE_COLUMNS
from crypto_pipeline.errors import UsageError
from crypto_pipeline.venues.binance import PERP, SPOT
from crypto_pipeline.venues.capabilities import Cut
from crypto_pipeline.venues.records import TradeCursor
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import NOW
from crypto_pipeline_tests.venues.binance_answers import (
    CONTRACT,
    KEYED,
    NOON,
    PAIR,
    filed,
    located,
    trades,
)
from crypto_pipeline_tests.venues.files import BINANCE, traded


@pytest.mark.parametrize("symbol", [PAIR, CONTRACT])
@pytest.mark.parametrize("kind", [Kind.TRADES, Kind.AGG_TRADES])
def test_trades_given_an_instant_begin_with_the_first_from_it_on(
    market: SimulatorProcess, symbol: str, kind: Kind
) -> None:
    one = traded(symbol, kind)
    first = located(market, one, NOON)

    page = trades(market, one, TradeCursor(id=first))

    columns = AGG_TRADE_COLUMNS if kind is Kind.AGG_TRADES else TRADE_COLUMNS
    assert page.column_names == list(columns)
    ids = page["agg_id" if kind is Kind.AGG_TRADES else "trade_seq"].to_pylist()
    route = KEYED.trade_route(one)
    assert route is not None
    assert first is not None
    assert ids == list(range(first, first + route.rows))
    assert page["ts_event"][0].as_py() >= NOON - timedelta(milliseconds=100)
    before = trades(market, one, TradeCursor(id=first - 1))
    assert before["ts_event"][0].as_py() < NOON


@pytest.mark.parametrize("symbol", [PAIR, CONTRACT])
def test_trades_given_aggregated_ones_add_up_to_them(market: SimulatorProcess, symbol: str) -> None:
    fills, aggregated = traded(symbol), traded(symbol, Kind.AGG_TRADES)
    aggs = trades(market, aggregated, TradeCursor(id=located(market, aggregated, NOON))).slice(0, 9)
    first, last = aggs["first_trade_seq"][0].as_py(), aggs["last_trade_seq"][-1].as_py()

    page = trades(market, fills, TradeCursor(id=first)).slice(0, last - first + 1)

    assert page["trade_seq"].to_pylist() == list(range(first, last + 1))
    assert pc.sum(page["amount"]).as_py() == pytest.approx(pc.sum(aggs["amount"]).as_py())
    assert set(page["side"].to_pylist()) == set(aggs["side"].to_pylist())


@pytest.mark.parametrize("symbol", [PAIR, CONTRACT])
@pytest.mark.parametrize("kind", [Kind.TRADES, Kind.AGG_TRADES])
def test_trades_given_archive_and_rest_are_the_same(
    market: SimulatorProcess, symbol: str, kind: Kind
) -> None:
    one = traded(symbol, kind)
    page = trades(market, one, TradeCursor(id=located(market, one, NOON))).slice(0, 400)

    day = filed(market, BINANCE.archive_file(one, Cut.DAILY, NOON.date()))

    named = page.column_names[0]
    same = day.slice(pc.index(day[named], page[named][0]).as_py(), 400)
    assert same.drop(["ts_event"]).equals(page.drop(["ts_event"]))
    # The archive has µs of pairs, REST has ms.
    assert pc.floor_temporal(same["ts_event"], unit="millisecond").equals(page["ts_event"])


def test_trades_given_a_day_of_the_archive_are_a_sequence(market: SimulatorProcess) -> None:
    day = filed(market, BINANCE.archive_file(traded(PAIR), Cut.DAILY, NOON.date()))

    ids, first = day["trade_seq"].to_pylist(), day["trade_seq"][0].as_py()
    assert ids == list(range(first, first + day.num_rows))
    assert day["trade_id"].to_pylist() == [str(n) for n in ids]


def test_trades_given_an_instant_to_come_are_not_found(market: SimulatorProcess) -> None:
    assert located(market, traded(PAIR), NOW + timedelta(days=1)) is None


def test_trades_given_a_perpetual_and_no_key_are_offered_by_the_archive_alone() -> None:
    assert BINANCE.capabilities[PERP].trades is None
    assert BINANCE.capabilities[PERP].offers(Kind.TRADES)
    with pytest.raises(UsageError, match="only with an API key: set CRYPTO_VENUES__BINANCE__API"):
        BINANCE.trades_request(traded(CONTRACT), TradeCursor(id=1))


def test_trades_given_a_key_are_offered_to_that_client_alone() -> None:
    assert KEYED.trade_route(traded(CONTRACT)) is not None
    assert BINANCE.trade_route(traded(CONTRACT)) is None
    for one in (traded(PAIR), traded(CONTRACT, Kind.AGG_TRADES)):
        assert KEYED.trade_route(one) == BINANCE.trade_route(one)
    assert "read-only" not in repr(KEYED.endpoints)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("capture", "kind", "makers"),
    [
        ("spot/btcusdt_20230405.dat.gz", SPOT, {None}),
        ("usdm/btcusdt_20230405.dat.gz", PERP, {"MARKET", "INSURANCE_FUND"}),
    ],
)
def test_trades_given_a_real_capture_are_counted_where_every_id_is_given(
    real_data: Path, capture: str, kind: InstrumentType, makers: set[str | None]
) -> None:
    """Of the stream alone: REST and archive leave the insurance fund's trades out."""
    with gzip.open(real_data / "hftbacktest" / capture, "rt") as lines:
        frames = [json.loads(line[line.index("{") :])["data"] for line in lines if "@trade" in line]

    ids = [frame["t"] for frame in frames]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert {frame.get("X") for frame in frames} == makers
    assert BINANCE.capabilities[kind].counted is ("INSURANCE_FUND" not in makers)
