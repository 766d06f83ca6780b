"""What the simulator says has the keys, types and nesting of what Coinbase was seen to say.

One test a row of `docs/venues/coinbase.md`.
"""

from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.coinbase import captured
from crypto_pipeline_tests.simulator.coinbase.asking import (
    ADVANCED,
    NOW_SECONDS,
    advanced,
    ask,
    exchange,
    fed,
    go_on,
    is_ack,
    subscribed,
)
from crypto_pipeline_tests.simulator.shapes import differences, shape

pytestmark = pytest.mark.real_data

SINCE_2021 = {
    "fx_stablecoin",
    "max_slippage_percentage",
    "auction_mode",
    "high_bid_limit_percentage",
}
UNTIL_2021 = {"base_min_size", "base_max_size", "max_market_funds"}


def parted(ours: Any, theirs: Any) -> list[str]:
    return differences(shape(ours), shape(theirs))


def first_frame(simulator: SimulatorProcess, channel: str) -> Any:
    """The opening frame of an Advanced Trade channel of BTC-USD."""
    with subscribed(simulator, channel, "BTC-USD") as talk:
        return talk.hear()


def fed_frame(simulator: SimulatorProcess, channel: str, kind: str) -> Any:
    """The first message of a type of an Exchange channel of ETH-USD."""
    with fed(simulator, channel, products=["ETH-USD"]) as talk:
        talk.hear(), talk.hear()
        go_on(simulator, 30)
        return talk.hear_until(lambda message: message["type"] == kind)[-1]


def updated_frame(simulator: SimulatorProcess, channel: str) -> Any:
    """The first update of an Advanced Trade channel of ETH-USD."""
    with subscribed(simulator, channel, "ETH-USD") as talk:
        talk.hear_until(is_ack)
        go_on(simulator, 30)
        return talk.hear()


def test_exchange_match_given_the_capture_has_its_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours = fed_frame(coinbase, "matches", "match")
    theirs = captured.exchange_frame(real_data, "match")
    assert parted(ours, theirs) == []
    assert list(ours) == list(theirs)


def test_exchange_last_match_given_the_capture_has_its_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    with fed(coinbase, "matches") as talk:
        ours = talk.hear_until(lambda message: message["type"] == "last_match")[-1]
    assert parted(ours, captured.exchange_frame(real_data, "last_match")) == []


def test_exchange_snapshot_given_two_captures_has_their_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    with fed(coinbase, "level2_batch") as talk:
        ours = talk.hear_until(lambda message: message["type"] == "snapshot")[-1]
    theirs = captured.whole_book(real_data)
    assert parted(ours, theirs) == []
    assert parted(ours, captured.exchange_frame(real_data, "snapshot")) == []
    for (price, size), (seen_price, seen_size) in zip(ours["bids"], theirs["bids"], strict=False):
        assert len(price.split(".")[1]) == len(seen_price.split(".")[1]) == 2
        assert len(size.split(".")[1]) == len(seen_size.split(".")[1]) == 8


def test_exchange_l2update_given_the_capture_has_its_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours = fed_frame(coinbase, "level2_batch", "l2update")
    theirs = captured.exchange_frame(real_data, "l2update")
    assert parted(ours, theirs) == []
    assert list(ours) == list(theirs)


def test_exchange_ticker_given_the_message_of_2022_has_its_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours, theirs = fed_frame(coinbase, "ticker", "ticker"), captured.newest_ticker(real_data)
    assert parted(ours, theirs) == []
    assert list(ours) == list(theirs)


