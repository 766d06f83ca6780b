"""Advanced Trade's REST: products, books, trades, candles, and the older paths."""

from typing import Any

import pytest

from crypto_pipeline_tests import simulated
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.coinbase.asking import (
    ADVANCED,
    MARKET,
    NOW_SECONDS,
    advanced,
    ask,
)
from crypto_pipeline_tests.simulator.coinbase.logics import traded

GRANULARITIES = {
    "ONE_MINUTE": 60,
    "FIVE_MINUTE": 300,
    "FIFTEEN_MINUTE": 900,
    "THIRTY_MINUTE": 1800,
    "ONE_HOUR": 3600,
    "TWO_HOUR": 7200,
    "FOUR_HOUR": 14400,
    "SIX_HOUR": 21600,
    "ONE_DAY": 86400,
}


def candles(simulator: SimulatorProcess, **query: object) -> Any:
    """Candles of BTC-USD, of one minute unless told."""
    asked = {"granularity": "ONE_MINUTE", **query}
    return advanced(simulator, "/products/BTC-USD/candles", **asked)["candles"]


def test_time_given_a_standing_clock_is_that_instant_in_three_ways(
    coinbase: SimulatorProcess,
) -> None:
    told = ask(coinbase, ADVANCED, "/api/v3/brokerage/time").json()
    assert told == {
        "iso": "2025-02-10T12:34:30Z",
        "epochSeconds": "1739190870",
        "epochMillis": "1739190870000",
    }
    legacy = ask(coinbase, ADVANCED, "/v2/time").json()
    assert legacy == {"data": {"iso": "2025-02-10T12:34:30Z", "epoch": NOW_SECONDS}}


def test_products_given_no_filter_list_usdc_beside_usd(coinbase: SimulatorProcess) -> None:
    told = advanced(coinbase, "/products")
    rows = {row["product_id"]: row for row in told["products"]}
    assert told["num_products"] == len(rows) > 100
    assert rows["BTC-USD"]["alias_to"] == ["BTC-USDC"]
    assert rows["BTC-USDC"]["alias"] == "BTC-USD"
    assert rows["BTC-USDC"]["price"] == rows["BTC-USD"]["price"]
    assert "XMR-USD" not in rows


def test_products_given_all_products_list_the_delisted(coinbase: SimulatorProcess) -> None:
    rows = advanced(coinbase, "/products", get_all_products="true")["products"]
    monero = next(row for row in rows if row["product_id"] == "XMR-USD")
    assert (monero["status"], monero["trading_disabled"], monero["is_disabled"]) == (
        "delisted",
        True,
        True,
    )


def test_products_given_futures_are_none(coinbase: SimulatorProcess) -> None:
    told = advanced(coinbase, "/products", product_type="FUTURE")
    assert told == {"products": [], "num_products": 0, "pagination": None}


def test_products_given_limit_and_offset_are_that_part(coinbase: SimulatorProcess) -> None:
    every = advanced(coinbase, "/products")["products"]
    part = advanced(coinbase, "/products", limit=3, offset=2)["products"]
    assert part == every[2:5]


def test_products_given_ids_are_those(coinbase: SimulatorProcess) -> None:
    told = advanced(coinbase, "/products", product_ids="ETH-USD,BTC-USD")["products"]
    assert [row["product_id"] for row in told] == ["BTC-USD", "ETH-USD"]


def test_product_given_an_unknown_one_is_not_found(coinbase: SimulatorProcess) -> None:
    reply = ask(coinbase, ADVANCED, f"{MARKET}/products/NO-USD")
    told = reply.json()
    assert (reply.status, told["error"]) == (404, "NOT_FOUND")
    assert set(told) == {"error", "error_details", "message"}


def test_product_given_a_listing_of_later_is_not_found(coinbase: SimulatorProcess) -> None:
    coinbase.set_clock("2023-10-31T14:29:00Z")
    assert ask(coinbase, ADVANCED, f"{MARKET}/products/TIA-USD").status == 404
    coinbase.set_clock("2023-10-31T14:31:00Z")
    assert ask(coinbase, ADVANCED, f"{MARKET}/products/TIA-USD").status == 200


def test_product_given_a_halt_can_only_be_cancelled(coinbase: SimulatorProcess) -> None:
    coinbase.set_clock("2023-03-04T18:30:00Z")
    assert advanced(coinbase, "/products/BTC-USD")["cancel_only"] is True


