"""The hosts of all four exchanges, over the synthetic market or over recordings.

What belongs here: putting them together. What does not: what a host answers, and sockets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from crypto_pipeline.simulator.binance import hosts as binance
from crypto_pipeline.simulator.bybit import hosts as bybit
from crypto_pipeline.simulator.clock import SimulatorClock, SkewedClock
from crypto_pipeline.simulator.coinbase import hosts as coinbase
from crypto_pipeline.simulator.market.listings import VENUES, Venue
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.okx import hosts as okx
from crypto_pipeline.simulator.recordings.bucket import BUCKET, Recordings
from crypto_pipeline.simulator.recordings.folder import Recorded, open_recordings
from crypto_pipeline.simulator.recordings.pace import AwaitingClock, ReaderPacedClock, ReplayClock
from crypto_pipeline.simulator.recordings.rest import keeps_time, recorded_host
from crypto_pipeline.simulator.restated import restated_bars
from crypto_pipeline.simulator.streams.feeds import FeedSource
from crypto_pipeline.simulator.wire.faults import FaultBook
from crypto_pipeline.simulator.wire.host import Host, Logic
from crypto_pipeline.simulator.wire.hostnames import HOSTS
from crypto_pipeline.simulator.wire.rules import Rules

_ROOMS: Mapping[Venue, Callable[..., Mapping[str, Logic]]] = {
    "binance": binance.hosts,
    "okx": okx.hosts,
    "bybit": bybit.hosts,
    "coinbase": coinbase.hosts,
}
_PERPETUALS, _COIN_MARGINED = "fstream.binance.com", "dstream.binance.com"
_FILES = (BUCKET, "s3-ap-northeast-1.amazonaws.com")
_BUCKET_PATHS = ("/klines", "/exchangeInfo")


class Exchanges(ABC):
    """All four exchanges.

    Attributes:
        clock: their time.
        origin: what their data are marked with, `real` or `simulator:<seed>`.
    """

    clock: SimulatorClock
    origin: str

    def hosts(self, rules: Rules, faults: FaultBook) -> list[Host]:
        """Every host, in the order of their names' list."""
        logics: dict[str, Logic] = {}
        for venue in VENUES:
            skew = partial(faults.skew, venue)
            view = SkewedClock(self.clock, skew, lambda: faults.changes)
            logics |= self._logics(venue, view, rules)
        return [Host(name, logics[name], faults, rules) for name in HOSTS if name in logics]

    @abstractmethod
    def _logics(self, venue: Venue, clock: SimulatorClock, rules: Rules) -> dict[str, Logic]:
        """What each host of one exchange answers and says."""

    def restated(self, start: datetime, end: datetime) -> list[dict[str, object]]:
        """The bars of [start, end) that a daily file has otherwise than everything else."""
        return []


class Synthetic(Exchanges):
    """The synthetic market on all exchanges.

    Args:
        seed: of the market.
        clock: its time.
    """

    def __init__(self, seed: int, clock: SimulatorClock) -> None:
        self.market, self.clock = SyntheticMarket(seed), clock
        self.origin = self.market.origin

    def _logics(self, venue: Venue, clock: SimulatorClock, rules: Rules) -> dict[str, Logic]:
        return _hosts_of(venue, self.market, clock, rules, None)

    def restated(self, start: datetime, end: datetime) -> list[dict[str, object]]:
        """The bars of [start, end) that a daily file has otherwise than everything else."""
        return restated_bars(self.market, start, end)


class Replayed(Exchanges):
    """Recordings on all exchanges, and nothing made up.

    Args:
        recorded: what a folder holds.
        folder: that folder.
        clock: the time, its own where it waits for its readers.
    """

    origin = "real"

    def __init__(self, recorded: Recorded, folder: Path, clock: SimulatorClock) -> None:
        self.clock = clock
        self._recorded, self._folder = recorded, folder
        self._unused = SyntheticMarket(seed=0)
        self._answers = recorded.answers()
        self._pace = clock if isinstance(clock, ReplayClock) else None

    def _logics(self, venue: Venue, clock: SimulatorClock, rules: Rules) -> dict[str, Logic]:
        feeds = self._recorded.feeds(venue, self._pace)
        logics = _hosts_of(venue, self._unused, clock, rules, feeds)
        if venue == "binance":
            logics[_COIN_MARGINED] = logics[_PERPETUALS]
        bucket = self._recorded.bucket if venue == "binance" else None
        if bucket is not None:
            logics |= binance.bucket_hosts(bucket, Recordings(self._folder), clock, rules)
        serves = keeps_time if bucket is None else _in_bucket
        return {
            name: logic
            if name in _FILES
            else recorded_host(name, logic, self._answers, clock, serves)
            for name, logic in logics.items()
            if name not in _FILES or bucket is not None
        }


def synthetic(seed: int, now: datetime | None, speed: float) -> Synthetic:
    """The exchanges over a synthetic market.

    Args:
        seed: of the market.
        now: where the clock starts; None is the machine's time.
        speed: simulated seconds in a real one.
    """
    return Synthetic(seed, SimulatorClock(now, speed))


@contextmanager
def replayed(folder: Path, now: datetime | None, speed: float, *, fast: bool) -> Iterator[Replayed]:
    """The exchanges over recordings, whose files are open while the context is.

    Args:
        folder: holds the archive bucket, captures, or both.
        now: where the clock starts; None is the first captured frame's time if captures alone are
            there or `fast` is asked for, and then it awaits the first subscription; else the
            machine's.
        speed: simulated seconds in a real one.
        fast: whether captures go as fast as their readers.

    Raises:
        UsageError: the folder holds neither.
        RecordingError: a line of a capture is malformed.
    """
    with open_recordings(folder) as recorded:
        yield Replayed(recorded, folder, _replay_clock(recorded, now, speed, fast=fast))


def _replay_clock(
    recorded: Recorded, now: datetime | None, speed: float, *, fast: bool
) -> SimulatorClock:
    if now is not None or (recorded.bucket is not None and not fast):
        return ReaderPacedClock(now, speed) if fast else SimulatorClock(now, speed)
    kind = ReaderPacedClock if fast else AwaitingClock
    return kind(recorded.start, speed)


def _hosts_of(
    venue: Venue,
    market: SyntheticMarket,
    clock: SimulatorClock,
    rules: Rules,
    feeds: FeedSource | None,
) -> dict[str, Logic]:
    return dict(_ROOMS[venue](market, clock, rules, feeds))


def _in_bucket(path: str) -> bool:
    return keeps_time(path) or path.endswith(_BUCKET_PATHS)