def test_exchange_acknowledgement_given_the_capture_adds_account_ids(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    with fed(coinbase, "matches", "heartbeat") as talk:
        ours = talk.hear()
    theirs = captured.exchange_frame(real_data, "subscriptions")
    assert parted(ours, theirs) == ["$.channels[].account_ids: not in the captured one"]


def test_exchange_products_given_those_of_2021_differ_as_documented(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours, theirs = exchange(coinbase, "/products")[0], captured.old_products(real_data)[0]
    assert set(ours) - set(theirs) == SINCE_2021
    assert set(theirs) - set(ours) == UNTIL_2021
    for key in SINCE_2021 | UNTIL_2021:
        ours.pop(key, None)
        theirs.pop(key, None)
    assert parted(ours, theirs) == []


def test_exchange_candles_given_the_recording_have_their_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours = exchange(coinbase, "/products/BTC-USD/candles", granularity=60)
    theirs = captured.rest_answer(real_data, "QueryKLines")
    assert parted(ours, theirs) == []
    assert len(ours) == len(theirs) == 350
    assert ours[0][0] > ours[1][0]


def test_exchange_rest_ticker_given_the_recording_has_its_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours = exchange(coinbase, "/products/BTC-USD/ticker")
    theirs = captured.rest_answer(real_data, "QueryTicker")
    assert parted(ours, theirs) == []
    assert list(ours) == list(theirs)


def test_exchange_book_given_the_documentation_has_its_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours = exchange(coinbase, "/products/BTC-USD/book", level=2)
    told = {key: ours.pop(key) for key in ("auction_mode", "auction")}
    assert told == {"auction_mode": False, "auction": None}
    assert parted(ours, captured.documented_answer(real_data, "GetAggregatedOrderBook")) == []


def test_exchange_currencies_given_the_documentation_hold_its_keys(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours = exchange(coinbase, "/currencies")[0]
    theirs = captured.documented_answer(real_data, "GetAssets")[0]
    assert set(theirs) <= set(ours)


@pytest.mark.parametrize("channel", ["level2", "market_trades"])
def test_advanced_update_given_frames_of_2026_has_their_shape(
    coinbase: SimulatorProcess, real_data: Path, channel: str
) -> None:
    ours = updated_frame(coinbase, channel)
    theirs = captured.advanced_frame(real_data, ours["channel"])
    assert parted(ours, theirs) == []
    assert list(ours) == list(theirs)
    assert list(ours["events"][0]) == list(theirs["events"][0])


@pytest.mark.parametrize("channel", ["level2", "market_trades"])
def test_advanced_snapshot_given_frames_of_2026_has_their_shape(
    coinbase: SimulatorProcess, real_data: Path, channel: str
) -> None:
    ours = first_frame(coinbase, channel)
    assert parted(ours, captured.advanced_frame(real_data, ours["channel"])) == []
    assert ours["events"][0]["type"] == "snapshot"


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        ("ticker", "Ticker"),
        ("ticker_batch", "BatchTicker"),
        ("candles", "Klines"),
        ("status", "Symbol"),
    ],
)
def test_advanced_frame_given_the_documentation_has_its_shape(
    coinbase: SimulatorProcess, real_data: Path, channel: str, name: str
) -> None:
    assert parted(first_frame(coinbase, channel), captured.documented_frame(real_data, name)) == []


def test_advanced_heartbeat_given_a_frame_of_2024_has_its_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    with subscribed(coinbase, "heartbeats") as talk:
        ack = talk.hear()
        go_on(coinbase, 2)
        ours = talk.hear()
    assert parted(ours, captured.documented_frame(real_data, "Heartbeat")) == []
    assert parted(ack, captured.documented_ack(real_data, "Heartbeat")) == []


def test_advanced_acknowledgement_given_a_frame_of_2024_has_its_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    with subscribed(coinbase, "market_trades", "BTC-USD") as talk:
        ours = talk.hear_until(is_ack)[-1]
    assert parted(ours, captured.documented_ack(real_data, "Trades")) == []


def test_advanced_product_given_one_of_2026_has_its_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours = advanced(coinbase, "/products/BTC-USD")
    theirs = captured.advanced_answer(real_data, "product")
    assert parted(ours, theirs) == []
    assert list(ours) == list(theirs)


def test_advanced_products_given_those_of_2026_have_their_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours = advanced(coinbase, "/products", product_ids="BTC-USD,BTC-USDC")
    theirs = captured.advanced_answer(real_data, "products")
    assert parted(ours, theirs) == []
    for mine, seen in zip(ours["products"], theirs["products"], strict=True):
        names = ("product_id", "alias", "alias_to", "quote_display_symbol", "quote_name")
        assert [mine[name] for name in names] == [seen[name] for name in names]


def test_advanced_book_given_one_of_2026_has_its_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours = advanced(coinbase, "/product_book", product_id="BTC-USD", limit=5)
    assert parted(ours, captured.advanced_answer(real_data, "product_book")) == []


def test_advanced_trades_given_those_of_2026_have_their_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours = advanced(coinbase, "/products/BTC-USD/ticker", limit=5)
    theirs = captured.advanced_answer(real_data, "ticker")
    assert parted(ours, theirs) == []
    assert list(ours["trades"][0]) == list(theirs["trades"][0])


def test_advanced_candles_given_those_of_2026_have_their_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    asked = {"granularity": "ONE_HOUR", "start": NOW_SECONDS - 7200, "end": NOW_SECONDS}
    ours = advanced(coinbase, "/products/BTC-USD/candles", **asked)
    theirs = captured.advanced_answer(real_data, "candles")
    assert parted(ours, theirs) == []
    assert list(ours["candles"][0]) == list(theirs["candles"][0])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v2/currencies", "GetFiatAssets"),
        ("/v2/currencies/crypto", "GetCryptoAssets"),
    ],
)
def test_legacy_list_given_the_documentation_has_its_shape(
    coinbase: SimulatorProcess, real_data: Path, path: str, name: str
) -> None:
    ours = ask(coinbase, ADVANCED, path).json()
    assert parted(ours, captured.documented_answer(real_data, name)) == []


def test_legacy_rates_given_the_documentation_have_its_shape(
    coinbase: SimulatorProcess, real_data: Path
) -> None:
    ours = ask(coinbase, ADVANCED, "/v2/exchange-rates").json()["data"]
    theirs = captured.documented_answer(real_data, "GetExchangeRates")["data"]
    assert set(ours) == set(theirs)
    assert {shape(rate) for rate in ours["rates"].values()} == {"number text"}
