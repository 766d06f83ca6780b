"""The rules that select series: by list, by volume, with includes and excludes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from crypto_pipeline.domain.instruments import Listing, Status, parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import UsageError
from crypto_pipeline.history.selection import Selection, configured_series, resolve, series_of
from crypto_pipeline.settings import Settings, load_settings
from crypto_pipeline_tests.history.listings import listing

COINS = {"BTC": 90.0, "ETH": 60.0, "SOL": 30.0, "ADA": 30.0, "XRP": 10.0}
LISTED = {
    one.instrument.entity_id: one
    for coin in COINS
    for one in (listing(f"{coin}/USDT"), listing(f"{coin}/USDT:USDT"), listing(f"{coin}/USDC"))
}
VOLUMES = {id_: COINS[one.instrument.base] for id_, one in LISTED.items()}


def settings(symbols: list[str] = [], kinds: list[str] = ["klines"], **rule: Any) -> Settings:  # noqa: B006 never changed
    universe = {"instrument_types": ["spot"], "quote": ["USDT"], **rule}
    binance = {"symbols": symbols, "kinds": kinds, "universe": universe}
    return load_settings(venues={"binance": binance}, intervals=["1m"])


def selected(
    configured: Settings,
    listings: Mapping[str, Listing] = LISTED,
    volumes: Mapping[str, float] = VOLUMES,
) -> tuple[set[str], set[str]]:
    """The symbols that are named, and those that are picked."""
    found = resolve("binance", configured, listings, volumes)
    return _symbols(found.named), _symbols(found.picked)


def _symbols(serieses: frozenset[Series]) -> set[str]:
    return {series.instrument.symbol for series in serieses}


RULES = [
    ({"top": 0}, set()),
    ({"top": 1}, {"BTC/USDT"}),
    ({"top": 3}, {"BTC/USDT", "ETH/USDT", "ADA/USDT"}),
    ({"top": 5000}, {f"{coin}/USDT" for coin in COINS}),
    ({"top": 1, "quote": ["USDT", "USDC"]}, {"BTC/USDT", "BTC/USDC"}),
    ({"top": 1, "quote": ["usdt"]}, {"BTC/USDT"}),
    ({"top": 1, "instrument_types": ["spot", "perp"]}, {"BTC/USDT", "BTC/USDT:USDT"}),
    ({"top": 2, "instrument_types": ["perp"]}, {"BTC/USDT:USDT", "ETH/USDT:USDT"}),
    ({"top": 2, "quote": ["EUR"]}, set()),
    ({"top": 2, "exclude": ["BTC/USDT"]}, {"ETH/USDT"}),
]


@pytest.mark.parametrize(("rule", "picked"), RULES)
def test_resolve_given_a_rule_picks_these(rule: dict[str, Any], picked: set[str]) -> None:
    assert selected(settings(**rule)) == (set(), picked)


def test_resolve_given_lists_names_them_unless_they_are_excluded() -> None:
    configured = settings(
        ["XRP/USDT", "ETH/USDT"], top=1, include=["XRP/USDC"], exclude=["ETH/USDT", "BTC/USDT"]
    )

    assert selected(configured) == ({"XRP/USDT", "XRP/USDC"}, set())


@pytest.mark.parametrize(
    ("status", "picked"),
    [
        (Status.TRADING, "BTC/USDT"),
        (Status.HALTED, "BTC/USDT"),
        (Status.PRE_LAUNCH, "ETH/USDT"),
        (Status.DELISTED, "ETH/USDT"),
    ],
)
def test_resolve_given_a_status_picks_what_trades_or_is_halted(status: Status, picked: str) -> None:
    other = listing("BTC/USDT", status=status)
    assert selected(settings(top=1), {**LISTED, other.instrument.entity_id: other})[1] == {picked}


@pytest.mark.parametrize("volume", [None, float("nan"), 0.0])
def test_resolve_given_no_volume_ranks_it_last(volume: float | None) -> None:
    btc = "cryptopair_binance_btcusdt"
    volumes = {id_: v for id_, v in VOLUMES.items() if id_ != btc}
    volumes |= {} if volume is None else {btc: volume}

    assert "BTC/USDT" not in selected(settings(top=4), volumes=volumes)[1]
    assert "BTC/USDT" in selected(settings(top=5), volumes=volumes)[1]


@pytest.mark.parametrize("key", ["symbols", "include"])
def test_resolve_given_an_unknown_symbol_names_near_ones(key: str) -> None:
    with pytest.raises(UsageError, match=r"does not list BCT/USDT \(near are BTC/USDT"):
        resolve("binance", settings(**{key: ["BCT/USDT"]}), LISTED, VOLUMES)


def test_resolve_given_a_delisted_symbol_in_the_list_names_it() -> None:
    luna = listing("LUNA/USDT", status=Status.DELISTED)
    found = selected(settings(["LUNA/USDT"]), {**LISTED, luna.instrument.entity_id: luna})
    assert found == ({"LUNA/USDT"}, set())


@cache
def by_top(top: int) -> Settings:
    """Settings are slow to read, and there are but seven of these."""
    return settings(top=top, quote=["USDT", "USDC"])


@example_settings(deadline=None)
@given(
    order=st.permutations(sorted(LISTED)),
    volumes=st.dictionaries(st.sampled_from(sorted(LISTED)), st.floats()),
    top=st.integers(0, 6),
)
def test_resolve_given_any_order_selects_the_same(
    order: list[str], volumes: dict[str, float], top: int
) -> None:
    configured = by_top(top)
    shuffled = {id_: LISTED[id_] for id_ in order}
    backwards = dict(reversed(volumes.items()))

    found = resolve("binance", configured, shuffled, volumes)

    assert found == resolve("binance", configured, LISTED, backwards)
    assert len(found.picked) == 2 * min(top, len(COINS))


def test_series_of_given_kinds_gives_each_type_what_it_has() -> None:
    configured = settings(kinds=["klines", "funding", "order_book"])

    pair, perp = (parse_symbol("binance", s) for s in ("BTC/USDT", "BTC/USDT:USDT"))

    assert series_of(configured, pair) == [
        Series(pair, Interval.M1),
        Series(pair, kind=Kind.ORDER_BOOK),
    ]
    assert series_of(configured, perp) == [
        Series(perp, Interval.M1),
        Series(perp, kind=Kind.FUNDING),
        Series(perp, kind=Kind.ORDER_BOOK),
    ]


def test_configured_series_given_settings_is_each_symbol_at_each_interval() -> None:
    configured = load_settings(
        exchanges=["binance"],
        intervals=["1m", "1h"],
        venues={
            "binance": {
                "symbols": ["BTC/USDT", "BTC/USDT:USDT"],
                "kinds": ["klines", "funding"],
                "universe": {"exclude": ["ETH/USDT"], "include": ["ETH/USDT"]},
            }
        },
    )

    assert [str(series) for series in configured_series(configured)] == [
        "binance BTC/USDT 1m",
        "binance BTC/USDT 1h",
        "binance BTC/USDT:USDT 1m",
        "binance BTC/USDT:USDT 1h",
        "binance BTC/USDT:USDT funding",
    ]


def test_resolve_given_nothing_configured_selects_nothing() -> None:
    assert resolve("binance", settings(), {}, {}) == Selection(*(frozenset(),) * 3)
