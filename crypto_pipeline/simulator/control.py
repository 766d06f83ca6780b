"""The control API: how a person, a test or `CRYPTO_SIMULATOR_URL` steers a running simulator.

What belongs here: `/endpoints`, `/counters`, `/clock`, `/faults`, `/origin`. What does not: the
hosts themselves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from crypto_pipeline.domain.klines import microseconds
from crypto_pipeline.errors import UsageError
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.wire.faults import FaultBook, parse_rules
from crypto_pipeline.simulator.wire.host import Host

MOST_SPEED = 100_000.0


class Control:
    """The handlers of the control API.

    Args:
        origin: `real` or `simulator:<seed>`.
        clock: the simulator's.
        faults: the rules in force.
        hosts: every host that is served.
        endpoints: base URL by production host.
    """

    def __init__(
        self,
        *,
        origin: str,
        clock: SimulatorClock,
        faults: FaultBook,
        hosts: list[Host],
        endpoints: Mapping[str, str],
    ) -> None:
        self.origin, self.clock, self.faults = origin, clock, faults
        self.hosts, self.endpoints = hosts, endpoints

    def application(self) -> web.Application:
        """The API as a web application."""
        application = web.Application(middlewares=[_errors_as_json])
        application.add_routes(
            [
                web.get("/endpoints", self._get_endpoints),
                web.get("/origin", self._get_origin),
                web.get("/counters", self._get_counters),
                web.get("/clock", self._get_clock),
                web.post("/clock", self._post_clock),
                web.get("/faults", self._get_faults),
                web.post("/faults", self._post_faults),
                web.delete("/faults", self._delete_faults),
            ]
        )
        return application

    async def _get_endpoints(self, request: web.Request) -> web.Response:
        if request.query.get("tls", "0") != "0":
            message = "TLS twins are not offered; ask /endpoints without tls for http URLs"
            return web.json_response({"error": message}, status=501)
        return web.json_response(dict(self.endpoints))

    async def _get_origin(self, _: web.Request) -> web.Response:
        return web.json_response({"origin": self.origin})

    async def _get_counters(self, _: web.Request) -> web.Response:
        return web.json_response({host.name: asdict(host.counters) for host in self.hosts})

    async def _get_clock(self, _: web.Request) -> web.Response:
        now = self.clock.now()
        text = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        document = {"now": text, "epoch_us": microseconds(now), "speed": self.clock.speed}
        return web.json_response(document)

    async def _post_clock(self, request: web.Request) -> web.Response:
        wanted = _read_object(await request.text(), ("now", "speed"))
        speed = _read_speed(wanted.get("speed", self.clock.speed))
        now = _read_instant(wanted["now"]) if "now" in wanted else self.clock.now()
        self.clock.set(now, speed)
        return await self._get_clock(request)

    async def _get_faults(self, _: web.Request) -> web.Response:
        return web.json_response([live.described() for live in self.faults.rules])

    async def _post_faults(self, request: web.Request) -> web.Response:
        self.faults.replace(parse_rules(await request.read(), "the body of POST /faults"))
        return await self._get_faults(request)

    async def _delete_faults(self, request: web.Request) -> web.Response:
        self.faults.replace([])
        return await self._get_faults(request)


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except UsageError as error:
        return web.json_response({"error": str(error)}, status=400)
    except web.HTTPNotFound:
        valid = "/endpoints /origin /counters /clock /faults"
        message = f"no such path: {request.path}; valid are {valid}"
        return web.json_response({"error": message}, status=404)


def _read_object(text: str, valid: tuple[str, ...]) -> dict[str, object]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"the body is not JSON ({error}); send an object") from error
    if not isinstance(document, dict) or not set(document) <= set(valid):
        raise UsageError(f"got {text}; valid is a JSON object with any of {', '.join(valid)}")
    return document


def _read_speed(value: object) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value <= MOST_SPEED
    ):
        raise UsageError(f"speed is {value!r}; valid is a number from 0 to {MOST_SPEED:.0f}")
    return float(value)


def _read_instant(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise UsageError(f"now is {value!r}; valid is null or 2023-03-15T00:00:00Z") from None
    if instant.tzinfo is None:
        raise UsageError(f"now is {value!r}, which has no zone; write 2023-03-15T00:00:00Z")
    return instant.astimezone(UTC)
