"""Start the simulator: all hosts and the control API on 127.0.0.1.

What belongs here: options, ports, start and end. What does not: any answer.
"""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count, repeat
from pathlib import Path

from aiohttp import web

from crypto_pipeline.errors import FaultRuleError, PortBusyError, UsageError
from crypto_pipeline.simulator.binance.archive import Archive, RecordedArchive, SyntheticArchive
from crypto_pipeline.simulator.binance.rest import PERP, SPOT, BinanceRest
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.control import Control
from crypto_pipeline.simulator.market.bars import KlineSource
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.recordings.bucket import BUCKET, Recordings
from crypto_pipeline.simulator.wire.answers import HostLogic
from crypto_pipeline.simulator.wire.faults import HOSTS, FaultBook, parse_rules
from crypto_pipeline.simulator.wire.host import ArchiveLogic, Host

LOOPBACK = "127.0.0.1"
_GRACE = 1.0  # seconds that open requests get at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorOptions:
    """What to simulate.

    Attributes:
        recordings: a folder that holds `data.binance.vision/`, served in place of the synthetic
            market; None for the synthetic one.
        seed: of the synthetic market.
        port: of the control API, the hosts taking the next ones; 0 takes free ports for all.
        faults: a JSON file of fault rules in force from the start.
        speed: simulated seconds in a real one; 0 stands.
        now: simulated instant at the start, aware and in UTC; None is the machine's time.
    """

    recordings: Path | None = None
    seed: int = 7
    port: int = 0
    faults: Path | None = None
    speed: float = 1.0
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class SimulatorAddress:
    """Where a running simulator is reached.

    Attributes:
        url: base URL of the control API.
        endpoints: base URL by production host.
        origin: `real` or `simulator:<seed>`.
    """

    url: str
    endpoints: dict[str, str]
    origin: str


@asynccontextmanager
async def running(options: SimulatorOptions) -> AsyncIterator[SimulatorAddress]:
    """Serve while the context is open.

    Raises:
        UsageError: the recordings or fault file are not there or not valid.
        PortBusyError: a port is taken.
    """
    clock, faults = SimulatorClock(options.now, options.speed), FaultBook()
    if options.faults is not None:
        faults.replace(parse_rules(_fault_text(options.faults), str(options.faults)))
    source, archive = _sources(options, clock)
    hosts = _hosts(source, archive, clock, faults)
    ports = repeat(0) if options.port == 0 else count(options.port)
    async with AsyncExitStack() as stack:
        control_port = next(ports)
        endpoints: dict[str, str] = {}
        control = Control(
            origin=source.origin, clock=clock, faults=faults, hosts=hosts, endpoints=endpoints
        )
        url = await _listen(
            stack, web.AppRunner(control.application(), shutdown_timeout=_GRACE), control_port
        )
        endpoints.update(await _listen_all(stack, hosts, ports))
        yield SimulatorAddress(url, endpoints, source.origin)


def run(options: SimulatorOptions) -> None:
    """Serve until SIGINT or SIGTERM; the control API's URL is the first line on stdout.

    Raises:
        UsageError: as `running`.
    """
    asyncio.run(_run(options))


async def _run(options: SimulatorOptions) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with running(options) as address:
        sys.stdout.write(f"{address.url}\n")
        for host, url in address.endpoints.items():
            sys.stdout.write(f"  {host:<26} {url}\n")
        sys.stdout.write(f"  origin {address.origin}; Ctrl-C ends\n")
        sys.stdout.flush()
        await ended.wait()


def _sources(options: SimulatorOptions, clock: SimulatorClock) -> tuple[KlineSource, Archive]:
    if options.recordings is None:
        market = SyntheticMarket(options.seed)
        return market, SyntheticArchive(market, clock)
    bucket = options.recordings / BUCKET
    if not (bucket / "data").is_dir():
        raise UsageError(
            f"recordings {options.recordings} has no {BUCKET}/data; give the folder that holds "
            f"{BUCKET}, laid out as the real bucket"
        )
    return Recordings(options.recordings), RecordedArchive(bucket)


def _hosts(
    source: KlineSource, archive: Archive, clock: SimulatorClock, faults: FaultBook
) -> list[Host]:
    logics: tuple[HostLogic, ...] = (
        BinanceRest(SPOT, source, clock),
        BinanceRest(SPOT, source, clock),
        BinanceRest(PERP, source, clock),
        ArchiveLogic(archive),
    )
    return [Host(name, logic, faults) for name, logic in zip(HOSTS, logics, strict=True)]


async def _listen_all(
    stack: AsyncExitStack, hosts: list[Host], ports: Iterator[int]
) -> dict[str, str]:
    return {
        host.name: await _listen(
            stack, web.ServerRunner(host.server(), shutdown_timeout=_GRACE), next(ports)
        )
        for host in hosts
    }


async def _listen(stack: AsyncExitStack, runner: web.BaseRunner, port: int) -> str:
    """Serve on a port of the loopback until the stack ends; the base URL."""
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, LOOPBACK, port)
    try:
        await site.start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortBusyError(port) from error
    return f"http://{LOOPBACK}:{runner.addresses[0][1]}"


def _fault_text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FaultRuleError(str(path), f"it cannot be read ({error.strerror})") from error