def test_book_given_a_limit_has_the_best_levels_first(coinbase: SimulatorProcess) -> None:
    told = advanced(coinbase, "/product_book", product_id="BTC-USD", limit=5)
    bids, asks = (
        [float(level["price"]) for level in told["pricebook"][side]] for side in ("bids", "asks")
    )
    assert len(bids) == len(asks) == 5
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < float(told["mid_market"]) < asks[0]


def test_book_given_an_increment_adds_levels_up(coinbase: SimulatorProcess) -> None:
    asked = {"product_id": "BTC-USD", "limit": 2, "aggregation_price_increment": "10"}
    told = advanced(coinbase, "/product_book", **asked)["pricebook"]
    assert all(int(level["price"]) % 10 == 0 for level in told["bids"] + told["asks"])


def test_book_given_no_product_is_refused(coinbase: SimulatorProcess) -> None:
    reply = ask(coinbase, ADVANCED, f"{MARKET}/product_book")
    assert (reply.status, reply.json()["error"]) == (400, "INVALID_ARGUMENT")


def test_trades_given_a_limit_are_the_newest(coinbase: SimulatorProcess) -> None:
    told = advanced(coinbase, "/products/BTC-USD/ticker", limit=3)
    ids = [int(trade["trade_id"]) for trade in told["trades"]]
    assert ids == [ids[0], ids[0] - 1, ids[0] - 2]
    assert float(told["best_bid"]) < float(told["best_ask"])


def test_trades_given_a_window_are_its_newest(coinbase: SimulatorProcess) -> None:
    start, end = NOW_SECONDS - 600, NOW_SECONDS - 300
    path = "/products/BTC-USD/ticker"
    told = advanced(coinbase, path, limit=100, start=start, end=end)["trades"]
    times = [trade["time"] for trade in told]
    assert times == sorted(times, reverse=True)
    assert times[0] <= "2025-02-10T12:29:30Z"
    assert times[-1] >= "2025-02-10T12:24:30Z"


def test_trades_given_no_limit_are_refused(coinbase: SimulatorProcess) -> None:
    assert ask(coinbase, ADVANCED, f"{MARKET}/products/BTC-USD/ticker").status == 400


@pytest.mark.parametrize(("name", "seconds"), GRANULARITIES.items())
def test_candles_given_each_granularity_are_on_its_grid(
    coinbase: SimulatorProcess, name: str, seconds: int
) -> None:
    start = NOW_SECONDS // seconds * seconds - 9 * seconds
    rows = candles(coinbase, granularity=name, start=start, end=NOW_SECONDS)
    starts = [int(row["start"]) for row in rows]
    assert starts == traded("BTC-USD", seconds, start, NOW_SECONDS)
    assert len(starts) > 5


def test_candles_given_350_buckets_are_all_there(coinbase: SimulatorProcess) -> None:
    start = NOW_SECONDS // 60 * 60 - 349 * 60
    rows = candles(coinbase, start=start, end=NOW_SECONDS)
    assert [int(row["start"]) for row in rows] == traded("BTC-USD", 60, start, NOW_SECONDS)
    assert 300 < len(rows) <= 350


def test_candles_given_351_buckets_are_refused(coinbase: SimulatorProcess) -> None:
    end = NOW_SECONDS // 60 * 60
    asked = {"granularity": "ONE_MINUTE", "start": end - 350 * 60, "end": end}
    reply = ask(coinbase, ADVANCED, f"{MARKET}/products/BTC-USD/candles", **asked)
    told = reply.json()
    assert (reply.status, told["error"]) == (400, "INVALID_ARGUMENT")
    assert "number of candles requested should be less than 350" in told["error_details"]


def test_candles_given_a_limit_are_the_newest(coinbase: SimulatorProcess) -> None:
    asked = {"start": NOW_SECONDS - 3600, "end": NOW_SECONDS}
    assert candles(coinbase, limit=7, **asked) == candles(coinbase, **asked)[:7]


def test_candles_given_usdc_are_those_of_usd(coinbase: SimulatorProcess) -> None:
    asked = {"start": NOW_SECONDS - 600, "end": NOW_SECONDS}
    shared = {"granularity": "ONE_MINUTE", **asked}
    told = advanced(coinbase, "/products/BTC-USDC/candles", **shared)["candles"]
    assert told == candles(coinbase, **asked)


