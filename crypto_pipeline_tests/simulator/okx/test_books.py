"""OKX's order books: levels over REST, snapshots and changes, sequence numbers, checksums."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline.simulator.okx.books import crc32
from crypto_pipeline_tests.simulated import Talk
from crypto_pipeline_tests.simulator.okx.asking import BTC, NOW_MS, SWAP, Okx, iso

Side = dict[str, list[str]]


class LocalBook:
    """A book that a client keeps: the levels by price, as they were sent."""

    def __init__(self) -> None:
        self.sides: dict[str, Side] = {"asks": {}, "bids": {}}

    def take(self, data: dict[str, Any]) -> None:
        """Apply a snapshot or an update."""
        for name, side in self.sides.items():
            for level in data[name]:
                if level[1] == "0":
                    side.pop(level[0], None)
                else:
                    side[level[0]] = level

    def levels(self, name: str) -> list[list[str]]:
        """One side, best first."""
        levels = self.sides[name].values()
        return sorted(levels, key=lambda level: float(level[0]), reverse=name == "bids")

    def checksum(self) -> int:
        """As OKX computed it."""
        bids, asks = (
            [(level[0], level[1]) for level in self.levels(name)] for name in ("bids", "asks")
        )
        return crc32(bids, asks)


def _until(okx: Okx, talk: Talk, end_ms: int) -> list[Any]:
    """The messages of a book up to and with the state of an instant."""
    okx.process.set_clock(iso(end_ms))
    return talk.hear_until(lambda message: message["data"][0]["ts"] == str(end_ms))


def test_book_given_no_size_is_one_level_a_side(okx: Okx) -> None:
    (book,) = okx.rows("market/books", instId=BTC)
    assert (len(book["asks"]), len(book["bids"])) == (1, 1)
    assert float(book["bids"][0][0]) < float(book["asks"][0][0])
    assert len(book["asks"][0]) == 4


def test_book_given_more_than_the_most_is_clipped(okx: Okx) -> None:
    (book,) = okx.rows("market/books", instId=BTC, sz=5000)
    assert (len(book["asks"]), len(book["bids"])) == (400, 400)


def test_full_book_given_its_size_has_no_seq_id_and_three_cells(okx: Okx) -> None:
    (book,) = okx.rows("market/books-full", instId=BTC, sz=5000)
    assert "seqId" not in book
    assert len(book["asks"]) == 5000
    assert {len(level) for level in book["asks"]} == {3}


def test_books_given_updates_equal_the_book_of_rest_at_each_checkpoint(okx: Okx) -> None:
    local, end_ms = LocalBook(), NOW_MS
    with okx.channel("books") as talk:
        local.take(talk.hear()["data"][0])
        for end_ms in (NOW_MS + 700, NOW_MS + 5000, NOW_MS + 5100):
            for message in _until(okx, talk, end_ms):
                local.take(message["data"][0])
            (rest,) = okx.rows("market/books", instId=SWAP, sz=400)
            assert local.levels("asks") == rest["asks"]
            assert local.levels("bids") == rest["bids"]
            assert message["data"][0]["seqId"] == rest["seqId"]


def test_books_given_updates_chain_their_sequence_numbers(okx: Okx) -> None:
    with okx.channel("books") as talk:
        messages = [talk.hear(), *_until(okx, talk, NOW_MS + 2000)]
    data = [message["data"][0] for message in messages]
    assert [message["action"] for message in messages] == ["snapshot"] + ["update"] * 20
    assert data[0]["prevSeqId"] == -1
    assert all(after["prevSeqId"] == before["seqId"] for before, after in pairwise(data))
    assert {each["checksum"] for each in data} == {0}


def test_books_given_the_rule_carry_the_checksum_of_the_local_book(okx: Okx) -> None:
    okx.process.set_rules(okx_checksum=True)
    local = LocalBook()
    with okx.channel("books") as talk:
        for message in [talk.hear(), *_until(okx, talk, NOW_MS + 2000)]:
            local.take(message["data"][0])
            assert message["data"][0]["checksum"] == local.checksum()


def test_books_given_a_wrong_checksum_fault_differ_from_the_local_book(okx: Okx) -> None:
    okx.process.set_rules(okx_checksum=True)
    okx.process.post_faults([{"kind": "wrong_book_checksum", "after": 1, "times": 1}])
    local = LocalBook()
    with okx.channel("books") as talk:
        agreed = []
        for message in [talk.hear(), *_until(okx, talk, NOW_MS + 300)]:
            local.take(message["data"][0])
            agreed.append(message["data"][0]["checksum"] == local.checksum())
    assert agreed == [True, False, True, True]


def test_books_given_a_reset_go_on_from_a_smaller_number(okx: Okx) -> None:
    with okx.channel("books") as talk:
        first = talk.hear()["data"][0]
        okx.process.post_faults([{"kind": "book_reset", "times": 1}])
        reset, *rest = (each["data"][0] for each in _until(okx, talk, NOW_MS + 500))
    assert reset["prevSeqId"] == first["seqId"]
    assert reset["seqId"] < reset["prevSeqId"]
    assert all(
        after["prevSeqId"] == before["seqId"] < after["seqId"]
        for before, after in pairwise([reset, *rest])
    )


@pytest.mark.parametrize(("channel", "depth"), [("books5", 5), ("bbo-tbt", 1)])
def test_snapshots_given_a_changed_book_equal_the_book_of_rest(
    okx: Okx, channel: str, depth: int
) -> None:
    with okx.channel(channel) as talk:
        *_, last = [talk.hear(), *_until(okx, talk, NOW_MS + 1000)]
    (rest,) = okx.rows("market/books", instId=SWAP, sz=depth)
    assert {key: last["data"][0][key] for key in rest} == rest


def test_books_given_a_halt_stand_still_and_say_so_each_minute(okx: Okx) -> None:
    halted_ms = 1_671_332_400_000
    okx.process.set_clock(iso(halted_ms + 1000))
    with okx.channel("books") as talk:
        snapshot = talk.hear()["data"][0]
        okx.process.set_clock(iso(halted_ms + 62_000))
        quiet = talk.hear()["data"][0]
    assert (quiet["asks"], quiet["bids"]) == ([], [])
    assert quiet["prevSeqId"] == quiet["seqId"] == snapshot["seqId"]


@pytest.mark.real_data
def test_checksum_given_captured_books_is_theirs_each_time(real_data: Path) -> None:
    books: dict[str, LocalBook] = {}
    checked = 0
    for line in (real_data / "cryptofeed/OKX.ws.1.0").read_text().splitlines():
        message = json.loads(line.partition(": ")[2]) if line[:1].isdigit() else {}
        if message.get("arg", {}).get("channel") == "books" and "data" in message:
            symbol, data = message["arg"]["instId"], message["data"][0]
            if message["action"] == "snapshot":
                books[symbol] = LocalBook()
            books[symbol].take(data)
            assert books[symbol].checksum() == data["checksum"]
            checked += 1
    assert checked == 290
