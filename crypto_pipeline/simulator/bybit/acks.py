"""What Bybit's websockets say beside data: acks, refusals, pongs.

What belongs here: those messages, in the words of each category. What does not: when they are
said (`conversation.py`).
"""

from __future__ import annotations

from base64 import b32hexencode
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from crypto_pipeline.simulator.bybit.categories import OPTION, SPOT
from crypto_pipeline.simulator.wire.answers import compact

STATUS = "status"
"""What the system status connection is called here, beside the categories."""
NOT_FOUND, ALREADY = "error:handler not found,topic:", "error:already subscribed,topic:"
INVALID_OP = "error:invalid op"
_EXCERPT = 10


@dataclass(frozen=True, slots=True)
class Speech:
    """How one connection is spoken to.

    Attributes:
        name: `spot`, `linear`, `inverse`, `option` or `status`.
        conn_id: of the connection.
    """

    name: str
    conn_id: str

    def ack(self, op: str, request: dict[str, object]) -> bytes:
        """A subscription or its end was accepted."""
        if self.name == OPTION.name:
            return self._option_ack(request, [])
        return self._reply(True, op if self.name == SPOT.name else "", op, request)

    def refusal(self, message: str, op: str, request: dict[str, object], topic: str = "") -> bytes:
        """A request was refused whole, because of `topic` where it was one."""
        if self.name == OPTION.name and topic:
            return self._option_ack(request, [topic])
        return self._reply(False, message, op, request)

    def pong(self, request: dict[str, object], now_ms: int) -> bytes:
        """The answer to a JSON ping."""
        if self.name == OPTION.name:
            return compact({"args": [str(now_ms)], "op": "pong"})
        return self._reply(True, "pong", "ping", request)

    def undecodable(self, message: str) -> bytes:
        """The answer to what is no JSON object."""
        start, found = message.lstrip(), message[:_EXCERPT]
        met = start[:1] or "\x00"
        problem = (
            f"Failed to decode incoming data:readObjectStart: expect {{ or n, but found {met}, "
            f"error found in #1 byte of ...|{found}|..., bigger context ...|{message[:100]}|..."
        )
        return self._reply(False, problem, "", {})

    def _reply(self, success: bool, message: str, op: str, request: dict[str, object]) -> bytes:
        """The common shape; spot leaves `req_id` out where the request had none."""
        reply: dict[str, object] = {"success": success, "ret_msg": message}
        reply["conn_id"] = self.conn_id
        number = request.get("req_id")
        if number is not None or self.name != SPOT.name:
            reply["req_id"] = "" if number is None else number
        return compact({**reply, "op": op})

    def _option_ack(self, request: dict[str, object], failed: Sequence[str]) -> bytes:
        args = request.get("args")
        accepted = args if isinstance(args, list) and not failed else []
        return compact(
            {
                "success": not failed,
                "conn_id": self.conn_id,
                "data": {"failTopics": list(failed), "successTopics": accepted},
                "type": "COMMAND_RESP",
            }
        )


def new_speech(name: str) -> Speech:
    """For a new connection: spot numbers them by UUIDs, the others by shorter texts."""
    number = uuid4()
    if name == SPOT.name:
        return Speech(name, str(number))
    written = b32hexencode(number.bytes).decode().lower()
    return Speech(name, f"{written[:20]}-{written[20:25]}")
