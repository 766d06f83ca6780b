"""Files that others collected from the exchanges: they come in whole, and agree with each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyarrow import feather

from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.history.own.importing import Stated
from crypto_pipeline.lake.catalogs import Catalog, connect_read_only
from crypto_pipeline.lake.session import WriteSession, writing
from crypto_pipeline_tests.history.own import (
    FREQTRADE,
    ask,
    land_in,
    rows_of,
    series,
    trades_of,
)

pytestmark = pytest.mark.real_data

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FEATHER = "freqtrade_feather"

BARS_OF_TRADES = """
WITH numbered AS (
    SELECT time_bucket(INTERVAL 1 MINUTE, ts_event) AS open_time, price, amount::DECIMAL(38, 8) AS
        amount, trade_seq
    FROM market.trades WHERE entity_id = 'cryptopair_binance_xrpeth'
)
SELECT open_time, arg_min(price, trade_seq), max(price), min(price), arg_max(price, trade_seq),
    sum(amount)::DOUBLE
FROM numbered GROUP BY ALL ORDER BY open_time
"""


@pytest.fixture
def session(lake: Path) -> Iterator[WriteSession]:
    with writing(lake, Catalog.MARKET) as opened:
        yield opened


def test_trades_of_xrp_given_every_fill_make_every_bar_of_the_exchange(
    session: WriteSession, real_data: Path
) -> None:
    folder = real_data / "freqtrade_tests"

    trades = land_in(session, folder / "XRP_ETH-trades.feather", trades_of("XRP/ETH"), FREQTRADE)
    bars = land_in(session, folder / "XRP_ETH-1m.feather", series("XRP/ETH"), FREQTRADE)

    assert (trades.inserted, bars.inserted) == (12_477, 2_469)
    stored = ask(
        session.home,
        "SELECT open_time, open, high, low, close, volume_base FROM market.klines "
        "ORDER BY open_time",
    )
    assert len(stored) == 2_469
    assert ask(session.home, BARS_OF_TRADES) == stored


def test_trades_given_the_same_ones_as_parquet_change_nothing(
    session: WriteSession, real_data: Path
) -> None:
    folder = real_data / "freqtrade_tests"
    what = trades_of("XRP/ETH", Kind.AGG_TRADES)
    land_in(session, folder / "XRP_ETH-trades.feather", what, FREQTRADE)

    again = land_in(session, folder / "XRP_ETH-trades.parquet", what, FREQTRADE)

    assert (again.inserted, again.unchanged, again.refused) == (0, 12_477, 0)
    assert ask(
        session.home,
        "SELECT day::VARCHAR, present, missing, proven FROM market.coverage ORDER BY 1",
    ) == [
        ("2019-10-11", 5_929, 0, False),
        ("2019-10-12", 4_134, 0, True),
        ("2019-10-13", 2_414, 0, False),
    ]


@pytest.mark.parametrize(("coin", "flat"), [("BTC", 47), ("ETH", 50)])
def test_bars_of_okx_given_outages_are_told_from_trades(
    session: WriteSession, real_data: Path, coin: str, flat: int
) -> None:
    path = real_data / FEATHER / f"huckhuck12/okx/futures/{coin}_USDT_USDT-5m-futures.feather"
    what = series(f"{coin}/USDT:USDT", Interval.M5, exchange="okx")

    written = land_in(session, path, what, FREQTRADE, NOW)

    assert written.inserted == 153 * 288
    assert ask(
        session.home,
        "SELECT sum(expected), sum(present), sum(flat), sum(missing), count(*) "
        "FROM market.coverage",
    ) == [(44_064, 44_064, flat, 0, 153)]


@pytest.mark.parametrize(
    ("path", "exchange", "interval"),
    [
        ("filimonov_2025q3/binance/BTC_USDT-1m.feather", "binance", Interval.M1),
        ("filimonov_2025q3/binance/ETH_USDT-1m.feather", "binance", Interval.M1),
        ("mohsenjfar/bybit/futures/BTC_USDT_USDT-5m-futures.feather", "bybit", Interval.M5),
        ("mohsenjfar/bybit/futures/ETH_USDT_USDT-5m-futures.feather", "bybit", Interval.M5),
        ("typhonun_2025_05/binance/futures/ETH_USDT_USDT-1m-futures.feather", "binance", "1m"),
    ],
)
def test_bars_given_a_file_of_freqtrade_come_in_whole(
    session: WriteSession, real_data: Path, path: str, exchange: str, interval: str
) -> None:
    base, quote, *settle = (real_data / FEATHER / path).name.partition("-")[0].split("_")
    symbol = f"{base}/{quote}" + (f":{settle[0]}" if settle else "")
    what = series(symbol, Interval(interval), exchange=exchange)

    written = land_in(session, real_data / FEATHER / path, what, FREQTRADE, NOW)

    given = feather.read_table(str(real_data / FEATHER / path))
    assert written.inserted == given.num_rows
    with connect_read_only(session.home) as lake:
        lake.register("given", given)
        other = lake.execute(
            "SELECT date::TIMESTAMPTZ, open, high, low, close, volume FROM given EXCEPT "
            "SELECT open_time, open, high, low, close, volume_base FROM market.klines"
        ).fetchall()
    assert other == []


def test_settlements_of_binance_given_overlapping_files_agree(
    session: WriteSession, real_data: Path
) -> None:
    files = sorted((real_data / FEATHER).glob("*/binance/futures/BTC_USDT_USDT-8h-funding_*"))
    what = trades_of("BTC/USDT:USDT", Kind.FUNDING)

    written = [land_in(session, path, what, FREQTRADE) for path in files]

    assert [(w.inserted, w.unchanged, w.refused) for w in written] == [
        (74, 0, 0),
        (89, 0, 0),
        (240, 26, 0),
    ]
    assert ask(
        session.home,
        "SELECT count(*), count(*) FILTER (second(funding_time) = 0), max(interval_hours), "
        "count(*) FILTER (interval_hours IS NULL) FROM market.funding_rates",
    ) == [(403, 403, 8, 2)]


def test_prices_given_as_funding_are_refused(session: WriteSession, real_data: Path) -> None:
    path = real_data / FEATHER / "filimonov_2025q3/binance/futures/BTC_USDT_USDT-8h-mark.feather"

    with pytest.raises(DecodeError, match=r"row 1: .* expected rate as a fraction"):
        land_in(session, path, trades_of("BTC/USDT:USDT", Kind.FUNDING), FREQTRADE)
    assert rows_of(session.home, "funding_rates") == []


def test_bars_of_a_csv_given_two_markets_under_one_name_do_not_mix(
    session: WriteSession, real_data: Path
) -> None:
    folder = real_data / "iaqf_2023_03"
    volume = Stated(columns={"volume_base": "volume"})
    tether, dollar = (
        folder / f"cl8550__binanceus_{pair}_1m_20230301_20230321.csv"
        for pair in ("BTCUSDT", "BTCUSD")
    )

    first = land_in(session, tether, series(), volume)
    second = land_in(session, dollar, series(), volume)

    assert (first.inserted, second.inserted, second.refused) == (12_960, 0, 12_960)
    assert second.example is not None
    assert "open 23144.78 (there 23140.48)" in second.example


def test_bars_of_a_parquet_given_minutes_without_trades_leave_them_missing(
    session: WriteSession, real_data: Path
) -> None:
    path = real_data / "iaqf_2023_03/prashanth__coinbase_btcusdt.parquet"
    stated = Stated(columns={"open_time": "timestamp", "volume_base": "volume"})

    written = land_in(session, path, series(exchange="coinbase"), stated)

    assert written.inserted == 9_561
    assert ask(session.home, "SELECT sum(present), sum(missing) FROM market.coverage") == [
        (9_561, 9 * 1440 - 9_561)
    ]


def test_bars_of_the_archive_given_its_zip_equal_those_of_the_exchange(
    session: WriteSession, real_data: Path
) -> None:
    folder = real_data / "data.binance.vision/data/spot/daily/klines/BTCUSDT/1m"
    preset = Stated(preset="binance-archive")

    written = land_in(session, folder / "BTCUSDT-1m-2023-03-01.zip", series(), preset)

    assert written.inserted == 1440
    assert ask(
        session.home,
        "SELECT count(vwap), count(trade_count), count(taker_volume_quote), min(open_time) "
        "FROM market.klines",
    ) == [(1440, 1440, 1440, datetime(2023, 3, 1, tzinfo=UTC))]
