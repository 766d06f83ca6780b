"""ccxt's REST calls, unchanged, on every exchange: what they give is the market's own."""

from __future__ import annotations

import time
from typing import Any

import pytest

from crypto_pipeline.simulator.market.timeframes import DAY, HOUR
from crypto_pipeline_tests.clients.ccxt_calls import (
    BARS,
    LEVELS,
    NO_FUNDING,
    REFUSED,
    TIMEFRAMES,
    TRADES,
    calls_of,
    openings_of,
)
from crypto_pipeline_tests.clients.ccxt_markets import MARKETS, Market
from crypto_pipeline_tests.clients.expected import MARKET, SEED, best, timeframe
from crypto_pipeline_tests.clients.scripts import run_script
from crypto_pipeline_tests.clients.steering import stand_at
from crypto_pipeline_tests.simulated import simulator

pytestmark = pytest.mark.timeout(900)


class Answers:
    """What one exchange of ccxt gave.

    Args:
        market: of which.
        now: where the clock stood, µs since the epoch.
        outcomes: by call.
        counters: of the exchange's REST host, afterwards.
    """

    def __init__(
        self, market: Market, now: int, outcomes: dict[str, dict[str, Any]], counters: Any
    ) -> None:
        self.market, self.now, self.outcomes, self.counters = market, now, outcomes, counters
        self.expected = market.expected()

    def value(self, call: str) -> Any:
        """What a call gave; fails where it was refused."""
        assert "value" in self.outcomes[call], self.outcomes[call]
        return self.outcomes[call]["value"]

    def error(self, call: str) -> str:
        """The class of error that a call ended with."""
        return str(self.outcomes[call].get("error"))


@pytest.fixture(scope="module", params=MARKETS, ids=lambda market: market.name)
def answers(request: pytest.FixtureRequest) -> Answers:
    """Every call, made by one process while the clock stands at the machine's time.

    Each has a simulator of its own: two processes of ccxt share an address, but no pace.
    """
    market, now = request.param, int(time.time()) * 1_000_000
    calls = calls_of(market)
    with simulator(seed=SEED) as running:
        stand_at(running, now)
        asked = {"endpoints": dict(running.endpoints), "exchange": market.exchange}
        argument = {**asked, "config": {}, "calls": list(calls.values())}
        outcomes = run_script("ccxt", "rest", argument, timeout=240.0)
        counters = running.counters()[market.host]
    return Answers(market, now, dict(zip(calls, outcomes, strict=True)), counters)


def test_load_markets_given_its_listings_knows_all_that_trade(answers: Answers) -> None:
    listing, now = answers.expected.listing, answers.now // 1000
    listed = MARKET.listings(answers.market.venue, listing.instrument_type)
    kind = "swap" if answers.market.perp else "spot"
    loaded = answers.value("markets").values()

    found = {each["id"] for each in loaded if each["type"] == kind and each["active"]}
    if answers.market.exchange == "coinbase":
        # Products in USDC are other names of the books in USD.
        found = {name for name in found if not name.endswith("-USDC")}

    assert found == {each.symbol for each in listed if each.trading(now)}


def test_load_markets_given_a_symbol_knows_tick_and_lot(answers: Answers) -> None:
    listing = answers.expected.listing
    loaded = answers.value("markets")[answers.market.symbol]

    amount, price = loaded["precision"]["amount"], loaded["precision"]["price"]
    size = loaded["contractSize"] or 1.0

    assert price == float(listing.tick_size)
    assert amount * size == pytest.approx(float(listing.lot_size), rel=1e-12)


def test_timeframes_given_the_class_are_those_asked_for(answers: Answers) -> None:
    assert list(answers.value("timeframes")) == TIMEFRAMES[answers.market.exchange].split()


def test_fetch_time_given_a_standing_clock_is_its_time(answers: Answers) -> None:
    assert answers.value("time") == answers.now // 1000


def test_fetch_status_given_the_venue_has_it_is_ok(answers: Answers) -> None:
    if answers.market.venue == "coinbase":
        assert answers.error("status") == "NotSupported"
    else:
        assert answers.value("status")["status"] == "ok"


