"""The same seed gives the same numbers on every machine: digests of each kind and venue.

They hold for the numpy version that the lock pins. Whoever changes the market on purpose writes
the new ones down: the failure shows them.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from crypto_pipeline.simulator.market.listings import Venue
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, ONE_HOUR, ONE_MINUTE, ONE_WEEK
from crypto_pipeline_tests.simulator.market.conftest import PERP, SPOT

START = 19_431 * DAY
GOLDEN: dict[Venue, dict[str, str]] = json.loads(
    Path(__file__).with_name("golden.json").read_text(encoding="utf-8")
)


def _digest(*columns: object) -> str:
    digest = hashlib.sha256()
    for column in columns:
        digest.update(np.asarray(column, np.int64).tobytes())
    return digest.hexdigest()[:16]


def _columns(record: object) -> list[object]:
    return [getattr(record, name) for name in type(record).__dataclass_fields__]  # type: ignore[attr-defined]


def _digests(venue: Venue) -> dict[str, str]:
    market, late = SyntheticMarket(7), (START + 500 * DAY) * 1000
    busy, quiet = market.listings(venue, SPOT)[0], market.listings(venue, SPOT)[50]
    found = {
        "trades": _digest(*_columns(market.trades(busy, START * 1000, (START + DAY) * 1000))),
        "quiet trades": _digest(
            *_columns(market.trades(quiet, START * 1000, (START + DAY) * 1000))
        ),
        "minutes": _digest(*_columns(market.bars(quiet, ONE_MINUTE, START, START + DAY, late))),
        "hours": _digest(*_columns(market.bars(busy, ONE_HOUR, START, START + DAY, late))),
        "weeks": _digest(*_columns(market.bars(busy, ONE_WEEK, START, START + 30 * DAY, late))),
        "book": _digest(*_columns(market.book(busy, START * 1000 + 123_456_789, 1000))),
    }
    for perp in market.listings(venue, PERP)[:1]:
        rows = market.fundings(perp, START, START + 10 * DAY)
        found["funding"] = _digest(*(value for row in rows for value in _columns(row)))
        found["mark"] = _digest(*_columns(market.mark(perp, START * 1000)))
    return found


@pytest.mark.parametrize("venue", ["binance", "okx", "bybit", "coinbase"])
def test_market_given_seed_7_is_the_same_everywhere(venue: Venue) -> None:
    assert _digests(venue) == GOLDEN[venue]
