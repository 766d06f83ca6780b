"""What is in the files of Binance's bulk archive: columns, headers, units of time.

What belongs here: the CSV text of a file. What does not: its name, its zip (`archive.py`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.csv

from crypto_pipeline.simulator.binance.archive_names import (
    AGGREGATES,
    DAILY,
    FUNDING,
    KLINES,
    TRADES,
    ArchiveFile,
)
from crypto_pipeline.simulator.binance.derived_klines import KINDS, DerivedBars, first_opening
from crypto_pipeline.simulator.binance.digits import digits_of, rate_text
from crypto_pipeline.simulator.binance.funding import settled_time
from crypto_pipeline.simulator.binance.klines import kline_columns
from crypto_pipeline.simulator.market.bars import Bars, joined
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import (
    AggTrades,
    Flags,
    Integers,
    Trades,
    aggregated_trades,
)
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE

MICROSECONDS_FROM = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1000
"""ms since the epoch; spot files from that day on carry µs, those of perpetuals never do."""
HEADERS = {
    KLINES: b"open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    b"taker_buy_volume,taker_buy_quote_volume,ignore\n",
    AGGREGATES: b"agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,"
    b"is_buyer_maker\n",
    TRADES: b"id,price,qty,quote_qty,time,is_buyer_maker\n",
    FUNDING: b"calc_time,funding_interval_hours,last_funding_rate\n",
}
"""First lines of the perpetuals' files; spot's have none."""
HEADERS_FROM = int(datetime(2022, 1, 1, tzinfo=UTC).timestamp()) * 1000
"""ms since the epoch; older files of perpetuals have none either, but for those of funding.

That older ones have none is known, the day is not: this one is a choice.
"""


class ArchiveRows:
    """The content of files.

    Args:
        market: what they are about.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self._derived: dict[str, DerivedBars] = {kind: DerivedBars(market, kind) for kind in KINDS}

    def parts(self, file: ArchiveFile, listing: Listing) -> Iterator[bytes]:
        """The CSV of a file, piece by piece."""
        if _has_header(file):
            yield HEADERS[KLINES if file.interval else file.family]
        if file.family in self._derived:
            yield self._derived_klines(file, listing)
        elif file.family == KLINES:
            yield self._klines(file, listing)
        elif file.family == FUNDING:
            yield self._funding(file, listing)
        else:
            for day in range(file.start, file.end, DAY):
                yield self._traded(file, listing, day)

    def _klines(self, file: ArchiveFile, listing: Listing) -> bytes:
        frame = file.frame
        bars = self.market.bars(listing, frame, file.start, file.end, file.appears_at * 1000)
        if file.period == DAILY and frame.step == MINUTE:
            bars = self._as_daily(bars, listing, file)
        if not len(bars):
            return b""
        columns = kline_columns(listing, bars, frame, _per_ms(file))
        return csv_text([*columns, pa.array(["0"] * len(bars))])

    def _derived_klines(self, file: ArchiveFile, listing: Listing) -> bytes:
        """No row before the listing's day, nor after the delisting."""
        frame, end = file.frame, min(file.end, listing.delisted_at or file.end)
        start = first_opening(frame, listing, file.start)
        source, now = self._derived[file.family], file.appears_at * 1000
        bars = source.bars(listing, frame, start, end, now)
        return "".join(",".join(map(str, bar.fields())) + "\n" for bar in bars).encode()

    def _as_daily(self, bars: Bars, listing: Listing, file: ArchiveFile) -> Bars:
        """The bars as they were when the daily file was written."""
        for restated in self.market.restated(listing, file.start, file.end):
            at = restated.open_time
            before, after = bars[bars.open_time < at], bars[bars.open_time > at]
            bars = joined([before, restated.as_daily, after])
        return bars

    def _funding(self, file: ArchiveFile, listing: Listing) -> bytes:
        settled = self.market.fundings(listing, file.start, file.end)
        rows = (
            (settled_time(listing, each.settled_at), each.interval_hours, rate_text(each.rate))
            for each in settled
        )
        return "".join(f"{at},{hours},{rate}\n" for at, hours, rate in rows).encode()

    def _traded(self, file: ArchiveFile, listing: Listing, day: int) -> bytes:
        trades = self.market.trades(listing, day * 1000, (day + DAY) * 1000)
        if not len(trades):
            return b""
        if file.family == AGGREGATES:
            return csv_text(aggregate_columns(listing, aggregated_trades(trades), file))
        return csv_text(trade_columns(listing, trades, file))


def aggregate_columns(listing: Listing, aggs: AggTrades, file: ArchiveFile) -> list[pa.Array]:
    """The columns of aggregated trades as text."""
    digits = digits_of(listing)
    columns = [
        pa.array(aggs.agg_id),
        digits.column(aggs.price, listing.price_decimals),
        digits.column(aggs.amount, listing.lot_decimals),
        pa.array(aggs.first_id),
        pa.array(aggs.last_id),
        _times(aggs.time, file),
        _flags(aggs.taker_sells, file),
    ]
    return columns if not file.dialect.spot else [*columns, _best(len(aggs))]


def trade_columns(listing: Listing, trades: Trades, file: ArchiveFile) -> list[pa.Array]:
    """The columns of single trades as text."""
    digits = digits_of(listing)
    price, lot = listing.price_decimals, listing.lot_decimals
    columns = [
        pa.array(trades.trade_id),
        digits.column(trades.price, price),
        digits.column(trades.amount, lot),
        digits.column(trades.price * trades.amount, price + lot),
        _times(trades.time, file),
        _flags(trades.taker_sells, file),
    ]
    return columns if not file.dialect.spot else [*columns, _best(len(trades))]


def csv_text(columns: Sequence[pa.Array]) -> bytes:
    """Columns as lines without a header."""
    table = pa.table(list(columns), names=[str(number) for number in range(len(columns))])
    sink = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    pyarrow.csv.write_csv(table, sink, options)
    return sink.getvalue()


def _has_header(file: ArchiveFile) -> bool:
    new = file.start >= HEADERS_FROM or file.family == FUNDING
    return new and not file.dialect.spot


def _per_ms(file: ArchiveFile) -> int:
    return 1000 if file.dialect.spot and file.start >= MICROSECONDS_FROM else 1


def _times(at: Integers, file: ArchiveFile) -> pa.Array:
    return pa.array(at if _per_ms(file) == 1000 else at // 1000)


def _flags(values: Flags, file: ArchiveFile) -> pa.Array:
    yes, no = ("True", "False") if file.dialect.spot else ("true", "false")
    return pa.array(np.where(values, yes, no))


def _best(count: int) -> pa.Array:
    return pa.repeat("True", count)
