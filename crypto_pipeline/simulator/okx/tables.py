"""The CSV tables of OKX's download files.

What belongs here: columns and rows. What does not: which files there are (`archive.py`).
"""

from __future__ import annotations

from crypto_pipeline.simulator.market.bars import Bars
from crypto_pipeline.simulator.market.funding import DECIMALS
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Funding, Trades
from crypto_pipeline.simulator.market.texts import (
    concatenated,
    signed_text,
    trimmed_texts,
    whole_texts,
)
from crypto_pipeline.simulator.okx.instruments import is_swap
from crypto_pipeline.simulator.okx.numbers import sides

TRADES = "instrument_name,trade_id,side,price,size,created_time"
CANDLES = "instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm"
FUNDING = "instrument_name,funding_rate,funding_time"
"""Header rows; times are ms since the epoch."""


def trade_lines(listing: Listing, trades: Trades) -> bytes:
    """One line a fill, ascending."""
    if not len(trades):
        return b""
    lines = concatenated(
        f"{listing.symbol},",
        whole_texts(trades.trade_id),
        ",",
        sides(trades.taker_sells),
        ",",
        trimmed_texts(trades.price, listing.price_decimals),
        ",",
        trimmed_texts(trades.amount, listing.contract_decimals),
        ",",
        whole_texts(trades.time // 1000),
    )
    return "\n".join([*lines, ""]).encode()


def candle_lines(listing: Listing, bars: Bars) -> bytes:
    """One line a minute, ascending; volumes as the rows of REST have them."""
    if not len(bars):
        return b""
    price, lot = listing.price_decimals, listing.lot_decimals
    quote = trimmed_texts(bars.quote_volume, price + lot)
    columns = [trimmed_texts(each, price) for each in (bars.open, bars.high, bars.low, bars.close)]
    columns.append(trimmed_texts(bars.volume, listing.contract_decimals))
    columns += [trimmed_texts(bars.volume, lot) if is_swap(listing) else quote, quote]
    parts: list[object] = [listing.symbol]
    for column in (*columns, whole_texts(bars.open_time)):
        parts += [",", column]
    return "\n".join([*concatenated(*parts, ",1"), ""]).encode()


def funding_lines(listing: Listing, fundings: list[Funding]) -> bytes:
    """One line a settlement, ascending, with the rate that was paid."""
    lines = (
        f"{listing.symbol},{signed_text(each.rate, DECIMALS)},{each.settled_at}\n"
        for each in fundings
    )
    return "".join(lines).encode()