def test_candles_given_minutes_without_trades_leave_them_out(coinbase: SimulatorProcess) -> None:
    asked = {"granularity": "ONE_MINUTE", "start": NOW_SECONDS - 300 * 60, "end": NOW_SECONDS}
    rows = advanced(coinbase, "/products/ENJ-USD/candles", **asked)["candles"]
    assert 0 < len(rows) < 200
    assert all(float(row["volume"]) > 0 for row in rows)


def test_candles_given_a_time_before_the_listing_are_none(coinbase: SimulatorProcess) -> None:
    assert candles(coinbase, start=1_400_000_000, end=1_400_006_000) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"granularity": "ONE_MINUTE", "start": NOW_SECONDS},
        {"granularity": "ONE_MINUTE", "start": "x", "end": NOW_SECONDS},
        {"granularity": "TEN_MINUTE", "start": NOW_SECONDS, "end": NOW_SECONDS},
        {"granularity": "ONE_DAY", "start": NOW_SECONDS, "end": NOW_SECONDS - 1},
        {"start": NOW_SECONDS, "end": NOW_SECONDS},
        {"granularity": "ONE_DAY", "start": "-5", "end": "9" * 30},
    ],
)
def test_candles_given_a_malformed_request_are_refused(
    coinbase: SimulatorProcess, asked: dict[str, object]
) -> None:
    reply = ask(coinbase, ADVANCED, f"{MARKET}/products/BTC-USD/candles", **asked)
    assert (reply.status, reply.json()["error"]) == (400, "INVALID_ARGUMENT")


def test_private_path_given_no_key_is_unauthorized(coinbase: SimulatorProcess) -> None:
    reply = ask(coinbase, ADVANCED, "/api/v3/brokerage/products")
    assert (reply.status, reply.body) == (401, b"Unauthorized\n")


def test_private_path_given_any_token_is_its_public_twin(coinbase: SimulatorProcess) -> None:
    url = f"{coinbase.endpoints[ADVANCED]}/api/v3/brokerage"
    token = {"Authorization": "Bearer any"}
    assert simulated.ask(f"{url}/products", headers=token).json() == advanced(coinbase, "/products")
    assert simulated.ask(f"{url}/accounts", headers=token).status == 401


def test_private_path_given_a_key_of_the_old_kind_is_unauthorized(
    coinbase: SimulatorProcess,
) -> None:
    url = f"{coinbase.endpoints[ADVANCED]}/api/v3/brokerage/products"
    assert simulated.ask(url, headers={"CB-ACCESS-KEY": "any"}).status == 401


def test_legacy_lists_given_ccxts_requests_name_money_and_coins(
    coinbase: SimulatorProcess,
) -> None:
    fiat = ask(coinbase, ADVANCED, "/v2/currencies").json()["data"]
    crypto = ask(coinbase, ADVANCED, "/v2/currencies/crypto").json()["data"]
    rates = ask(coinbase, ADVANCED, "/v2/exchange-rates").json()["data"]
    assert fiat[0]["id"] == rates["currency"] == "USD"
    assert {"BTC", "ETH", "USDC", "USDT"} <= {row["code"] for row in crypto}
    assert 0 < float(rates["rates"]["BTC"]) < 1


def test_legacy_rates_given_another_currency_turn_round(coinbase: SimulatorProcess) -> None:
    dollars = ask(coinbase, ADVANCED, "/v2/exchange-rates").json()["data"]["rates"]
    bitcoins = ask(coinbase, ADVANCED, "/v2/exchange-rates", currency="BTC").json()["data"]
    assert float(bitcoins["rates"]["USD"]) * float(dollars["BTC"]) == pytest.approx(1)


def test_legacy_path_given_an_unknown_one_lists_errors(coinbase: SimulatorProcess) -> None:
    reply = ask(coinbase, ADVANCED, "/v2/nothing")
    assert (reply.status, reply.json()["errors"][0]["id"]) == (404, "not_found")


def test_quote_given_a_delisted_product_is_not_found(coinbase: SimulatorProcess) -> None:
    path = f"{MARKET}/products/XMR-USD"
    assert ask(coinbase, ADVANCED, path).json()["status"] == "delisted"
    assert ask(coinbase, ADVANCED, f"{path}/ticker", limit=1).status == 404
    assert ask(coinbase, ADVANCED, f"{MARKET}/product_book", product_id="XMR-USD").status == 404
