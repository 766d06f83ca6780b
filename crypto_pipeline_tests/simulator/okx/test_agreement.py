"""Bars are the same on REST, in the candle channels and in the download files, at any instant."""

from __future__ import annotations

import io
import json
import zipfile
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, HONG_KONG, MINUTE, ONE_MINUTE
from crypto_pipeline.simulator.okx.candle_feed import CandleFeed
from crypto_pipeline.simulator.okx.candles import BARS
from crypto_pipeline.simulator.okx.hosts import hosts
from crypto_pipeline.simulator.okx.instruments import TYPES, is_swap, listed
from crypto_pipeline.simulator.wire.answers import HostLogic, Request
from crypto_pipeline.simulator.wire.rules import Rules
from crypto_pipeline_tests.simulator.okx.asking import REST, STATIC

MARKET = SyntheticMarket(7)
LATEST = 20_400 * DAY
SIZE, BASE, QUOTE = 5, 6, 7
Bar = list[str]
instants = st.integers(17_400 * DAY, LATEST - 1)
kinds = st.sampled_from(sorted(TYPES))
places = st.integers(0, 200)


def host(name: str, now_ms: int) -> HostLogic:
    """One host whose clock stands."""
    clock = SimulatorClock(datetime.fromtimestamp(now_ms / 1000, UTC), 0.0)
    logic = hosts(MARKET, clock, Rules(limits=False))[name]
    assert isinstance(logic, HostLogic)
    return logic


def listing_at(kind: str, place: int, at_ms: int) -> Listing:
    """One of those that trade then, illiquid ones too."""
    found = listed(MARKET, kind, at_ms)
    return found[place % len(found)]


def rested(listing: Listing, bar: str, now_ms: int, first: int, last: int) -> list[Bar]:
    """The bars of REST that open in [first, last] ms, at most 300, newest first."""
    bounds = {"before": str(first - 1), "after": str(last + 1), "limit": "300"}
    query = {"instId": listing.symbol, "bar": bar, **bounds}
    answer = host(REST, now_ms).answer(Request("/api/v5/market/history-candles", query))
    found: list[Bar] = json.loads(answer.body)["data"]
    return found


@lru_cache(maxsize=8)
def packed(symbol: str, kind: str, day: int) -> list[list[str]]:
    """The lines of a download file of a day of UTC+8, the header left out."""
    opening = datetime.fromtimestamp(day * 86_400, UTC)
    name = f"{symbol}-{kind}-{opening:%Y-%m-%d}"
    path = f"/cdn/okex/traderecords/{kind}/daily/{opening:%Y%m%d}/{name}.zip"
    answer = host(STATIC, (day + 3) * DAY).answer(Request(path))
    assert answer.status == 200, path
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        _, *lines = archive.read(f"{name}.csv").decode().splitlines()
    return [line.split(",") for line in lines]


def minutes_of(listing: Listing, day: int) -> dict[int, Bar]:
    """Open time (ms) to prices and volumes of the minutes that a day's fills make."""
    found: defaultdict[int, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for _, _, _, price, size, created in packed(listing.symbol, "trades", day):
        found[int(created) // MINUTE * MINUTE].append((Decimal(price), Decimal(size)))
    return {at: bar_of(listing, fills) for at, fills in found.items()}


def bar_of(listing: Listing, fills: list[tuple[Decimal, Decimal]]) -> Bar:
    prices = [price for price, _ in fills]
    contract = Decimal(10) ** listing.contract_exponent
    size = sum((size for _, size in fills), Decimal(0))
    quote = sum((price * size * contract for price, size in fills), Decimal(0))
    middle = size * contract if is_swap(listing) else quote
    values = (prices[0], max(prices), min(prices), prices[-1], size, middle, quote)
    return [f"{value.normalize():f}" for value in values]


@settings(max_examples=12, deadline=None)
@given(kinds, st.integers(8, 200), instants)
def test_fills_of_a_file_given_any_day_make_its_candles(kind: str, place: int, at: int) -> None:
    day = at // DAY
    start = day * DAY + HONG_KONG
    listing = listing_at(kind, place, start)
    lines = packed(listing.symbol, "candlesticks", day)
    traded = {int(line[8]): line[1:8] for line in lines if line[SIZE] != "0"}

    assert traded == minutes_of(listing, day)


@settings(max_examples=12, deadline=None)
@given(kinds, places, instants)
def test_candles_of_a_file_given_any_day_are_those_of_rest(kind: str, place: int, at: int) -> None:
    day = at // DAY
    start = day * DAY + HONG_KONG
    listing = listing_at(kind, place, start)
    assume(listing.trading((day + 3) * DAY))
    lines = {int(line[8]): line for line in packed(listing.symbol, "candlesticks", day)}
    first = start + at % DAY // MINUTE // 300 * 300 * MINUTE
    last = min(first + 299 * MINUTE, start + DAY - 1)
    rows = rested(listing, "1m", (day + 3) * DAY, first, last)

    expected = [lines[at] for at in sorted(lines, reverse=True) if first <= at <= last]
    assert rows == [[line[8], *line[1:8], line[9]] for line in expected]


@settings(max_examples=40, deadline=None)
@given(kinds, places, instants, st.sampled_from(sorted(BARS)))
def test_a_candle_of_the_channel_given_any_second_is_that_of_rest(
    kind: str, place: int, at: int, bar: str
) -> None:
    now = at // 1000 * 1000
    listing = listing_at(kind, place, now)
    feed = CandleFeed(MARKET, listing, bar)
    feed.opening((now - 1000) * 1000)
    for frame in feed.until(now * 1000):
        [pushed] = json.loads(frame.text)["data"]
        opening = int(pushed[0])

        assert rested(listing, bar, now, opening, opening) == [pushed]
        assert pushed[8] == str(int(BARS[bar].following(opening) <= now))


@settings(max_examples=15, deadline=None)
@given(kinds, places, instants)
def test_candles_of_the_channel_given_two_minutes_end_as_the_markets_bars(
    kind: str, place: int, at: int
) -> None:
    start = at // MINUTE * MINUTE
    listing = listing_at(kind, place, start)
    feed = CandleFeed(MARKET, listing, "1m")
    end = start + 2 * MINUTE
    opening = feed.opening(start * 1000)
    frames = [*opening, *feed.until(end * 1000)]
    rows = [row for frame in frames for row in json.loads(frame.text)["data"]]
    bars = MARKET.bars(listing, ONE_MINUTE, start, end, end * 1000)

    confirmed = [row for row in rows if row[8] == "1"]
    assert [int(row[0]) for row in confirmed] == bars.open_time.tolist()
    prices = [bars.open, bars.high, bars.low, bars.close]
    units = Decimal(10) ** -listing.price_decimals
    for place_of, column in enumerate(prices, start=1):
        assert [Decimal(row[place_of]) for row in confirmed] == [
            price * units for price in column.tolist()
        ]
    lots = Decimal(10) ** -listing.contract_decimals
    assert [Decimal(row[SIZE]) for row in confirmed] == [
        amount * lots for amount in bars.volume.tolist()
    ]
    assert [int(row[0]) for row in rows] == sorted(int(row[0]) for row in rows)
