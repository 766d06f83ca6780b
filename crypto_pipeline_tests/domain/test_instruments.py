"""Symbols, ids and asset keys."""

from __future__ import annotations

import pytest

from crypto_pipeline.domain.instruments import InstrumentType, asset_id, parse_symbol
from crypto_pipeline.errors import UsageError


def test_parse_symbol_given_a_pair_is_spot() -> None:
    pair = parse_symbol("binance", "btc/usdt")

    assert (pair.instrument_type, pair.base, pair.quote) == (InstrumentType.SPOT, "BTC", "USDT")
    assert pair.symbol == "BTC/USDT"
    assert pair.entity_id == "cryptopair_binance_btcusdt"
    assert pair.key_part == "btc_usdt"


def test_parse_symbol_given_a_settle_coin_is_a_perpetual() -> None:
    perp = parse_symbol("binance", "BTC/USDT:USDT")

    assert perp.instrument_type is InstrumentType.PERP
    assert perp.symbol == "BTC/USDT:USDT"
    assert perp.entity_id == "cryptoperp_binance_btcusdt"
    assert perp.key_part == "btc_usdt"


@pytest.mark.parametrize(
    ("symbol", "key_part"),
    [
        ("币安人生/USDT", "x5e01x5b89x4ebax751f_usdt"),
        ("1000SATS/USDT", "1000sats_usdt"),
        ("A_B/USDT", "ax5fb_usdt"),
    ],
)
def test_key_part_given_odd_names_is_ascii(symbol: str, key_part: str) -> None:
    assert parse_symbol("binance", symbol).key_part == key_part


def test_entity_id_given_a_chinese_coin_keeps_its_name() -> None:
    assert parse_symbol("binance", "币安人生/USDT").entity_id == "cryptopair_binance_币安人生usdt"


@pytest.mark.parametrize("symbol", ["BTC/USD:BTC", "BTC/USDT:USDC"])
def test_parse_symbol_given_another_settle_coin_names_the_linear_one(symbol: str) -> None:
    linear = symbol.partition(":")[0]

    with pytest.raises(UsageError, match=f"only linear perpetuals.*{linear}:"):
        parse_symbol("binance", symbol)


@pytest.mark.parametrize(
    "symbol", ["BTCUSDT", "BTC/", "/USDT", "BTC/USDT:", "BTC /USDT", "BTC/USDT:USDT-240628", ""]
)
def test_parse_symbol_given_another_text_shows_how_it_is_written(symbol: str) -> None:
    with pytest.raises(UsageError, match=r"write BASE/QUOTE .*BTC/USDT:USDT"):
        parse_symbol("binance", symbol)


def test_asset_id_given_a_coin_follows_the_grammar() -> None:
    assert asset_id("binance", "BTC") == "crypto_binance_btc"
