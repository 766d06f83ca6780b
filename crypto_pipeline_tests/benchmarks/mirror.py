"""A lean server of one archive on loopback, in its own process, so that it is never the bottleneck.

What belongs here: the bucket as static files, and the three REST answers without which a foreign
client does not start. What does not: faults, clocks, other venues (`crypto_pipeline/simulator/`).
Run by `serving()`; as a program it prints its port and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

START_WAIT = 30.0
"""Seconds that the server gets to come up, and to go down."""


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """The base URL of a mirror of `root`, alive for the length of the block.

    Raises:
        RuntimeError: the server ended before it said where it listens.
    """
    command = [sys.executable, "-m", __name__, str(root)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield _first_line(process)
        finally:
            _stop(process)


def _first_line(process: subprocess.Popen[str]) -> str:
    if process.stdout is None or not (line := process.stdout.readline().strip()):
        raise RuntimeError(f"the mirror did not start: exit code {process.wait(START_WAIT)}")
    return line


def _stop(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(START_WAIT)
    except subprocess.TimeoutExpired:
        process.kill()


async def serve(root: Path) -> None:
    """Serve until standard input ends, so that a parent that dies takes its server along."""
    runner = web.AppRunner(application(root), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def application(root: Path) -> web.Application:
    """The bucket under `/data`, Binance's `time`, `exchangeInfo`, `klines` under `/api/v3`."""
    app = web.Application()
    app.router.add_get("/data/{path:.+}", _archive_file)
    app.router.add_get("/api/v3/time", _time)
    app.router.add_get("/api/v3/exchangeInfo", _exchange_info)
    app.router.add_get("/api/v3/klines", _klines)
    app[ROOT] = root.resolve()
    return app


ROOT = web.AppKey("root", Path)


async def _archive_file(request: web.Request) -> web.Response:
    path = (request.app[ROOT] / "data" / request.match_info["path"]).resolve()
    if not path.is_relative_to(request.app[ROOT]) or not path.is_file():
        return web.Response(status=404)
    return web.Response(body=path.read_bytes(), content_type="application/zip")


async def _time(request: web.Request) -> web.Response:
    return web.json_response({"serverTime": time.time_ns() // 1_000_000})


async def _klines(request: web.Request) -> web.Response:
    """Nothing: every bar lies in the archive."""
    return web.json_response([])


async def _exchange_info(request: web.Request) -> web.Response:
    folders = (request.app[ROOT] / "data" / "spot" / "daily").glob("*/*USDT")
    names = sorted({path.name.removesuffix("USDT") for path in folders})
    symbols = [_symbol(name) for name in names]
    answer = {"timezone": "UTC", "serverTime": time.time_ns() // 1_000_000}
    return web.json_response(answer | {"rateLimits": [], "exchangeFilters": [], "symbols": symbols})


def _symbol(coin: str) -> dict[str, object]:
    tick = {"minPrice": "0.01", "maxPrice": "1000000.00", "tickSize": "0.01"}
    lot = {"minQty": "0.00001", "maxQty": "9000.0", "stepSize": "0.00001"}
    return {
        "symbol": f"{coin}USDT",
        "status": "TRADING",
        "baseAsset": coin,
        "quoteAsset": "USDT",
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {"filterType": "PRICE_FILTER", **tick},
            {"filterType": "LOT_SIZE", **lot},
            {"filterType": "NOTIONAL", "minNotional": "5.0", "applyMinToMarket": True},
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
