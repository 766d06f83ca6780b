"""Where REST's kline rows come from: the synthetic market, or recordings.

What belongs here: both sources behind one face. What does not: what a request asks for
(`klines.py`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.simulator.binance.klines import US_PER_MS, Asked, encoded_rows
from crypto_pipeline.simulator.market.kline_source import KlineSource, Row
from crypto_pipeline.simulator.market.pages import EncodedRows
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket


class SyntheticRows:
    """The rows of the synthetic market, kept encoded by day.

    Args:
        market: whose bars.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self._encoded = {
            per_ms: EncodedRows(market, partial(encoded_rows, per_ms=per_ms))
            for per_ms in (1, US_PER_MS)
        }

    def rows(self, asked: Asked, now_us: int) -> Sequence[bytes]:
        """The rows as JSON text, ascending."""
        encoded = self._encoded[asked.per_ms]
        return encoded.rows(asked.listing, asked.frame, asked.window, now_us)


class RecordedRows:
    """The rows of recorded archive files, of the lengths and the time zone that they hold.

    Args:
        source: the recordings.
    """

    def __init__(self, source: KlineSource) -> None:
        self.source = source

    def rows(self, asked: Asked, now_us: int) -> Sequence[bytes]:
        """The rows as JSON text, ascending; none of an interval that is not recorded."""
        interval = next((each for each in Interval if each == asked.interval), None)
        if interval is None or asked.frame.anchor:
            return []
        found = self.source.rows(asked.listing, interval, asked.window, now_us // US_PER_MS)
        return [_text(row, asked.per_ms) for row in found]


def _text(row: Row, per_ms: int) -> bytes:
    if per_ms != 1:
        row = [int(row[0]) * per_ms, *row[1:6], (int(row[6]) + 1) * per_ms - 1, *row[7:]]
    return json.dumps(row, separators=(",", ":")).encode()
