"""The settings of what is collected: kinds, the rule of the universe, the schedule of books."""

from __future__ import annotations

import pytest

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import SettingsError
from crypto_pipeline.settings import load_settings

BINANCE = "CRYPTO_VENUES__BINANCE__"


def test_load_given_part_of_a_rule_keeps_the_rest_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{BINANCE}UNIVERSE__TOP", "50")
    monkeypatch.setenv(f"{BINANCE}UNIVERSE__QUOTE", "usdt,USDC")
    monkeypatch.setenv(f"{BINANCE}UNIVERSE__EXCLUDE", "usdc/usdt")

    rule = load_settings().venues["binance"].universe

    assert (rule.top, rule.quote, rule.exclude) == (50, ["USDT", "USDC"], ["USDC/USDT"])
    assert rule.instrument_types == [InstrumentType.SPOT, InstrumentType.PERP]
    assert rule.include == []


def test_load_given_kinds_reads_them_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{BINANCE}KINDS", "order_book, klines")
    assert load_settings().venues["binance"].kinds == [Kind.ORDER_BOOK, Kind.KLINES]


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        (f"{BINANCE}UNIVERSE__TOP", "-1", "valid is a whole number from 0 to 5000"),
        (f"{BINANCE}UNIVERSE__TOP", "all", "valid is a whole number from 0 to 5000"),
        (f"{BINANCE}UNIVERSE__BY", "age", "valid is volume"),
        (f"{BINANCE}UNIVERSE__INSTRUMENT_TYPES", "futures", "valid is a list of spot, perp"),
        (f"{BINANCE}UNIVERSE__INCLUDE", "BTCUSDT", "write BASE/QUOTE for a spot pair"),
        (f"{BINANCE}KINDS", "candles", "valid is a list of klines, trades, agg_trades"),
        (f"{BINANCE}KINDS", "instruments", "instruments are collected of every exchange"),
        ("CRYPTO_ORDER_BOOK_SCHEDULE", "hourly", "valid is a cron schedule of five fields"),
    ],
)
def test_load_given_a_wrong_value_names_it_and_what_is_valid(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, valid: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert name in str(caught.value)
    assert valid in str(caught.value)


@pytest.mark.parametrize(
    "cron", ["0 * * * *", "*/5 * * * *", "0,30 8-20/2 1 1-12 0-7", "  15  4 * * 1 "]
)
def test_load_given_a_cron_schedule_takes_it(cron: str) -> None:
    assert load_settings(order_book_schedule=cron).order_book_schedule == " ".join(cron.split())


@pytest.mark.parametrize(
    "cron",
    ["* * * *", "60 * * * *", "0 24 * * *", "0 0 0 * *", "*/0 * * * *", "5-1 * * * *", "@daily"],
)
def test_load_given_no_cron_schedule_is_refused(cron: str) -> None:
    with pytest.raises(SettingsError, match="five fields in numbers"):
        load_settings(order_book_schedule=cron)
