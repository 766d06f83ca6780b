"""How Coinbase writes instants, amounts, sides and order ids.

What belongs here: text of single values and of whole columns. What does not: documents, frames.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.simulator.market.noise import mixed, stream
from crypto_pipeline.simulator.market.records import Integers, Trades
from crypto_pipeline.simulator.market.texts import concatenated, without_zeros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_ANY_DIGITS = 7919


def instant(at: int) -> str:
    """An instant (µs since the epoch) as Exchange writes it: `2014-11-07T22:19:28.578544Z`."""
    return f"{_to_second(at)}.{at % _SECOND:06d}Z"


def short_instant(at: int) -> str:
    """As `instant`, without zeros at the end: what Advanced Trade writes (`…:53.81387Z`)."""
    return instant(at)[:-1].rstrip("0").rstrip(".") + "Z"


def nanoseconds(at: int) -> str:
    """As `short_instant`, with nanoseconds that follow from `at` (µs): when a frame was sent."""
    fraction = f"{at % _SECOND:06d}{at * _ANY_DIGITS % 1000:03d}".rstrip("0")
    return f"{_to_second(at)}.{fraction}Z" if fraction else f"{_to_second(at)}Z"


def _to_second(at: int) -> str:
    return (_EPOCH + timedelta(seconds=at // _SECOND)).strftime("%Y-%m-%dT%H:%M:%S")


def instants_of(at: Integers, *, short: bool = False) -> pa.Array:
    """A column of `instant`, or of `short_instant`."""
    texts = pa.array(np.datetime_as_string(at.astype("M8[us]"), unit="us"), pa.string())
    return pc.binary_join_element_wise(without_zeros(texts) if short else texts, "Z", "")


def maker_sides(trades: Trades, names: tuple[str, str]) -> pa.Array:
    """The maker's side of each trade.

    Args:
        trades: the trades.
        names: how buying and selling are written.
    """
    buy, sell = names
    return pc.if_else(pa.array(trades.taker_sells), buy, sell)


def order_ids(owner: str, numbers: Integers) -> list[str]:
    """A UUID for each number, always the same one for the same owner and number."""
    bits = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + stream(owner)
    halves = np.stack([mixed(bits), mixed(~bits)], axis=1)
    digits = halves.astype(">u8").tobytes().hex()
    return [_uuid(digits[at : at + 32]) for at in range(0, len(digits), 32)]


def _uuid(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def joined_texts(first: str, *parts: pa.Array | str) -> list[bytes]:
    """Rows of text: columns and what stands between them, joined row by row.

    Args:
        first: what each row begins with.
        parts: columns of one length, and the text between and after them.
    """
    return [text.encode() for text in concatenated(first, *parts)]
