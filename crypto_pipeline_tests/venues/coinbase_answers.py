"""Coinbase for these tests: what is asked of it, and recorded answers.

What belongs here: series, and the captures in the shapes that REST answers with. What does not:
what should come of them (the tests).
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import EPOCH, Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.venues.coinbase import Coinbase
from crypto_pipeline.venues.records import Endpoints

COINBASE = Coinbase(Endpoints(None, {"advanced": ["http://a"], "exchange": ["http://e"]}))
BTC = parse_symbol("coinbase", "BTC/USD")
BARS = Series(BTC, Interval.M1)
TRADES = Series(BTC, kind=Kind.TRADES)

POSSIBLE_PRODUCT: dict[str, Any] = {
    "product_id": "BTC-USD",
    "product_type": "SPOT",
    "price": "100.5",
    "volume_24h": "20",
    "base_increment": "0.00000001",
    "quote_min_size": "1",
    "status": "online",
    "is_disabled": False,
    "trading_disabled": False,
    "cancel_only": False,
    "post_only": False,
    "limit_only": False,
    "auction_mode": False,
    "base_currency_id": "BTC",
    "quote_currency_id": "USD",
    "price_increment": "0.01",
    "alias": "",
    "approximate_quote_24h_volume": "2009.7",
    "new_at": "2024-05-06T07:08:09.1Z",
}


def seconds(start: int, end: int) -> Span:
    """A span by unix seconds."""
    return Span(EPOCH + timedelta(seconds=start), EPOCH + timedelta(seconds=end))


def candles(*rows: dict[str, str]) -> bytes:
    """An answer with these candles; a field that is not given is that of a possible one."""
    possible = {"start": "60", "low": "1", "high": "4", "open": "2", "close": "3", "volume": "5"}
    return json.dumps({"candles": [{**possible, **row} for row in rows]}).encode()


def trades(*rows: dict[str, Any]) -> bytes:
    """An answer with these trades; a field that is not given is that of a documented one."""
    possible = {
        "trade_id": 74,
        "side": "sell",
        "size": "0.01",
        "price": "10.0",
        "time": "2014-11-07T22:19:28.578544Z",
    }
    return json.dumps([{**possible, **row} for row in rows]).encode()


def products(*rows: dict[str, Any], **envelope: Any) -> bytes:
    """An answer with these products, each a possible one but for the fields given."""
    filled = [{**POSSIBLE_PRODUCT, **row} for row in rows]
    return json.dumps({"products": filled, "num_products": len(rows), **envelope}).encode()


def advanced(real_data: Path, name: str) -> bytes:
    """A recorded answer of Advanced Trade."""
    return (real_data / "nautilus" / "adapters" / "coinbase" / f"{name}.json").read_bytes()


def frames(real_data: Path, kind: str, product: str) -> list[dict[str, Any]]:
    """The recorded frames of Exchange's websocket of one type about one product, in order."""
    lines = (real_data / "cryptofeed" / "COINBASE.ws.28.0").read_text().splitlines()
    said = [json.loads(line.partition(": ")[2]) for line in lines if ': {"type":' in line[:60]]
    return [each for each in said if (each["type"], each.get("product_id")) == (kind, product)]


def recorded_trades(real_data: Path, product: str) -> bytes:
    """Recorded matches with the fields that Exchange's REST gives of them, newest first."""
    fields = ("trade_id", "side", "size", "price", "time")
    rows = [{name: match[name] for name in fields} for match in frames(real_data, "match", product)]
    return json.dumps(rows[::-1]).encode()
