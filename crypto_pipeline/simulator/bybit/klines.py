"""Bars as Bybit writes them: REST rows and the frames of the kline topic.

What belongs here: one bar's text. What does not: which bars a page or a feed holds.
"""

from __future__ import annotations

from crypto_pipeline.simulator.bybit.numbers import text, texts
from crypto_pipeline.simulator.market.bars import Bars
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.texts import concatenated, whole_texts
from crypto_pipeline.simulator.market.timeframes import Timeframe


def rest_rows(listing: Listing, bars: Bars, _: Timeframe) -> list[bytes]:
    """Rows of seven texts: start (ms), open, high, low, close, base volume, quote turnover."""
    if not len(bars):
        return []
    price, lot = listing.price_decimals, listing.lot_decimals
    parts: list[object] = ['["', whole_texts(bars.open_time)]
    for prices in (bars.open, bars.high, bars.low, bars.close):
        parts += ['","', texts(prices, price, padded=False)]
    parts += ['","', texts(bars.volume, lot, padded=False)]
    parts += ['","', texts(bars.quote_volume, price + lot, padded=False), '"]']
    return [row.encode() for row in concatenated(*parts)]


def frame_text(
    listing: Listing, interval: str, bars: Bars, end_ms: int, matched_ms: int, ts: int
) -> bytes:
    """One frame of the kline topic.

    Args:
        listing: whose bar.
        interval: as Bybit names it.
        bars: one bar.
        end_ms: exclusive end of the bar, ms since the epoch.
        matched_ms: when the bar's last trade was, ms since the epoch.
        ts: when the frame is made, ms; the bar is confirmed if it is not before `end_ms`.
    """
    price, lot = listing.price_decimals, listing.lot_decimals
    prices = zip(
        ("open", "close", "high", "low"), (bars.open, bars.close, bars.high, bars.low), strict=True
    )
    written = ",".join(f'"{name}":"{text(int(at[0]), price, False)}"' for name, at in prices)
    return (
        f'{{"topic":"kline.{interval}.{listing.symbol}","data":[{{"start":{bars.open_time[0]},'
        f'"end":{end_ms - 1},"interval":"{interval}",{written},'
        f'"volume":"{text(int(bars.volume[0]), lot, False)}",'
        f'"turnover":"{text(int(bars.quote_volume[0]), price + lot, False)}",'
        f'"confirm":{"true" if ts >= end_ms else "false"},"timestamp":{matched_ms}}}],'
        f'"ts":{ts},"type":"snapshot"}}'
    ).encode()
