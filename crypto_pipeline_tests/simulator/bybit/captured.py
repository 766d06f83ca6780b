"""Captured messages of Bybit, from the recorded files.

What belongs here: where each is and how it is read. What does not: what they are compared with.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Message = dict[str, Any]

L2XL = "recent/l2xl_open_trader/bybit_spot_publicTrade_BTCUSDC_ws_20251026.jsonl"
L2XL_REST = "recent/l2xl_open_trader/bybit_spot_recent_trade_BTCUSDC_rest_20251026_0.json"
MINI = "recent/mini_fintickstreams/BybitLinear"
DEPTH, DEPTH_REST = f"{MINI}WsDepthUpdate.jsonl", f"{MINI}DepthSnapshot.json"
TICKER, TIME = f"{MINI}WsOIFundingUpdate.jsonl", f"{MINI}ServerTimeSnapshot.json"
OB500 = "nautilus/test_data/bybit/xrpusdt-ob500.data.zip"
TARDIS = "tardis_node_mappers/bybit__messagesV5.jsonl"
GOCRYPTO = "gocryptotrader/test_strings/bybit.jsonl"
GOCRYPTO_TICKER = "gocryptotrader/bybit_wsTicker.json"
EXAMPLES = "jkorf/Bybit.Net/Endpoints_V5Api_ExchangeData_Get"
"""Examples of the documentation, no captures."""


def messages(real_data: Path, name: str) -> list[Message]:
    """Every JSON object of a file, from its first brace on, however printed, or zipped."""
    path = real_data / name
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as packed:
            text = packed.read(packed.namelist()[0]).decode()
    else:
        text = path.read_text("utf-8")
    text = text[text.index("{") :]
    return [each for each in _objects(text) if isinstance(each, dict)]


def captured(real_data: Path, name: str, **wanted: str) -> Message:
    """The first message of a file whose `topic`, `type`, ... begin with what is wanted."""
    for each in messages(real_data, name):
        if all(str(each.get(key, "")).startswith(start) for key, start in wanted.items()):
            return each
    raise AssertionError(f"no such message in {name}: {wanted}")


def _objects(text: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), 0
    text = text.strip()
    while at < len(text):
        found, at = decoder.raw_decode(text, at)
        yield found
        while at < len(text) and text[at].isspace():
            at += 1
