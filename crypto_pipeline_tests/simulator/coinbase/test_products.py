"""What is listed when, and which products share a book."""

from crypto_pipeline.simulator.coinbase.products import Products, shared_book
from crypto_pipeline.simulator.coinbase.statistics import Statistics
from crypto_pipeline_tests.simulator.coinbase.logics import MARKET

PRODUCTS = Products(MARKET)
FEBRUARY_2025, SUMMER_2016 = 1_739_190_870_000, 1_467_331_200_000
TIA_LISTED = 1_698_762_600_000


def test_products_given_a_time_before_all_are_none() -> None:
    assert PRODUCTS.products(SUMMER_2016) == []
    assert PRODUCTS.product("BTC-USD", SUMMER_2016) is None


def test_product_given_usdc_shares_the_book_of_usd() -> None:
    product = PRODUCTS.product("BTC-USDC", FEBRUARY_2025)
    assert product is not None
    assert (product.alias, product.alias_to, product.quote) == ("BTC-USD", [], "USDC")
    assert product.listing.symbol == "BTC-USD"


def test_product_given_a_stablecoin_has_no_alias() -> None:
    tether = PRODUCTS.product("USDT-USD", FEBRUARY_2025)
    assert tether is not None
    assert tether.alias_to == []
    assert PRODUCTS.product("USDT-USDC", FEBRUARY_2025) is None


def test_product_given_usdt_is_its_own() -> None:
    product = PRODUCTS.product("BTC-USDT", FEBRUARY_2025)
    assert product is not None
    assert (product.alias, product.alias_to) == ("", [])
    assert shared_book("BTC-USDT") == "BTC-USDT"


def test_statistics_given_a_listing_of_this_minute_are_nothing() -> None:
    listing = PRODUCTS.listing("TIA-USD", TIA_LISTED)
    assert listing is not None
    statistics, now = Statistics(MARKET), TIA_LISTED * 1000
    assert statistics.day(listing, now).volume == 0
    assert statistics.month(listing, now).volume == 0
    assert len(statistics.last_trade(listing, now - 1)) == 0
