"""Bars are the same on REST, in the kline topic and in the archive's trades, at any instant."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from gzip import decompress

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.bybit.categories import INTERVALS, listed_in
from crypto_pipeline.simulator.bybit.feeds import BybitFeeds
from crypto_pipeline.simulator.bybit.figures import BybitFigures
from crypto_pipeline.simulator.bybit.hosts import hosts
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE
from crypto_pipeline.simulator.wire.answers import HostLogic, Request
from crypto_pipeline.simulator.wire.rules import Rules
from crypto_pipeline_tests.simulator.bybit.conftest import category

MARKET = SyntheticMarket(7)
LATEST = 20_400 * DAY
Bar = list[str]
instants = st.integers(17_400 * DAY, LATEST - 1)
names = st.sampled_from(["spot", "linear"])
places = st.integers(0, 200)


def clock(at_ms: int) -> SimulatorClock:
    return SimulatorClock(datetime.fromtimestamp(at_ms / 1000, UTC), 0.0)


def symbol_at(name: str, place: int, at_ms: int) -> str:
    """One of those that trade then, illiquid ones too."""
    listed = [each for each in listed_in(MARKET, category(name), at_ms) if each.trading(at_ms)]
    return listed[place % len(listed)].symbol


def rested(name: str, symbol: str, interval: str, now_ms: int, **bounds: int) -> list[Bar]:
    """The bars of REST, ascending."""
    query = {"category": name, "symbol": symbol, "interval": interval, "limit": "1000"}
    query |= {key: str(value) for key, value in bounds.items()}
    logic = hosts(MARKET, clock(now_ms), Rules(limits=False))["api.bybit.com"]
    assert isinstance(logic, HostLogic)
    envelope = json.loads(logic.answer(Request("/v5/market/kline", query)).body)
    found: list[Bar] = envelope["result"]["list"]
    return found[::-1]


@lru_cache(maxsize=8)
def archived(name: str, symbol: str, day: int) -> list[Bar]:
    """The minutes of a day that had a trade, from the archive's file."""
    date = datetime.fromtimestamp(day * DAY / 1000, UTC).strftime("%Y-%m-%d")
    folder, between = ("spot", "_") if name == "spot" else ("trading", "")
    path = f"/{folder}/{symbol}/{symbol}{between}{date}.csv.gz"
    logic = hosts(MARKET, clock((day + 1) * DAY), Rules())["public.bybit.com"]
    assert isinstance(logic, HostLogic)
    lines = decompress(logic.answer(Request(path)).body).decode().splitlines()
    minutes: defaultdict[int, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for row in csv.DictReader(lines):
        unit = 1 if name == "spot" else 1000
        at = int(Decimal(row["timestamp"]) * unit) // MINUTE * MINUTE
        size = Decimal(row["volume"] if name == "spot" else row["size"])
        minutes[at].append((Decimal(row["price"]), size))
    return [bar(at, trades) for at, trades in sorted(minutes.items())]


def bar(at: int, trades: list[tuple[Decimal, Decimal]]) -> Bar:
    prices = [price for price, _ in trades]
    volume = sum((size for _, size in trades), Decimal(0))
    turnover = sum((price * size for price, size in trades), Decimal(0))
    values = (prices[0], max(prices), min(prices), prices[-1], volume, turnover)
    return [str(at), *(f"{value.normalize():f}" for value in values)]


@settings(max_examples=15, deadline=None)
@given(names, places, instants)
def test_archived_trades_make_the_bars_of_rest(name: str, place: int, at: int) -> None:
    day = at // DAY
    symbol = symbol_at(name, place, at)
    later = (day + 2) * DAY
    rows = rested(name, symbol, "1", later, start=day * DAY, limit=1000)
    rows += rested(name, symbol, "1", later, start=day * DAY + 1000 * MINUTE, end=later - DAY - 1)
    traded = {row[0]: row for row in rows if row[5] != "0"}

    assert list(traded.values()) == archived(name, symbol, day)


@settings(max_examples=25, deadline=None)
@given(names, places, instants, st.sampled_from(list(INTERVALS)))
def test_the_topics_bar_is_the_open_bar_of_rest(
    name: str, place: int, at: int, interval: str
) -> None:
    now = at // 1000 * 1000
    symbol = symbol_at(name, place, now)
    feed = BybitFeeds(MARKET, clock(now - 1000), BybitFigures(MARKET)).feed(
        f"kline.{interval}.{symbol}", f"/v5/public/{name}"
    )
    assume(feed is not None)
    assert feed is not None
    feed.opening((now - 1000) * 1000)
    frames = feed.until(now * 1000)
    for frame in frames:
        [pushed] = json.loads(frame.text)["data"]
        asked = rested(name, symbol, interval, now, start=pushed["start"], end=pushed["start"])
        keys = ("open", "high", "low", "close", "volume", "turnover")

        assert [row[1:] for row in asked] == [[pushed[key] for key in keys]]
        assert pushed["confirm"] == (now > pushed["end"])
