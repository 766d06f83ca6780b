"""The control API: how a person, a test or `CRYPTO_SIMULATOR_URL` steers a running simulator.

What belongs here: `/endpoints`, `/ca`, `/counters`, `/clock`, `/rules`, `/faults`,
`/restatements`, `/origin`. What does not: the hosts themselves, and reading values
(`control_values.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from crypto_pipeline.domain.klines import microseconds
from crypto_pipeline.errors import UsageError
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.control_values import (
    RULE_NAMES,
    change_rules,
    read_instant,
    read_object,
    read_span,
    read_speed,
)
from crypto_pipeline.simulator.wire.doors import Doors
from crypto_pipeline.simulator.wire.faults import FaultBook, parse_rules
from crypto_pipeline.simulator.wire.host import Host
from crypto_pipeline.simulator.wire.rules import Rules

Restated = Callable[[datetime, datetime], list[dict[str, object]]]
"""The restatements of a stretch, start inclusive, end exclusive, as JSON objects."""

_READ = {
    "/endpoints": "endpoints",
    "/origin": "origin",
    "/ca": "authority",
    "/counters": "counters",
    "/clock": "clock",
    "/rules": "rules",
    "/faults": "faults",
    "/restatements": "restatements",
}


class Control:
    """The handlers of the control API.

    Args:
        origin: `real` or `simulator:<seed>`.
        clock: the simulator's.
        rules: limits and the pace of their clocks.
        faults: the fault rules in force.
        hosts: every host that is served.
        doors: where they listen.
        restated: tells the restatements.

    Attributes:
        endpoints: base URL by production host; to be filled when the doors are open.
    """

    def __init__(
        self,
        *,
        origin: str,
        clock: SimulatorClock,
        rules: Rules,
        faults: FaultBook,
        hosts: list[Host],
        doors: Doors,
        restated: Restated,
    ) -> None:
        self.origin, self.clock, self.rules, self.faults = origin, clock, rules, faults
        self.hosts, self.doors, self.restated = hosts, doors, restated
        self.endpoints: dict[str, str] = {}

    def application(self) -> web.Application:
        """The API as a web application."""
        application = web.Application(middlewares=[_errors_as_json])
        application.add_routes(
            [web.get(path, getattr(self, f"get_{name}")) for path, name in _READ.items()]
        )
        application.add_routes(
            [
                web.post("/clock", self.post_clock),
                web.post("/rules", self.post_rules),
                web.post("/faults", self.post_faults),
                web.delete("/faults", self.delete_faults),
            ]
        )
        return application

    async def get_endpoints(self, request: web.Request) -> web.Response:
        """Base URL by production host; `?tls=1` gives the TLS twins and opens them first."""
        if request.query.get("tls", "0") == "0":
            return web.json_response(self.endpoints)
        return web.json_response(await self.doors.open_twins())

    async def get_origin(self, _: web.Request) -> web.Response:
        """What the data are marked with."""
        return web.json_response({"origin": self.origin})

    async def get_authority(self, _: web.Request) -> web.Response:
        """The certificate of who signs for the TLS twins, as PEM."""
        pem = self.doors.authority().pem()
        return web.Response(body=pem, content_type="application/x-pem-file")

    async def get_counters(self, _: web.Request) -> web.Response:
        """What each host saw."""
        return web.json_response({host.name: asdict(host.counters) for host in self.hosts})

    async def get_clock(self, _: web.Request) -> web.Response:
        """The simulated instant and its speed."""
        now = self.clock.now()
        text = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        document = {"now": text, "epoch_us": microseconds(now), "speed": self.clock.speed}
        return web.json_response(document)

    async def post_clock(self, request: web.Request) -> web.Response:
        """Set the instant, the speed, or both."""
        wanted = read_object(await request.read(), ("now", "speed"))
        speed = read_speed(wanted.get("speed", self.clock.speed))
        now = read_instant(wanted["now"]) if "now" in wanted else self.clock.now()
        self.clock.set(now, speed)
        return await self.get_clock(request)

    async def get_rules(self, _: web.Request) -> web.Response:
        """Limits, and the pace of their clocks."""
        return web.json_response({name: getattr(self.rules, name) for name in RULE_NAMES})

    async def post_rules(self, request: web.Request) -> web.Response:
        """Change some of them."""
        change_rules(self.rules, read_object(await request.read(), RULE_NAMES))
        return await self.get_rules(request)

    async def get_faults(self, _: web.Request) -> web.Response:
        """The fault rules in force, with how often each met and struck."""
        return web.json_response([live.described() for live in self.faults.rules])

    async def post_faults(self, request: web.Request) -> web.Response:
        """Put these fault rules in place of all others."""
        self.faults.replace(parse_rules(await request.read(), "the body of POST /faults"))
        await self.doors.obey()
        return await self.get_faults(request)

    async def delete_faults(self, request: web.Request) -> web.Response:
        """End all faults."""
        self.faults.replace([])
        await self.doors.obey()
        return await self.get_faults(request)

    async def get_restatements(self, request: web.Request) -> web.Response:
        """The bars of [start, end) that a daily file has otherwise than REST and the month."""
        start, end = read_span(request.query)
        return web.json_response(await asyncio.to_thread(self.restated, start, end))


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except UsageError as error:
        return web.json_response({"error": str(error)}, status=400)
    except web.HTTPNotFound:
        message = f"no such path: {request.path}; valid are {' '.join(_READ)}"
        return web.json_response({"error": message}, status=404)
    except web.HTTPMethodNotAllowed as error:
        valid = " ".join(sorted(error.allowed_methods))
        message = f"{request.path} does not know {request.method}; valid are {valid}"
        return web.json_response({"error": message}, status=405, headers={"Allow": valid})
    except web.HTTPRequestEntityTooLarge as error:
        return web.json_response({"error": error.text}, status=413)
