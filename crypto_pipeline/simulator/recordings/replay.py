"""Captured frames as feeds: what a subscription to a recorded stream delivers.

What belongs here: finding a stream's captures, and its frames by their instants. What does not:
files (`captures.py`, `blocks.py`), and the pace of a replay, which is the clock's.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence

from crypto_pipeline.simulator.recordings.blocks import BlockReader, Dated
from crypto_pipeline.simulator.recordings.captures import Block, Capture
from crypto_pipeline.simulator.recordings.naming import (
    ADVANCED,
    BYBIT,
    COIN_M,
    EXCHANGE,
    OKX,
    SPOT,
    USD_M,
    channel_and_symbol,
    family,
)
from crypto_pipeline.simulator.recordings.pace import ReplayClock
from crypto_pipeline.simulator.streams.feeds import Feed, Frame

_NOTHING = Dated([], [])


class ReplayFeed(Feed):
    """The frames of one stream, each at the instant it was received.

    It starts with the first frame at or after its opening instant. Frames of successive files
    follow one another; where two files hold the same time, the one that began earlier counts.

    Args:
        stream: as recorded.
        captures: those that hold the stream.
        reader: what reads them.

    Attributes:
        seen: instant up to and with which frames were taken, µs.
    """

    def __init__(self, stream: str, captures: Sequence[Capture], reader: BlockReader) -> None:
        self._stream, self._reader = stream, reader
        self._blocks = _one_after_the_other(captures)
        self._ends = [block.last for block in self._blocks]
        self._channel, self._symbol = channel_and_symbol(stream)
        self._next, self._at, self._dated = 0, 0, _NOTHING
        self._before = 0
        self.seen = 0

    def opening(self, now: int) -> Sequence[Frame]:
        """Start at `now`; a replay has no frames but the recorded ones."""
        self.seen, self._before = now, now - 1
        self._next, self._at, self._dated = bisect_left(self._ends, now), 0, _NOTHING
        return ()

    def until(self, now: int) -> Sequence[Frame]:
        """The frames received after the last call's instant, up to and with `now`."""
        due: list[Frame] = []
        while True:
            end = bisect_right(self._dated.instants, now, lo=self._at)
            due += self._framed(end)
            if not self._goes_on(now):
                break
        self.seen = max(self.seen, now)
        return due

    def _framed(self, end: int) -> list[Frame]:
        start, self._at = self._at, end
        taken = zip(self._dated.instants[start:end], self._dated.frames[start:end], strict=True)
        return [Frame(text, at, self._channel, self._symbol) for at, text in taken]

    def _goes_on(self, now: int) -> bool:
        """Take up the next block if nothing is left of this one and the next has begun."""
        if self._at < len(self._dated.instants) or self._next >= len(self._blocks):
            return False
        block = self._blocks[self._next]
        if block.first > now:
            return False
        self._next += 1
        self._dated = self._reader.streams(block).get(self._stream, _NOTHING)
        self._at = bisect_right(self._dated.instants, self._before)
        self._before = block.last
        return True

    def coming(self, count: int) -> tuple[int, int] | None:
        """Instants that the next frame, and the next `count` frames, do not come before.

        None where the recordings end.
        """
        instants = self._dated.instants
        if self._at < len(instants):
            return instants[self._at], instants[min(self._at + count, len(instants)) - 1]
        if self._next < len(self._blocks):
            first = max(self._blocks[self._next].first, self.seen + 1)
            return first, first
        return None


class RecordedFeeds:
    """The recorded streams of one exchange; a `FeedSource`.

    Whoever asks for a stream of which only another cadence was recorded (`btcusdt@depth@100ms`
    where `btcusdt@depth@0ms` was) gets that one.

    Args:
        exchange: `binance`, `okx`, `bybit` or `coinbase`.
        captures: of any exchange.
        reader: what reads them.
        pace: the clock, where it wants to know of its readers.
    """

    def __init__(
        self,
        exchange: str,
        captures: Iterable[Capture],
        reader: BlockReader,
        pace: ReplayClock | None = None,
    ) -> None:
        self._exchange, self._reader, self._pace = exchange, reader, pace
        self._captures: dict[tuple[str, str], list[Capture]] = defaultdict(list)
        self._families: dict[tuple[str, str], str] = {}
        for capture in captures:
            for stream in capture.streams:
                self._captures[capture.host, stream].append(capture)
                self._families.setdefault((capture.host, family(stream)), stream)

    def feed(self, stream: str, base: str) -> ReplayFeed | None:
        """The feed of a recorded stream, None where there is none.

        Args:
            stream: as `FeedSource` says.
            base: as `FeedSource` says; on Binance all but the spot host's begin with a slash, on
                Coinbase `exchange` is the Exchange's.
        """
        for host in _hosts(self._exchange, base):
            name = stream if (host, stream) in self._captures else self._relative(host, stream)
            if name:
                feed = ReplayFeed(name, self._captures[host, name], self._reader)
                if self._pace is not None:
                    self._pace.watch(feed)
                return feed
        return None

    def _relative(self, host: str, stream: str) -> str:
        return self._families.get((host, family(stream)), "")


def _hosts(exchange: str, base: str) -> tuple[str, ...]:
    """The hosts whose captures a base of an exchange replays."""
    if exchange == "binance":
        return (USD_M, COIN_M) if base else (SPOT,)
    if exchange == "bybit":
        return (f"{BYBIT}/{base.rpartition('/')[2]}", BYBIT)
    if exchange == "coinbase":
        return (EXCHANGE,) if base == "exchange" else (ADVANCED,)
    return (OKX,)


def _one_after_the_other(captures: Sequence[Capture]) -> list[Block]:
    """The blocks of files in the order they began, without what an earlier file holds."""
    blocks: list[Block] = []
    for capture in sorted(captures, key=lambda capture: capture.blocks[0].first):
        end = blocks[-1].last if blocks else 0
        blocks += [block for block in capture.blocks if block.last > end]
    return blocks
