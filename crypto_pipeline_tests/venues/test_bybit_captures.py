"""Bybit's decoders on recorded answers, and on the examples of its reference."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Instrument, InstrumentType, Listing, Status
from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.errors import DecodeError
from crypto_pipeline_tests.venues.bybit_answers import BYBIT, PERP, fundings, instrument, klines

pytestmark = pytest.mark.real_data
MINI = "recent/mini_fintickstreams/BybitLinear"
EXAMPLES = "jkorf/Bybit.Net/Endpoints_V5Api_ExchangeData_Get"
NAUTILUS = "nautilus/adapters/bybit/http_get_"


def recorded(real_data: Path, name: str) -> bytes:
    """The bytes of an answer, from its first brace on."""
    content = (real_data / name).read_bytes()
    return content[content.index(b"{") :]


def listings(real_data: Path, kind: InstrumentType, name: str) -> list[Listing]:
    return [*BYBIT.decode_instruments(name, kind, recorded(real_data, name)).listings]


def test_time_given_a_capture_is_read_to_the_microsecond(real_data: Path) -> None:
    content = recorded(real_data, f"{MINI}ServerTimeSnapshot.json")

    assert BYBIT.decode_time("time", content) == EPOCH + timedelta(microseconds=1771012544990817)


def test_a_book_given_a_capture_holds_all_its_levels(real_data: Path) -> None:
    content = recorded(real_data, f"{MINI}DepthSnapshot.json")
    told = json.loads(content)["result"]

    (row,) = BYBIT.decode_book("book", instrument(PERP), content).to_pylist()

    assert len(row["bids"]) == len(row["asks"]) == 1000
    assert row["bids"][0] == {"price": 69033.7, "amount": 0.147}
    for side, levels in (("bids", told["b"]), ("asks", told["a"])):
        assert [[each["price"], each["amount"]] for each in row[side]] == [
            [float(price), float(amount)] for price, amount in levels
        ]
    assert row["ts_event"] == EPOCH + timedelta(milliseconds=told["ts"])
    assert row["sequence_id"] == told["u"]


@pytest.mark.parametrize("name", [f"{EXAMPLES}Orderbook.txt", f"{NAUTILUS}orderbook.json"])
def test_a_book_given_an_example_is_read(real_data: Path, name: str) -> None:
    (row,) = BYBIT.decode_book(name, instrument(PERP), recorded(real_data, name)).to_pylist()

    assert row["bids"][0]["price"] < row["asks"][0]["price"]


def test_funding_given_an_example_is_ascending(real_data: Path) -> None:
    content = recorded(real_data, f"{NAUTILUS}funding_history.json")

    rows = BYBIT.decode_funding("funding", fundings(), content).to_pylist()

    assert [(row["funding_time"], row["rate"]) for row in rows] == [
        (datetime(2024, 3, 8, 0, tzinfo=UTC), 0.00015),
        (datetime(2024, 3, 8, 8, tzinfo=UTC), 0.0001),
    ]


def test_funding_given_a_contract_in_usdc_is_known_by_its_own_name(real_data: Path) -> None:
    content = recorded(real_data, f"{EXAMPLES}FundingRateHistory.txt")

    (row,) = BYBIT.decode_funding("funding", fundings("ETH/USDC:USDC"), content).to_pylist()

    assert (row["funding_time"], row["rate"]) == (datetime(2022, 12, 26, 8, tzinfo=UTC), 0.0001)


def test_klines_given_an_inverse_contract_are_refused(real_data: Path) -> None:
    span = Span(datetime(2022, 12, 9, tzinfo=UTC), datetime(2022, 12, 10, tzinfo=UTC))
    content = recorded(real_data, f"{EXAMPLES}Klines.txt")

    with pytest.raises(DecodeError, match="category: got 'inverse', expected 'linear'"):
        BYBIT.decode_klines("kline", klines("BTC/USD:USD", "1h"), span, content)


def test_klines_given_the_reference_rows_as_linear_are_read(real_data: Path) -> None:
    span = Span(datetime(2022, 12, 9, tzinfo=UTC), datetime(2022, 12, 10, tzinfo=UTC))
    content = recorded(real_data, f"{EXAMPLES}Klines.txt").replace(b'"inverse"', b'"linear"')

    table = BYBIT.decode_klines("kline", klines("BTC/USD:USD", "1h"), span, content)

    assert table["open_time"].to_pylist() == [
        datetime(2022, 12, 9, hour, tzinfo=UTC) for hour in (16, 17, 18)
    ]
    assert table["volume_base"].to_pylist() == [6356.0, 4177.0, 268611.0]
    assert table["volume_quote"].to_pylist() == [0.37288112, 0.24469757, 15.74462667]


def test_klines_given_a_retyped_example_off_the_grid_are_refused(real_data: Path) -> None:
    span = Span(datetime(2024, 3, 8, tzinfo=UTC), datetime(2024, 3, 9, tzinfo=UTC))
    content = recorded(real_data, f"{NAUTILUS}klines_linear.json")

    with pytest.raises(DecodeError, match=r"open_time: got 1709891679000000 µs, .* 1m grid"):
        BYBIT.decode_klines("kline", klines(PERP), span, content)


def test_instruments_given_the_reference_are_read(real_data: Path) -> None:
    perpetual = listings(real_data, InstrumentType.PERP, f"{EXAMPLES}LinearInverseSymbols.txt")
    pair = listings(real_data, InstrumentType.SPOT, f"{EXAMPLES}SpotSymbols.txt")

    assert perpetual == [
        Listing(
            Instrument("bybit", InstrumentType.PERP, "BTC", "USDT"),
            "BTCUSDT",
            Status.TRADING,
            tick_size=Decimal("0.10"),
            lot_size=Decimal("0.001"),
            min_notional=Decimal(5),
            funding_interval_hours=8,
            listed_at=datetime(2020, 3, 30, tzinfo=UTC),
        )
    ]
    assert pair == [
        Listing(
            Instrument("bybit", InstrumentType.SPOT, "BTC", "USDT"),
            "BTCUSDT",
            Status.TRADING,
            tick_size=Decimal("0.01"),
            lot_size=Decimal("0.000001"),
            min_notional=Decimal(1),
        )
    ]


def test_instruments_given_one_before_its_launch_say_so(real_data: Path) -> None:
    name = f"{EXAMPLES}LinearInverseSymbolsPreListing.txt"

    (one,) = listings(real_data, InstrumentType.PERP, name)

    assert (one.native_symbol, one.status) == ("PRE02ZROUSDT", Status.PRE_LAUNCH)


def test_instruments_given_minutes_that_are_hours_are_refused(real_data: Path) -> None:
    with pytest.raises(DecodeError, match="BTCUSDT, fundingInterval: got 8, expected minutes"):
        listings(real_data, InstrumentType.PERP, f"{NAUTILUS}instruments_linear.json")


@pytest.mark.parametrize("name", ["instruments_inverse", "instruments_option"])
def test_instruments_given_no_linear_contract_are_none(real_data: Path, name: str) -> None:
    assert listings(real_data, InstrumentType.PERP, f"{NAUTILUS}{name}.json") == []


def test_volumes_given_the_reference_are_in_quote(real_data: Path) -> None:
    content = recorded(real_data, f"{EXAMPLES}SpotTickers.txt")

    volumes = BYBIT.decode_volumes("tickers", InstrumentType.SPOT, content)

    assert volumes == {"BTCUSDT": 243765620.65899866}
