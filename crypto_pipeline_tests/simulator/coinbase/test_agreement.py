"""Bars are the same on both REST interfaces, in pushed candles and in trades paged by id."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.coinbase.products import Products
from crypto_pipeline_tests.simulator.coinbase.logics import MARKET, Standing

SECOND, MINUTE, FIVE = 1_000_000, 60, 300
FIRST, LAST = 1_483_300_000, 1_790_000_000
MINUTES = 12
ADVANCED, EXCHANGE = "api.coinbase.com", "api.exchange.coinbase.com"

LONGER = {"FIFTEEN_MINUTE": 900, "ONE_HOUR": 3600, "SIX_HOUR": 21600, "ONE_DAY": 86400}

Bar = tuple[Decimal, ...]
"""Open, high, low, close, volume."""
Bars = dict[int, Bar]

instants = st.integers(FIRST * SECOND, LAST * SECOND)
places = st.integers(0, 200)


def symbol_at(place: int, at: int) -> str:
    """One of the products that trade then, quiet ones too."""
    now = at // 1000
    trading = [each for each in Products(MARKET).listings(now) if each.trading(now)]
    return trading[place % len(trading)].symbol


def read(answer: Any) -> Any:
    assert answer.status == 200, answer
    return json.loads(answer.body, parse_float=Decimal, parse_int=Decimal)


def advanced_bars(standing: Standing, symbol: str, name: str, start: int, end: int) -> Bars:
    asked = {"granularity": name, "start": start, "end": end}
    path = f"/api/v3/brokerage/market/products/{symbol}/candles"
    rows = read(standing.get(ADVANCED, path, **asked))["candles"]
    return {int(row["start"]): _named(row) for row in rows}


def _named(row: Any) -> Bar:
    return tuple(Decimal(row[name]) for name in ("open", "high", "low", "close", "volume"))


def exchange_bars(standing: Standing, symbol: str, length: int, start: int, end: int) -> Bars:
    asked = {"granularity": length, "start": start, "end": end}
    rows = read(standing.get(EXCHANGE, f"/products/{symbol}/candles", **asked))
    return {int(t): (o, h, low, c, v) for t, low, h, o, c, v in rows}


def pushed_bars(standing: Standing, symbol: str, seconds: int) -> Bars:
    """The last that the candles channel says of each bucket."""
    frames = standing.delivered("advanced", f"candles:{symbol}", seconds)
    told: Bars = {}
    for frame in frames:
        told |= {int(row["start"]): _named(row) for row in json.loads(frame.text)["candles"]}
    return told


def paged_trades(standing: Standing, symbol: str, since: str) -> list[Any]:
    """The trades since an instant, ascending, from pages of 1000 by `after`."""
    path, found, cursor = f"/products/{symbol}/trades", list[Any](), dict[str, str]()
    for _ in range(100):
        answer = standing.get(EXCHANGE, path, **cursor)
        rows = json.loads(answer.body)
        found += [row for row in rows if row["time"] >= since]
        if len(rows) < 1000 or rows[-1]["time"] < since:
            return found[::-1]
        cursor = {"after": answer.headers["CB-AFTER"]}
    raise AssertionError("more than 100,000 trades in a few minutes")


def aggregated(trades: list[Any], length: int) -> Bars:
    """The bars that trades add up to."""
    bars: Bars = {}
    for trade in trades:
        price, size = Decimal(trade["price"]), Decimal(trade["size"])
        start = seconds_of(trade["time"]) // length * length
        o, h, low, _, v = bars.get(start, (price, price, price, price, Decimal(0)))
        bars[start] = (o, max(h, price), min(low, price), price, v + size)
    return bars


def seconds_of(text: str) -> int:
    """Seconds since the epoch of an instant as Exchange writes it."""
    return int(datetime.fromisoformat(text).timestamp())


@settings(max_examples=40, deadline=None)
@given(instants, places)
def test_minutes_given_any_instant_are_what_its_trades_add_up_to(at: int, place: int) -> None:
    symbol, standing = symbol_at(place, at), Standing(at)
    end = at // SECOND
    start = end // MINUTE * MINUTE - MINUTES * MINUTE
    since = Standing(start * SECOND).clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    bars = exchange_bars(standing, symbol, MINUTE, start, end)
    assert bars == advanced_bars(standing, symbol, "ONE_MINUTE", start, end)
    assert bars == aggregated(paged_trades(standing, symbol, since), MINUTE)


@settings(max_examples=12, deadline=None)
@given(instants, places, st.integers(1, 320))
def test_pushed_candles_given_any_instant_end_as_rest_has_them(
    at: int, place: int, seconds: int
) -> None:
    symbol = symbol_at(place, at)
    later = Standing((at // SECOND + seconds) * SECOND)
    end = later.at // SECOND
    told = pushed_bars(Standing(at), symbol, seconds)
    rest = exchange_bars(later, symbol, FIVE, end - 40 * FIVE, end)
    assert {start: told.get(start) for start in rest} == rest


@settings(max_examples=25, deadline=None)
@given(instants, places, st.sampled_from(list(LONGER.items())))
def test_longer_bars_given_any_instant_are_the_minutes_together(
    at: int, place: int, granularity: tuple[str, int]
) -> None:
    name, length = granularity
    symbol, standing = symbol_at(place, at), Standing(at)
    end = at // SECOND
    start = end // length * length
    bars = advanced_bars(standing, symbol, name, start, end)
    assert bars == exchange_bars(standing, symbol, length, start, end)
    minutes: Bars = {}
    for part in range(start, end + 1, 300 * MINUTE):
        last = min(part + 299 * MINUTE, end)
        minutes |= exchange_bars(standing, symbol, MINUTE, part, last)
    assert bars == joined(minutes, start)


def joined(minutes: Bars, start: int) -> Bars:
    """One bar of them all, none of none."""
    rows = [minutes[at] for at in sorted(minutes)]
    if not rows:
        return {}
    opens, highs, lows, closes, volumes = zip(*rows, strict=True)
    return {start: (opens[0], max(highs), min(lows), closes[-1], sum(volumes, Decimal(0)))}
