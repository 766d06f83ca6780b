"""Ranges of validity: what an exchange says of an instrument, from when to when."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from crypto_pipeline.domain.instruments import Listing, Status
from crypto_pipeline.errors import DecodeError, LakeError
from crypto_pipeline.history.instruments import Changes, known_listings
from crypto_pipeline.lake.catalogs import connect_read_only
from crypto_pipeline.lake.tables import INSTRUMENTS
from crypto_pipeline_tests.history.listings import T0, T1, T2, discovered, land, listing
from crypto_pipeline_tests.lake import rows as lake_rows

BTC, ETH = listing("BTC/USDT"), listing("ETH/USDT")


def history(lake: Path, column: str, symbol: str = "BTC/USDT") -> list[tuple[object, ...]]:
    """A column of an instrument's rows with their validity, the oldest first."""
    return lake_rows.rows(
        lake,
        f"SELECT {column}, valid_from, valid_to FROM market.instruments "  # noqa: S608 names of this file
        f"WHERE symbol = '{symbol}' ORDER BY valid_from",
    )


def known(lake: Path) -> dict[str, Listing]:
    """What is known of each instrument now."""
    with connect_read_only(lake) as session:
        return known_listings(session, "binance")


def test_land_given_a_new_listing_opens_a_row_with_all_it_says(lake: Path) -> None:
    perp = listing("BTC/USDT:USDT", contract_size=Decimal("0.001"), funding_interval_hours=8)

    assert land(lake, discovered(BTC, perp), T0) == Changes(2, 0, 0, 0)

    assert known(lake) == {one.instrument.entity_id: one for one in (BTC, perp)}
    assert history(lake, "tick_size") == [(Decimal("0.01"), T0, None)]


def test_land_given_the_same_answer_again_writes_nothing(lake: Path) -> None:
    land(lake, discovered(BTC, ETH), T0)
    before = lake_rows.snapshot(lake)

    assert land(lake, discovered(ETH, BTC), T1) == Changes(0, 0, 0, 2)

    assert lake_rows.snapshot(lake) == before


def test_land_given_a_changed_tick_size_closes_the_old_row(lake: Path) -> None:
    land(lake, discovered(BTC, ETH), T0)
    finer = listing("BTC/USDT", tick_size=Decimal("0.001"))

    assert land(lake, discovered(finer, ETH), T1) == Changes(0, 1, 0, 1)

    assert history(lake, "tick_size") == [
        (Decimal("0.01"), T0, T1),
        (Decimal("0.001"), T1, None),
    ]
    assert history(lake, "tick_size", "ETH/USDT") == [(Decimal("0.01"), T0, None)]


def test_land_given_one_that_vanishes_reopens_it_as_delisted_since_then(lake: Path) -> None:
    land(lake, discovered(BTC, ETH), T0)

    assert land(lake, discovered(ETH), T1) == Changes(0, 0, 1, 1)
    assert land(lake, discovered(ETH), T2) == Changes(0, 0, 0, 2)

    assert history(lake, "status, delisted_at") == [
        ("trading", None, T0, T1),
        ("delisted", T1, T1, None),
    ]


def test_land_given_a_delisting_that_the_exchange_dates_keeps_its_date(lake: Path) -> None:
    ended = listing("BTC/USDT", status=Status.DELISTED, delisted_at=T0)
    land(lake, discovered(BTC, ETH), T0)

    assert land(lake, discovered(ended, ETH), T2).delisted == 1

    assert history(lake, "delisted_at")[-1] == (T0, T2, None)


def test_land_given_one_first_seen_delisted_invents_no_date(lake: Path) -> None:
    ended = listing("BTC/USDT", status=Status.DELISTED)

    land(lake, discovered(ended, ETH), T0)
    land(lake, discovered(ended, ETH), T1)

    assert history(lake, "delisted_at") == [(None, T0, None)]


def test_land_given_one_that_comes_back_opens_a_third_row(lake: Path) -> None:
    land(lake, discovered(BTC, ETH), T0)
    land(lake, discovered(ETH), T1)

    assert land(lake, discovered(BTC, ETH), T2).changed == 1

    assert [row[0] for row in history(lake, "status")] == ["trading", "delisted", "trading"]
    assert known(lake)[BTC.instrument.entity_id] == BTC


