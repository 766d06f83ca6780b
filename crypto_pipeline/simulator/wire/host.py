"""One production host on a port of its own: sockets, counters, and faults carried out.

What belongs here: everything between a host's answer and the wire. What does not: the answers.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from crypto_pipeline.simulator.binance.archive import Archive, checksum_line, with_short_row
from crypto_pipeline.simulator.wire.answers import (
    Answer,
    HostLogic,
    Request,
    file_answer,
    json_answer,
    missing_file,
    missing_page,
)
from crypto_pipeline.simulator.wire.faults import (
    CHECKSUM,
    AnyRule,
    DelayRule,
    FaultBook,
    StatusRule,
    TooManyRequestsRule,
    TruncateRowRule,
)

_FLIPPED_BYTES = 8


@dataclass(slots=True)
class HostCounters:
    """What one host saw since the start.

    Attributes:
        connections: sockets accepted; fewer than `requests` where a client reuses them.
        requests: requests of any outcome.
        weights: the sum of request weights.
        violations: requests answered 429 or 418 because of the limit.
        frames: websocket frames sent; this host has none.
        paths: requests by path.
    """

    connections: int = 0
    requests: int = 0
    weights: int = 0
    violations: int = 0
    frames: int = 0
    paths: dict[str, int] = field(default_factory=dict)


class ArchiveLogic:
    """The answers of data.binance.vision.

    Args:
        archive: where the files come from.
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def answer(self, request: Request) -> Answer:
        """A file, or S3's 404."""
        content = self.archive.file(request.path)
        if content is None:
            return missing_file(request.path)
        return file_answer(content, request.path)

    def slow(self, _: Request) -> bool:
        """Files are made, packed and hashed."""
        return True


class Host:
    """The request handler of one host.

    Args:
        name: the production host it stands for.
        logic: its answers.
        faults: the rules in force, shared by all hosts.
    """

    def __init__(self, name: str, logic: HostLogic, faults: FaultBook) -> None:
        self.name, self.logic, self.faults = name, logic, faults
        self.counters = HostCounters()

    def server(self) -> web.Server:
        """The server to listen with."""
        return _CountingServer(self)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, as the rules in force would have it."""
        self.counters.requests += 1
        seen = self.counters.paths.get(request.path, 0)
        self.counters.paths[request.path] = seen + 1
        rules = self.faults.met_by(self.name, request.path)
        for delay in rules:
            if isinstance(delay, DelayRule):
                await asyncio.sleep(delay.seconds)
        rule = next((rule for rule in rules if not isinstance(rule, DelayRule)), None)
        asked = Request(request.path, request.query, request.headers, request.remote or "")
        if self.logic.slow(asked):
            answer = await asyncio.to_thread(self._answer, request.method, asked, rule)
        else:
            answer = self._answer(request.method, asked, rule)
        self.counters.weights += answer.weight
        self.counters.violations += answer.violation
        if rule is not None and rule.kind == "drop":
            return await _dropped(request, answer)
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    def _answer(self, method: str, request: Request, rule: AnyRule | None) -> Answer:
        if method not in ("GET", "HEAD"):
            return json_answer({"code": -1000, "msg": "Only GET is offered."}, 405)
        instead = None if rule is None else self._instead(request.path, rule)
        if instead is not None:
            return instead
        answer = self.logic.answer(request)
        return answer if rule is None else self._spoiled(answer, request.path, rule)

    def _instead(self, path: str, rule: AnyRule) -> Answer | None:
        """The answer that a rule gives in place of the true one, if it does."""
        if isinstance(rule, StatusRule):
            return _status_answer(rule)
        if isinstance(rule, TooManyRequestsRule):
            refusal = json_answer({"code": -1003, "msg": "Too many requests."}, 429)
            headers = {**refusal.headers, "Retry-After": str(rule.retry_after)}
            return replace(refusal, headers=headers)
        if rule.kind == "missing":
            return missing_file(path) if isinstance(self.logic, ArchiveLogic) else missing_page()
        return None

    def _spoiled(self, answer: Answer, path: str, rule: AnyRule) -> Answer:
        """The true answer with its body spoiled; a refusal stays as it is."""
        body = answer.body
        if answer.status != 200:
            return answer
        if isinstance(rule, TruncateRowRule):
            return self._with_short_row(path, rule)
        if rule.kind == "corrupt":
            middle = len(body) // 2
            flipped = bytes(byte ^ 0xFF for byte in body[middle : middle + _FLIPPED_BYTES])
            return replace(answer, body=body[:middle] + flipped + body[middle + len(flipped) :])
        if rule.kind == "truncate_body":
            return replace(answer, body=body[: len(body) // 2])
        if rule.kind == "wrong_checksum":
            return replace(answer, body=checksum_line(body, path))
        return answer

    def _with_short_row(self, path: str, rule: TruncateRowRule) -> Answer:
        file = path.removesuffix(CHECKSUM)
        changed = with_short_row(self.logic.answer(Request(file)).body, rule.row, rule.columns)
        content = changed if path == file else checksum_line(changed, path)
        return file_answer(content, path)


class _CountingServer(web.Server):
    """aiohttp's server, counting the connections it accepts."""

    def __init__(self, host: Host) -> None:
        super().__init__(host.handle, access_log=None)
        self._counters = host.counters

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        """Count one more."""
        self._counters.connections += 1
        super().connection_made(handler, transport)


def _status_answer(rule: StatusRule) -> Answer:
    if isinstance(rule.body, str):
        plain = {"Content-Type": "text/plain; charset=utf-8"}
        return Answer(rule.status, rule.body.encode(), {**plain, **rule.headers})
    answer = json_answer(rule.body, rule.status)
    return replace(answer, headers={**answer.headers, **rule.headers})


async def _dropped(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    """Send the first half of the body, then close the connection."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
