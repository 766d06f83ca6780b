"""What the simulated Binance answers, asked and decoded; and real answers that were captured.

What belongs here: one function a route. What does not: what the rows should be (the tests).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType, Listing
from crypto_pipeline.domain.series import Series
from crypto_pipeline.venues.binance import PERP, Binance
from crypto_pipeline.venues.capabilities import Request
from crypto_pipeline.venues.records import ArchiveFile, TradeCursor
from crypto_pipeline_tests.simulated import Reply, SimulatorProcess, ask
from crypto_pipeline_tests.venues.files import ARCHIVE, BINANCE

HOSTS = {"spot": "api.binance.com", "perp": "fapi.binance.com"}
NOON = datetime(2025, 2, 9, 12, tzinfo=UTC)
PAIR, CONTRACT = "TRX/USDT", "TRX/USDT:USDT"
KEYED = Binance(replace(BINANCE.endpoints, api_key="read-only"))


def captured(real_data: Path, path: str) -> Iterator[tuple[dict[str, str], Any, bytes]]:
    """Real answers of a route: the query, the answer as Python has it, and its bytes.

    An edited answer, in which a key is empty, is left out; so is an error.
    """
    text = (real_data / "gocryptotrader" / "binance_http_public.json").read_text("utf-8")
    for found in json.loads(text)["routes"][path]["GET"]:
        content = json.dumps(found["data"], separators=(",", ":"))
        if found["data"] is None or '"":' in content:
            continue
        query = {name: values[0] for name, values in parse_qs(found["queryString"]).items()}
        yield query, found["data"], content.encode()


def reply(market: SimulatorProcess, request: Request) -> Reply:
    """The simulator's reply, asked as a client with a key asks."""
    base = market.endpoints[HOSTS[request.api]]
    query = urlencode(request.parameters)
    named = {"X-MBX-APIKEY": "any"}  # pragma: allowlist secret
    return ask(f"{base}{request.path}?{query}", headers=named)


def body(market: SimulatorProcess, request: Request) -> bytes:
    got = reply(market, request)
    assert got.status == 200, got.body
    return got.body


def klines(market: SimulatorProcess, one: Series, span: Span) -> pa.Table:
    route = BINANCE.capabilities[one.instrument.instrument_type].klines[0]
    request = BINANCE.klines_request(route, one, span)
    return BINANCE.decode_klines("klines", one, span, body(market, request))


def trades(market: SimulatorProcess, one: Series, cursor: TradeCursor) -> pa.Table:
    return KEYED.decode_trades("trades", one, body(market, KEYED.trades_request(one, cursor)))


def located(market: SimulatorProcess, one: Series, instant: datetime) -> int | None:
    answer = body(market, KEYED.locate_request(one, instant))
    return KEYED.decode_located("located", one, answer)


def funding(market: SimulatorProcess, one: Series, span: Span) -> pa.Table:
    route = BINANCE.capabilities[PERP].funding
    assert route is not None
    request = BINANCE.funding_request(route, one, span)
    return BINANCE.decode_funding("funding", one, body(market, request))


def listings(market: SimulatorProcess, kind: InstrumentType) -> dict[str, Listing]:
    answer = body(market, BINANCE.instruments_request(kind, None))
    page = BINANCE.decode_instruments("instruments", kind, answer)
    assert page.cursor is None
    return {listing.native_symbol: listing for listing in page.listings}


def filed(market: SimulatorProcess, file: ArchiveFile) -> pa.Table:
    got = market.get("data.binance.vision", file.url.removeprefix(ARCHIVE))
    assert got.status == 200, got.body
    return BINANCE.decode_archive(file, got.body)
