"""The page on limits says what the program does."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_pipeline.transport import retrying
from crypto_pipeline.transport.refusals import BANS, STAND_INS
from crypto_pipeline.venues.venue import known_venues

EXCHANGES = sorted(known_venues())
PAGE = Path(__file__).parents[2] / "docs" / "limits.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_page_given_the_venues_lists_each_limit(page: str) -> None:
    rows = tuple(f"| {name} |" for name in EXCHANGES)
    told = [line for line in page.splitlines() if line.startswith(rows)]

    assert told == [
        f"| {name} | `{limit.name}` | {limit.cost:,} | {limit.seconds:g} s | "
        f"{f'`{limit.by}`' if limit.by else '-'} | "
        f"{limit.used_header or limit.left_header or '-'} |"
        for name in EXCHANGES
        for limit in known_venues()[name].limits
    ]


def test_page_given_the_rule_tells_its_figures(page: str) -> None:
    text = " ".join(page.split())

    for told in (
        f"A request is made {retrying.ATTEMPTS} times at most, "
        f"{retrying.ATTEMPTS_BEFORE_NEXT_HOST} times where another host",
        f"asks to wait for more than {retrying.LONGEST_WAIT:.0f} s",
        f"failed {retrying.BREAKS} times in a row is given up for {retrying.GIVEN_UP:.0f} s",
        f"| 418 | Binance bans whoever goes on after 429 | {BANS[418]:.0f} s |",
        f"a firewall; a country | {BANS[403]:.0f} s |",
    ):
        assert told in text


def test_page_given_the_stand_in_of_binance_names_it(page: str) -> None:
    assert "https://data-api.binance.vision" in STAND_INS["binance"]
    assert "https://data-api.binance.vision" in page