def test_newest_bars_given_no_since_end_with_the_open_one(answers: Answers) -> None:
    opening = answers.now // 60_000_000 * 60_000
    start = opening - (BARS - 1) * 60_000
    expected = answers.expected.bars("1m", start, opening + 1, answers.now)

    found = {row[0]: tuple(row[1:]) for row in answers.value("newest bars")}

    # On Coinbase ccxt asks for the last minutes of the machine's time, which has gone on, or for
    # the last bars there are: minutes without a trade make these reach farther back.
    earlier = answers.expected.bars("1m", start - HOUR, opening + 1, answers.now)
    assert max(found) == max(expected)
    assert len(found) >= len(expected) - 1
    assert found.items() <= earlier.items()


def test_fetch_ohlcv_given_each_timeframe_equals_the_market(answers: Answers) -> None:
    for name in TIMEFRAMES[answers.market.exchange].split():
        if (answers.market.exchange, name) == ("binanceusdm", "1s"):
            assert answers.error("bars 1s") == "BadRequest"
            continue
        rows = answers.value(f"bars {name}")
        openings = openings_of(answers.market, name, rows[0][0])
        wanted = answers.expected.bars(name, openings[0], openings[-1] + 1, answers.now)

        assert list(wanted) == openings, name
        assert [(row[0], tuple(row[1:])) for row in rows] == list(wanted.items()), name


def test_fetch_ohlcv_given_longer_bars_are_whole_minutes(answers: Answers) -> None:
    for name in TIMEFRAMES[answers.market.exchange].split():
        if name in ("1s", "1w", "1M", "3M"):
            continue
        for row in answers.value(f"bars {name}")[:2]:
            end = timeframe(name).following(row[0])
            assert tuple(row[1:]) == answers.expected.whole(row[0], end, answers.now), name


def test_fetch_trades_given_a_limit_are_the_newest(answers: Answers) -> None:
    rows = answers.value("trades")
    flipped = {"buy": "sell", "sell": "buy"} if answers.market.maker_side else {}
    found = [
        (row["timestamp"], row["price"], row["amount"], flipped.get(row["side"], row["side"]))
        for row in rows
    ]
    newest = answers.expected.newest(answers.now, len(rows), merged=merges(answers.market))

    assert len(rows) == TRADES
    assert sorted(found) == sorted(newest)


def merges(market: Market) -> bool:
    """Whether ccxt asks for trades merged by order."""
    return market.venue == "binance"


def test_fetch_order_book_given_a_limit_is_the_best_of_the_market(answers: Answers) -> None:
    found = best(answers.value("book"), LEVELS)

    assert found == answers.expected.book(answers.now, LEVELS)


def test_fetch_funding_rate_history_given_a_perp_is_what_was_paid(answers: Answers) -> None:
    if not answers.market.perp:
        assert refused_funding(answers) == NO_FUNDING[answers.market.exchange]
        return
    rows = answers.value("fundings")
    found = [(round(row["timestamp"] / 1000) * 1000, row["fundingRate"]) for row in rows]
    newest = answers.expected.fundings(answers.now // 1000 - 7 * DAY, answers.now // 1000)

    assert sorted(found) == newest[-len(found) :]
    assert len(found) == 3


def refused_funding(answers: Answers) -> str:
    """The error that ccxt raised, or the value that it gave, for a pair that has no funding."""
    outcome = answers.outcomes["fundings"]
    return str(outcome.get("error", outcome.get("value")))


def test_fetch_ohlcv_given_an_unknown_symbol_is_a_bad_symbol(answers: Answers) -> None:
    assert answers.error("unknown") == "BadSymbol"


def test_implicit_call_given_an_unknown_symbol_is_refused_as_the_venue_does(
    answers: Answers,
) -> None:
    assert answers.error("refused") == REFUSED[answers.market.host][2]


def test_fetch_trades_given_since_alone_asks_for_until_on_coinbase(answers: Answers) -> None:
    if answers.market.exchange == "coinbase":
        assert answers.error("trades since") == "ArgumentsRequired"
    else:
        assert answers.error("trades since") == "None"


def test_limits_given_ccxts_own_pace_are_kept(answers: Answers) -> None:
    assert answers.counters["requests"] > 0
    assert answers.counters["violations"] == 0
