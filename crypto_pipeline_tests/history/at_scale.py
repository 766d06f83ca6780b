"""Many symbols of all four exchanges, loaded over REST by four processes at once.

    python -m crypto_pipeline_tests.history.at_scale      (a Share as JSON on standard input)

Each process has a quarter of the symbols of every exchange and a home for each exchange, so that
the four share every limit and nothing else. What belongs here: handing out, one process, what it
tells. What does not: what a test expects, or how fast it should be.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Instrument, InstrumentType, parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.loads import Load
from crypto_pipeline.history.reports import SeriesReport
from crypto_pipeline.lake.session import prepare_lake
from crypto_pipeline.settings import load_settings
from crypto_pipeline.simulator.market.coins import listings
from crypto_pipeline.simulator.market.listings import VENUES, Venue
from crypto_pipeline_tests.history.fault_matrix import ARCHIVES
from crypto_pipeline_tests.simulated import SimulatorProcess

PROCESSES = 4
START, DAYS = datetime.fromisoformat("2025-02-06T00:00:00+00:00"), 3
NOW = datetime.fromisoformat("2025-02-10T12:34:30+00:00")
BARS = DAYS * 1440


@dataclass(frozen=True)
class Share:
    """What one process loads.

    Attributes:
        home: its folder.
        simulator: the control address.
        symbols: by exchange.
    """

    home: str
    simulator: str
    symbols: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Told:
    """What became of one series."""

    series: str
    kind: str
    expected: int
    present: int
    explained: int
    error: str | None


@dataclass(frozen=True)
class Done:
    """What one process did.

    Attributes:
        series: all of its series.
        seconds: how long the load of each exchange took.
    """

    series: Sequence[Told]
    seconds: Mapping[str, float]


def symbols_of(exchange: Venue, count: int) -> list[str]:
    """So many symbols that trade: pairs and perpetuals in turn, as far as there are perpetuals."""
    at = int(NOW.timestamp() * 1000)
    pairs, perps = (
        [f"{one.base}/{one.quote}" for one in listings(exchange, kind) if one.trading(at)]
        for kind in (InstrumentType.SPOT, InstrumentType.PERP)
    )
    half = min(count // 2, len(perps))
    return [*pairs[: count - half], *(f"{perp}:{perp.partition('/')[2]}" for perp in perps[:half])]


def only_rest(market: SimulatorProcess) -> None:
    """Leave the archives empty, so that REST has to give everything."""
    market.post_faults([{"host": host, "kind": "missing"} for host in ARCHIVES.values()])
    market.set_clock(NOW.isoformat())


def load_at_once(
    simulator: str, folder: Path, symbols: Mapping[str, Sequence[str]], *, wait: float
) -> list[Done]:
    """Let PROCESSES processes load all symbols, each its share, sharing limits and nothing else.

    Args:
        simulator: the control address.
        folder: for their homes, and for the limits that they share.
        symbols: by exchange.
        wait: seconds that each may take.
    """
    (folder / "limits").mkdir()
    with ExitStack() as stack:
        processes = [_started(stack, folder, turn) for turn in range(PROCESSES)]
        for turn, process in enumerate(processes):
            mine = {name: found[turn::PROCESSES] for name, found in symbols.items()}
            share = Share(str(folder / f"{turn}"), simulator, mine)
            assert process.stdin is not None
            process.stdin.write(json.dumps(asdict(share)))
            process.stdin.close()
        until = time.monotonic() + wait
        return [_done(process, until) for process in processes]


def _started(stack: ExitStack, folder: Path, turn: int) -> subprocess.Popen[str]:
    """One process, which is ended when the stack is."""
    log = stack.enter_context((folder / f"{turn}.log").open("w"))
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    stack.callback(_ended, process)
    return process


def _ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _done(process: subprocess.Popen[str], until: float) -> Done:
    process.stdin = None
    said, _ = process.communicate(timeout=max(1.0, until - time.monotonic()))
    if process.returncode != 0:
        raise RuntimeError(f"a loading process ended with {process.returncode}; see its log")
    found = json.loads(said.splitlines()[-1])
    return Done([Told(**one) for one in found["series"]], found["seconds"])


def series_of(instrument: Instrument) -> list[Series]:
    """Bars of a minute, and funding of a perpetual."""
    bars = Series(instrument, Interval.M1)
    if instrument.instrument_type is InstrumentType.PERP:
        return [bars, Series(instrument, kind=Kind.FUNDING)]
    return [bars]


async def _load(share: Share, exchange: str) -> tuple[list[SeriesReport], float]:
    """One exchange's part, into a home of its own."""
    home = Path(share.home) / exchange
    prepare_lake(home)
    limits = home.parents[1] / "limits"
    settings = load_settings(home=home, simulator_url=share.simulator, limits_folder=limits)
    venue = find_sources(settings).venue(exchange)
    serieses = [
        series
        for symbol in share.symbols[exchange]
        for series in series_of(parse_symbol(exchange, symbol))
    ]
    reports: list[SeriesReport] = []
    begun = time.monotonic()
    span = Span(START, START + timedelta(days=DAYS))
    await Load(home, venue, serieses, span, now=NOW).run(reports.append)
    return reports, time.monotonic() - begun


async def _load_all(share: Share) -> Done:
    exchanges = list(share.symbols)
    done = await asyncio.gather(*(_load(share, exchange) for exchange in exchanges))
    told = [_told(report) for reports, _ in done for report in reports]
    return Done(told, {name: took for name, (_, took) in zip(exchanges, done, strict=True)})


def _told(report: SeriesReport) -> Told:
    series = report.series
    counts = report.expected, report.present, report.explained
    return Told(str(series), series.kind.value, *counts, report.error)


EXCHANGES: Sequence[Venue] = VENUES

if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_load_all(Share(**json.load(sys.stdin)))))), flush=True)