def enter_from_symbol(lake: Path) -> None:
    """Enter BTC/USDT as a load does that knows nothing but its symbol."""
    instrument = BTC.instrument
    row = {
        "entity_id": instrument.entity_id,
        "exchange": "binance",
        "instrument_type": "spot",
        "symbol": instrument.symbol,
        "base": instrument.base,
        "quote": instrument.quote,
        "native_symbol": "BTCUSDT",
        "valid_from": T0,
    }
    lake_rows.land(lake, pa.Table.from_pylist([row], schema=INSTRUMENTS.schema), INSTRUMENTS)


def test_land_given_a_row_from_a_symbol_alone_closes_it(lake: Path) -> None:
    enter_from_symbol(lake)
    assert known(lake) == {}

    assert land(lake, discovered(BTC), T1) == Changes(1, 0, 0, 0)

    assert history(lake, "status") == [(None, T0, T1), ("trading", T1, None)]


def test_land_given_an_unlisted_row_from_a_symbol_alone_knows_no_delisting_date(lake: Path) -> None:
    enter_from_symbol(lake)

    assert land(lake, discovered(ETH), T1) == Changes(1, 0, 1, 0)

    assert history(lake, "status, delisted_at")[-1] == ("delisted", None, T1, None)


def test_land_given_a_clock_that_stands_or_goes_back_keeps_ranges_forward(lake: Path) -> None:
    finer, finest = (listing("BTC/USDT", tick_size=Decimal(t)) for t in ("0.001", "0.0001"))
    land(lake, discovered(BTC), T1)

    land(lake, discovered(finer), T1)
    land(lake, discovered(finest), T0)

    assert history(lake, "tick_size") == [(Decimal("0.0001"), T1, None)]


def test_land_given_most_of_the_list_gone_refuses_it_whole(lake: Path) -> None:
    whole = [listing(f"C{number}/USDT") for number in range(10)]
    land(lake, discovered(*whole), T0)
    before = lake_rows.snapshot(lake)

    with pytest.raises(DecodeError, match="got 4 of the 10 that traded"):
        land(lake, discovered(*whole[:4]), T1)

    assert lake_rows.snapshot(lake) == before
    assert land(lake, discovered(*whole[:5]), T1).delisted == 5


def test_land_given_most_of_one_type_gone_refuses_it_though_the_other_is_whole(lake: Path) -> None:
    pairs = [listing(f"C{number}/USDT") for number in range(30)]
    perpetuals = [listing(f"C{number}/USDT:USDT") for number in range(10)]
    land(lake, discovered(*pairs, *perpetuals), T0)

    with pytest.raises(DecodeError, match="the perp instruments of binance: got 4 of the 10"):
        land(lake, discovered(*pairs, *perpetuals[:4]), T1)

    assert land(lake, discovered(*pairs, *perpetuals[:5]), T1).delisted == 5


def test_land_given_a_step_of_too_many_digits_writes_nothing(lake: Path) -> None:
    tiny = listing("BTC/USDT", tick_size=Decimal("1E-19"))

    with pytest.raises(LakeError, match="does not fit"):
        land(lake, discovered(tiny, ETH), T0)

    assert known(lake) == {}


def test_land_given_pairs_enters_each_coin_once_and_its_activity(lake: Path) -> None:
    halted = listing("ETH/BTC", status=Status.HALTED)
    land(lake, discovered(BTC, halted), T0)
    land(lake, discovered(halted), T1)

    assert lake_rows.rows(lake, "SELECT * FROM market.assets ORDER BY asset") == [
        ("crypto_binance_btc", "binance", "BTC", False, T0),
        ("crypto_binance_eth", "binance", "ETH", False, T0),
        ("crypto_binance_usdt", "binance", "USDT", False, T0),
    ]
    land(lake, discovered(BTC, halted), T2)
    active = lake_rows.rows(lake, "SELECT asset FROM market.assets WHERE active ORDER BY asset")
    assert active == [("BTC",), ("USDT",)]
