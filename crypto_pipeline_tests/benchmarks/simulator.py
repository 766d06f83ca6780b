"""The simulator's own speed: making the market, pushing frames, answering klines, starting.

What belongs here: the goals and the measurements. What does not: the clients that count
(`simulator_clients.py`).

The server has a core of its own where the system lets a process choose one, the client another.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, ONE_MINUTE
from crypto_pipeline_tests.benchmarks.figures import Figure

LIQUID_GOAL, ILLIQUID_GOAL, BARS_GOAL = 1.0, 0.05, 0.05
FRAMES_GOAL, REQUESTS_GOAL, START_GOAL = 1_000_000, 2_000, 2.0
ILLIQUID_TRADES = 20_000
"""Trades of a day that the illiquid goal is about, more or less."""
REPETITIONS = 5
COUNTED_SECONDS = 3.0
CONNECTIONS = 8
CLIENT_WAIT = 60.0
KLINE_ROWS = 500

_SEEDS = count(1)
_DAY = 20_000 * DAY
"""2024-10-04, ms since the epoch."""
_SERVE = (
    "import os, sys; from crypto_pipeline.simulator.serve import SimulatorOptions, run; "
    "{pin}run(SimulatorOptions(limits=False, firehose=True))"
)
_PIN = "os.sched_setaffinity(0, {{{core}}}); "


def run() -> list[Figure]:
    """Measure everything; medians of five where it is short.

    Raises:
        RuntimeError: the simulator did not start, or a client failed.
    """
    with _server() as endpoints:
        frames = _counted(
            kind="frames",
            **_address(endpoints["stream.binance.com:9443"]),
            path="/ws/btcusdt@trade",
            subscription='{"method":"LIST_SUBSCRIPTIONS","id":1}',
            seconds=COUNTED_SECONDS,
        )
        old, newest = (
            _answers(endpoints, targets) for targets in (_old_klines(), _newest_klines())
        )
    return [
        *_market_figures(),
        _figure("trades pushed to one websocket", frames, "frames/s", FRAMES_GOAL),
        _figure(f"{KLINE_ROWS} klines a request, one core", old, "requests/s", REQUESTS_GOAL),
        _figure(f"newest {KLINE_ROWS} klines a request", newest, "requests/s", REQUESTS_GOAL),
        _seconds("start to first answer", _median(_start_to_answer), START_GOAL),
    ]


def _market_figures() -> list[Figure]:
    liquid, illiquid = _listings()
    many, few = (_trades_of(listing)[0] for listing in (liquid, illiquid))
    return [
        _seconds(f"a day of {many:,} trades", _median(lambda: _trades_of(liquid)[1]), LIQUID_GOAL),
        _seconds(
            f"a day of {few:,} trades", _median(lambda: _trades_of(illiquid)[1]), ILLIQUID_GOAL
        ),
        _seconds("1m bars of its day", _median(lambda: _bars_of(liquid)), BARS_GOAL),
        _seconds("1m bars of its day, illiquid", _median(lambda: _bars_of(illiquid)), BARS_GOAL),
    ]


def _listings() -> tuple[Listing, Listing]:
    """The first listing, and the one that trades most nearly as often as the goal says."""
    market = SyntheticMarket(seed=1)
    listings = market.listings("binance", InstrumentType.SPOT)
    trading = [each for each in listings if each.trading(_DAY) and each.trading(_DAY + DAY)]
    counts = {each: abs(_ids(market, each) - ILLIQUID_TRADES) for each in trading}
    return trading[0], min(counts, key=lambda each: counts[each])


def _ids(market: SyntheticMarket, listing: Listing) -> int:
    last, before = (market.last_id(listing, at * 1000) for at in (_DAY + DAY, _DAY))
    return last - before


def _trades_of(listing: Listing) -> tuple[int, float]:
    """How many trades a day has, and the seconds that a new market takes to make them."""
    market, start = SyntheticMarket(next(_SEEDS)), time.perf_counter()
    trades = market.trades(listing, _DAY * 1000, (_DAY + DAY) * 1000)
    return len(trades), time.perf_counter() - start


def _bars_of(listing: Listing) -> float:
    market, start = SyntheticMarket(next(_SEEDS)), time.perf_counter()
    bars = market.bars(listing, ONE_MINUTE, _DAY, _DAY + DAY, (_DAY + 2 * DAY) * 1000)
    if len(bars) != DAY // ONE_MINUTE.step:
        raise RuntimeError(f"{listing.symbol} has {len(bars)} bars in a day")
    return time.perf_counter() - start


def _answers(endpoints: dict[str, str], targets: list[str]) -> float:
    return _counted(
        kind="answers",
        **_address(endpoints["api.binance.com"]),
        targets=targets,
        connections=CONNECTIONS,
        seconds=COUNTED_SECONDS,
    )


def _old_klines() -> list[str]:
    """Requests from two instants of a day long past."""
    starts = (_DAY, _DAY + DAY // 2)
    return [f"{target}&startTime={start}" for target in _newest_klines() for start in starts]


def _newest_klines() -> list[str]:
    """Requests that end with the running bar."""
    return [
        f"/api/v3/klines?symbol={symbol}&interval=1m&limit={KLINE_ROWS}"
        for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")
    ]


def _start_to_answer() -> float:
    """Seconds from starting the command to an exchange's first answer."""
    start = time.perf_counter()
    with _server(("-m", "crypto_pipeline.cli", "simulate", "--port", "0")) as endpoints:
        parts = urlsplit(endpoints["api.binance.com"])
        connection = HTTPConnection(parts.netloc, timeout=CLIENT_WAIT)
        connection.request("GET", "/api/v3/time")
        if connection.getresponse().status != 200:
            raise RuntimeError("the simulator started and did not tell the time")
        connection.close()
        return time.perf_counter() - start


@contextmanager
def _server(arguments: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """A simulator in a process of its own, on the first core; its endpoints."""
    pin = _PIN.format(core=_cores()[0]) if _cores() else ""
    command = [sys.executable, *(arguments or ("-c", _SERVE.format(pin=pin)))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip() if process.stdout is not None else ""
        if not url.startswith("http"):
            raise RuntimeError("the simulator did not start")
        connection = HTTPConnection(urlsplit(url).netloc, timeout=CLIENT_WAIT)
        connection.request("GET", "/endpoints")
        yield json.loads(connection.getresponse().read())
        connection.close()
    finally:
        process.terminate()
        process.communicate(timeout=CLIENT_WAIT)


def _counted(**arguments: Any) -> float:
    """The rate that a client process counts, on the last core."""
    module = "crypto_pipeline_tests.benchmarks.simulator_clients"
    core = {"core": _cores()[-1]} if len(_cores()) > 1 else {}
    command = [sys.executable, "-m", module, json.dumps(arguments | core)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CLIENT_WAIT, check=False)
    if done.returncode:
        raise RuntimeError(f"the client failed: {done.stderr[-2000:]}")
    return float(json.loads(done.stdout.splitlines()[-1])["rate"])


def _cores() -> list[int]:
    """The cores that this process may use, empty where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def _address(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    return {"host": parts.hostname, "port": parts.port}


def _median(measure: Callable[[], float]) -> float:
    return median(measure() for _ in range(REPETITIONS))


def _seconds(name: str, value: float, goal: float) -> Figure:
    return Figure("simulator", name, value, "s", goal, at_most=True)


def _figure(name: str, value: float, unit: str, goal: float) -> Figure:
    return Figure("simulator", name, value, unit, goal)
