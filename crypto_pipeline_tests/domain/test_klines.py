"""The kline record: its columns, and which rows are possible."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pytest

from crypto_pipeline.domain.klines import (
    KEY_COLUMNS,
    KLINE_SCHEMA,
    SANITY_RULES,
    VALUE_COLUMNS,
    microseconds,
    with_vwap,
)

POSSIBLE: dict[str, float | None] = {
    "open": 10.0,
    "high": 12.0,
    "low": 9.0,
    "close": 11.0,
    "volume_base": 4.0,
    "volume_quote": 40.0,
    "trade_count": 3,
    "taker_volume_base": 1.0,
    "taker_volume_quote": 10.0,
    "vwap": 10.0,
}


def broken_rules(**changes: float | None) -> list[str]:
    values = ", ".join(f"CAST(? AS DOUBLE) AS {column}" for column in POSSIBLE)
    rules = ", ".join(rule for _, rule in SANITY_RULES)
    with duckdb.connect() as session:
        statement = f"SELECT {rules} FROM (SELECT {values})"  # noqa: S608 the rules are constants
        held = session.execute(statement, list({**POSSIBLE, **changes}.values())).fetchone()
    return [name for (name, _), holds in zip(SANITY_RULES, held or (), strict=True) if not holds]


def test_schema_given_key_and_values_holds_them_in_order() -> None:
    others = ["source", "loaded_at"]

    assert KLINE_SCHEMA.names == [
        *("entity_id", "exchange", "interval", "open_time"),
        *VALUE_COLUMNS,
        *others,
    ]
    assert set(KEY_COLUMNS) < set(KLINE_SCHEMA.names)
    assert KLINE_SCHEMA.field("open_time").type == pa.timestamp("us", tz="UTC")


def test_with_vwap_given_no_volume_is_null() -> None:
    vwap = with_vwap(pa.array([2.0, 0.0, None, 2.0]), pa.array([5.0, 0.0, 1.0, None]))

    assert vwap.to_pylist() == [2.5, None, None, None]


def test_microseconds_given_a_late_instant_is_exact() -> None:
    instant = datetime(2262, 4, 11, 23, 47, 16, 854_775, tzinfo=UTC)

    assert microseconds(instant) == 9_223_372_036_854_775


def test_rules_given_possible_klines_hold() -> None:
    silent = dict.fromkeys(("volume_quote", "taker_volume_base", "vwap", "trade_count"))

    assert broken_rules() == []
    assert broken_rules(**silent) == []
    assert broken_rules(volume_base=0.0, volume_quote=0.0, taker_volume_base=0.0, vwap=None) == []


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("high", 10.5, "high_is_highest"),
        ("low", 10.5, "low_is_lowest"),
        ("low", 0.0, "prices_positive"),
        ("volume_quote", -1.0, "volumes_not_negative"),
        ("trade_count", -1, "volumes_not_negative"),
        ("taker_volume_base", 5.0, "taker_within_total"),
        ("taker_volume_base", -1.0, "taker_within_total"),
        ("vwap", 12.1, "vwap_within_range"),
    ],
)
def test_rules_given_an_impossible_kline_name_what_is_wrong(
    column: str, value: float, rule: str
) -> None:
    assert rule in broken_rules(**{column: value})
