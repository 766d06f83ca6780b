"""Which column is which: stated names, presets, and what a file lacks."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import UsageError
from crypto_pipeline.history.own.columns import (
    PRESETS,
    TARGETS,
    ColumnMapping,
    find_preset,
    map_columns,
    parse_mapping,
)
from crypto_pipeline_tests.history.own import series, trades_of

FREQTRADE = ("date", "open", "high", "low", "close", "volume")


def mapped(
    columns: Sequence[str],
    preset: str | None = None,
    kind: Kind = Kind.KLINES,
    **named: str,
) -> ColumnMapping:
    what = series() if kind is Kind.KLINES else trades_of("BTC/USDT:USDT", kind)
    return map_columns("x.csv", columns, what, preset=find_preset(preset), named=named)


def taken(mapping: ColumnMapping) -> dict[str, str]:
    return {target.name: column for target, column in mapping.taken.items()}


def test_map_given_our_own_names_takes_them_and_names_what_is_skipped() -> None:
    mapping = mapped(("open_time", "open", "high", "low", "close", "vwap", "extra"))

    assert taken(mapping) == {n: n for n in ("open_time", "open", "high", "low", "close")}
    assert mapping.skipped == ["vwap", "extra"]


def test_map_given_names_of_others_guesses_nothing() -> None:
    with pytest.raises(UsageError) as refused:
        mapped(FREQTRADE)

    said = str(refused.value)
    assert said.startswith("x.csv lacks open_time: it has the columns date, open, high")
    assert "volume_base (optional)" in said
    assert "--columns open_time=<its name>" in said


def test_map_given_a_preset_takes_its_names_and_the_persons_own_before_them() -> None:
    both = (*FREQTRADE, "turnover")

    assert taken(mapped(both, "freqtrade"))["volume_base"] == "volume"
    assert taken(mapped(both, "freqtrade", volume_base="turnover"))["volume_base"] == "turnover"


def test_map_given_funding_of_freqtrade_reads_the_rate_from_open() -> None:
    mapping = mapped(FREQTRADE, "freqtrade", Kind.FUNDING)

    assert taken(mapping) == {"funding_time": "date", "rate": "open"}
    assert mapping.skipped == ["high", "low", "close", "volume"]


def test_map_given_whether_the_buyer_made_needs_no_side() -> None:
    mapping = mapped(PRESETS["binance-archive"].names[Kind.TRADES], "binance-archive", Kind.TRADES)

    assert taken(mapping)["is_buyer_maker"] == "is_buyer_maker"
    assert mapping.skipped == ["quote_qty", "is_best_match"]


@pytest.mark.parametrize(
    ("columns", "named", "said"),
    [
        (FREQTRADE, {"open_time": "time"}, "column 'time' is not there; it has date, open"),
        ((*FREQTRADE, "date"), {"open_time": "date"}, "'date' is there more than once"),
    ],
)
def test_map_given_a_name_that_does_not_fit_says_what_there_is(
    columns: tuple[str, ...], named: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        mapped(columns, "freqtrade", Kind.KLINES, **named)


@pytest.mark.parametrize(
    "text", ["date", "open_time", "open_time=", "=date", "vwap=x", "open=a,open=b"]
)
def test_parse_given_something_else_shows_how_it_is_written(text: str) -> None:
    with pytest.raises(UsageError, match=r"ours=theirs \(open_time=date\)\. Ours are, for klines:"):
        parse_mapping(Kind.KLINES, [text])


def test_parse_given_several_options_joins_them() -> None:
    parts = ["open_time=date, close=last", "volume_base=volume"]

    assert parse_mapping(Kind.KLINES, parts) == {
        "open_time": "date",
        "close": "last",
        "volume_base": "volume",
    }


def test_preset_given_another_name_lists_them() -> None:
    with pytest.raises(UsageError, match="valid are freqtrade, ccxt, binance-archive"):
        find_preset("pandas")


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_name_columns_of_ours_alone(preset: str) -> None:
    for kind, columns in PRESETS[preset].columns.items():
        assert columns.keys() <= {target.name for target in TARGETS[kind]}
