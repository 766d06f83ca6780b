"""Messages that were captured from Coinbase, or that its documentation shows.

What belongs here: finding them in the folder of real market data. What does not: comparisons.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from crypto_pipeline_tests.simulator.evidence import answers_of, frames_of

_OPTIONAL = "client_id"
"""A key that frames of 2024 carry and most of 2026 do not."""


def exchange_frame(real_data: Path, kind: str) -> Any:
    """The longest message of a type that cryptofeed captured in 2021."""
    found = [
        m for _, _, m in frames_of(real_data, "cryptofeed/COINBASE.ws.28.0") if kind == m["type"]
    ]
    return max(found, key=lambda message: len(str(message)))


def old_products(real_data: Path) -> Any:
    """Exchange's /products of 2021."""
    return next(
        rows for url, _, rows in answers_of(real_data, "cryptofeed/COINBASE.0") if "products" in url
    )


def newest_ticker(real_data: Path) -> Any:
    """The ticker of 2022, the first with the sizes of the best levels."""
    lines = (real_data / "tardis_node_mappers/coinbase__messages.jsonl").read_text().splitlines()
    return next(m for m in map(json.loads, lines) if "best_bid_size" in m)


def whole_book(real_data: Path) -> Any:
    """A snapshot of BTC-USD on Exchange, 2023."""
    name = "recent/stewartyoung/coinbase_exchange_level2_snapshot_BTC-USD_2023-11.json"
    return json.loads((real_data / name).read_text())


def rest_answer(real_data: Path, name: str) -> Any:
    """The first answer of one of bbgo's recordings of 2025."""
    folder = real_data / "recent/bbgo/coinbase_exchange_rest_ws"
    body = json.loads((folder / f"TestExchange_{name}.json").read_text())[0]["response"]["body"]
    return json.loads(body) if isinstance(body, str) else body


def advanced_frame(real_data: Path, channel: str) -> Any:
    """The first frame of a channel of 2026."""
    name = "recent/fastmm_excerpts/coinbase_advanced_seq19-24.jsonl"
    lines = (real_data / name).read_text().splitlines()
    frames = (json.loads(line.split("\t", 1)[1]) for line in lines)
    return next(frame for frame in frames if frame["channel"] == channel)


def documented_frame(real_data: Path, name: str) -> Any:
    """The data frame of a subscription that the documentation shows (some were captured)."""
    text = (real_data / f"jkorf/Coinbase.Net/Subscriptions_AdvancedTrade_{name}.txt").read_text()
    return without_client(json.loads(text.split("\n=", 1)[1]))


def documented_ack(real_data: Path, name: str) -> Any:
    """The acknowledgement of a subscription, captured in 2024."""
    text = (real_data / f"jkorf/Coinbase.Net/Subscriptions_AdvancedTrade_{name}.txt").read_text()
    line = next(line for line in text.splitlines() if line.startswith("<"))
    return without_client(json.loads(line[1:]))


def documented_answer(real_data: Path, name: str) -> Any:
    """A REST answer that the documentation shows."""
    folder = real_data / "jkorf/Coinbase.Net"
    text = (folder / f"Endpoints_AdvancedTrade_ExchangeData_{name}.txt").read_text()
    return json.loads(text.split("\n", 3)[3])


def advanced_answer(real_data: Path, name: str) -> Any:
    """A REST answer of Advanced Trade of 2026."""
    return json.loads((real_data / f"nautilus/adapters/coinbase/http_{name}.json").read_text())


def without_client(message: Any) -> Any:
    """A message without the key that is optional."""
    return {key: value for key, value in message.items() if key != _OPTIONAL}
