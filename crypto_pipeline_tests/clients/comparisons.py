"""What a client's streams brought, held against the market while the clock stands.

What belongs here: waiting until both agree, and what agreeing means for trades, bars and books.
What does not: how a client is started, the clock (`steering.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crypto_pipeline_tests.clients.expected import Bar, Expected, Row, best, minutes_of
from crypto_pipeline_tests.clients.scripts import RunningScript

IN_FLIGHT_MS = 1000
"""How long after a trade its message may come: some channels gather trades for 250 ms."""
DRAIN = 20.0
"""Seconds that a client gets to read what was sent before the clock stood."""


def assert_book(script: RunningScript, expected: Expected, at: int, depth: int) -> None:
    """The client's best levels are the market's at the instant `at` (µs), at which time stands."""
    wanted = expected.book(at, depth)
    held = script.until("book", lambda book: best(book, depth) == wanted, timeout=DRAIN)
    assert best(held, depth) == wanted, script.ask("errors")


def assert_trades(
    script: RunningScript,
    wanted: Sequence[Row],
    now: int,
    *,
    maker_side: bool = False,
    in_order: bool = True,
) -> None:
    """The client's trades are the market's: none lost, none twice, but for the newest in flight.

    Args:
        script: the client.
        wanted: every trade from before the client subscribed until now.
        now: where the clock stands, in µs.
        maker_side: whether the client hands on the maker's side.
        in_order: whether it hands on the trades of one message oldest first.
    """
    rows = list(wanted) if in_order else sorted(wanted)

    def agree(trades: list[dict[str, Any]]) -> bool:
        held = rows_of(trades, maker_side)
        return is_run_of(held if in_order else sorted(held), rows, now // 1000 - IN_FLIGHT_MS)

    held = script.until("trades", agree, timeout=DRAIN)
    last = rows_of(held, maker_side)[-3:]
    assert agree(held), (len(held), last, rows[-3:], script.ask("errors"))


def is_run_of(held: Sequence[Row], rows: Sequence[Row], settled: int) -> bool:
    """Whether `held` are the last of `rows`, leaving out at most some that are not settled (ms)."""
    for end in range(len(rows), 0, -1):
        if held and list(rows[max(end - len(held), 0) : end]) == list(held):
            return True
        if rows[end - 1][0] < settled:
            return False
    return False


def rows_of(trades: Sequence[Mapping[str, Any]], maker_side: bool) -> list[Row]:
    """A client's trades as rows with the taker's side."""
    flipped = {"buy": "sell", "sell": "buy"} if maker_side else {}
    return [
        (
            int(float(one["time"])),
            float(one["price"]),
            float(one["amount"]),
            flipped.get(one["side"], one["side"]),
        )
        for one in trades
    ]


def assert_bars_of_trades(script: RunningScript, wanted: Mapping[int, Bar]) -> None:
    """The client's trades, by the minute, are the market's bars `wanted`."""
    assert wanted
    made = minutes_of(script.ask("trades"))
    assert {opening: made.get(opening) for opening in wanted} == dict(wanted)


def assert_bars(script: RunningScript, wanted: Mapping[int, Bar], word: str = "bars") -> None:
    """The client's own bars are the market's `wanted`."""

    def agree(bars: dict[str, Any]) -> bool:
        return bars_of(bars, wanted) == dict(wanted)

    assert wanted
    held = script.until(word, agree, timeout=DRAIN)
    assert bars_of(held, wanted) == dict(wanted)


def bars_of(bars: Mapping[str, Sequence[Any]], wanted: Mapping[int, Bar]) -> dict[int, Any]:
    """Those of a client's bars that are wanted, as the market writes them."""
    found = {int(opening): tuple(map(float, row)) for opening, row in bars.items()}
    return {opening: found.get(opening) for opening in wanted}
