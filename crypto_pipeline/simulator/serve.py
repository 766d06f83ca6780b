"""Start the simulator: all hosts and the control API on 127.0.0.1.

What belongs here: options, ports, start and end. What does not: any answer.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count, repeat
from pathlib import Path
from typing import Literal

from aiohttp import web

from crypto_pipeline.errors import PortBusyError, UsageError
from crypto_pipeline.simulator.control import Control
from crypto_pipeline.simulator.control_values import (
    read_hurry,
    read_instant,
    read_port,
    read_speed,
)
from crypto_pipeline.simulator.errors import FaultRuleError
from crypto_pipeline.simulator.exchanges import Exchanges, replayed, synthetic
from crypto_pipeline.simulator.wire.doors import GRACE, LOOPBACK, Doors
from crypto_pipeline.simulator.wire.faults import FaultBook, parse_rules
from crypto_pipeline.simulator.wire.rules import Rules

_WORKER = "slow answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorOptions:
    """What to simulate.

    Attributes:
        recordings: a folder of recorded data (`data.binance.vision/`, captures, or both), served
            in place of the synthetic market; None for the synthetic one.
        replay_speed: whether captures follow the clock, or go as fast as their readers.
        seed: of the synthetic market.
        port: of the control API, the hosts taking the next ones; 0 takes free ports for all.
        faults: a JSON file of fault rules in force from the start.
        speed: simulated seconds in a real one; 0 stands.
        now: simulated instant at the start, aware and in UTC; None is the machine's time, or the
            first captured frame's.
        limits: whether rate limits, subscription limits and deadlines are enforced.
        hurry: seconds of pings, deadlines and limit windows in a real one.
        firehose: whether trades are poured as fast as their readers take them.
    """

    recordings: Path | None = None
    replay_speed: Literal["clock", "fast"] = "clock"
    seed: int = 7
    port: int = 0
    faults: Path | None = None
    speed: float = 1.0
    now: datetime | None = None
    limits: bool = True
    hurry: float = 1.0
    firehose: bool = False


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
        UsageError: an option is not valid; the recordings or fault file are not there or wrong.
        PortBusyError: a port is taken.
    """
    _check(options)
    rules = Rules(limits=options.limits, hurry=options.hurry, firehose=options.firehose)
    async with AsyncExitStack() as stack:
        exchanges = _exchanges(options, stack)
        faults = FaultBook(exchanges.clock)
        if options.faults is not None:
            faults.replace(parse_rules(_fault_text(options.faults), str(options.faults)))
        hosts = exchanges.hosts(rules, faults)
        ports = repeat(0) if options.port == 0 else count(options.port)
        control_port = next(ports)
        doors = Doors(hosts, faults, ports)
        control = Control(
            origin=exchanges.origin,
            clock=exchanges.clock,
            rules=rules,
            faults=faults,
            hosts=hosts,
            doors=doors,
            restated=exchanges.restated,
        )
        url = await _listen(stack, control, control_port)
        stack.push_async_callback(doors.close)
        control.endpoints.update(await doors.open())
        await doors.obey()
        stack.push_async_callback(_cancelled, asyncio.create_task(doors.watch()))
        yield SimulatorAddress(url, control.endpoints, exchanges.origin)


def run(options: SimulatorOptions) -> None:
    """Serve until SIGINT or SIGTERM; the control API's URL is the first line on stdout.

    What is still computed then for a client, a month's file say, is not waited for.

    Raises:
        UsageError: as `running`.
    """
    asyncio.run(_run(options))


async def _run(options: SimulatorOptions) -> None:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    workers = ThreadPoolExecutor(thread_name_prefix=_WORKER)
    loop.set_default_executor(workers)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with running(options) as address:
        sys.stdout.write(f"{address.url}\n")
        for host, url in address.endpoints.items():
            sys.stdout.write(f"  {host:<31} {url}\n")
        sys.stdout.write(f"  origin {address.origin}; Ctrl-C ends\n")
        sys.stdout.flush()
        await ended.wait()
    workers.shutdown(wait=False, cancel_futures=True)
    if _busy():
        os._exit(0)  # Python itself waits for a thread at the end, however long it takes


def _busy() -> bool:
    """Whether a thread of slow answers goes on, all of them having had a moment to end."""
    workers = [each for each in threading.enumerate() if each.name.startswith(_WORKER)]
    for worker in workers:
        worker.join(GRACE / len(workers))
    return any(worker.is_alive() for worker in workers)


def _check(options: SimulatorOptions) -> None:
    read_port(options.port)
    read_speed(options.speed)
    read_hurry(options.hurry)
    read_instant(options.now)
    if options.replay_speed == "fast" and options.recordings is None:
        raise UsageError("replay speed fast is for recordings; give a folder of them as well")


def _exchanges(options: SimulatorOptions, stack: AsyncExitStack) -> Exchanges:
    if options.recordings is None:
        return synthetic(options.seed, options.now, options.speed)
    return stack.enter_context(
        replayed(
            options.recordings,
            options.now,
            options.speed,
            fast=options.replay_speed == "fast",
        )
    )


async def _listen(stack: AsyncExitStack, control: Control, port: int) -> str:
    """Serve the control API until the stack ends; its base URL."""
    runner = web.AppRunner(control.application(), shutdown_timeout=GRACE)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortBusyError(port) from error
    return f"http://{LOOPBACK}:{runner.addresses[0][1]}"


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _fault_text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FaultRuleError(str(path), f"it cannot be read ({error.strerror})") from error
