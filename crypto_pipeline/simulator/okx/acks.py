"""What OKX's websockets say beside data: acks, errors, notices.

What belongs here: their texts. What does not: when they are said (`conversation.py`).
"""

from __future__ import annotations

import hashlib

from crypto_pipeline.simulator.wire.answers import compact

Message = dict[str, object]
_CORRECT = "Please use the correct URL, channel and parameters referring to API document."
_SERVICE_UPGRADE = "The connection will soon be closed for a service upgrade. Please reconnect."


def connection_id(number: int) -> str:
    """The connId of the n-th connection: eight hexadecimal digits."""
    return hashlib.blake2b(f"okx:{number}".encode(), digest_size=4).hexdigest()


class Speech:
    """What is said on one connection.

    Args:
        conn_id: of the connection.
    """

    def __init__(self, conn_id: str) -> None:
        self.conn_id = conn_id

    def ack(self, event: str, argument: object, request_id: str | None) -> bytes:
        """One argument subscribed to or unsubscribed from."""
        return self._said({"event": event, "arg": argument}, request_id)

    def invalid(self, written: str, request_id: str | None = None) -> bytes:
        """A request that cannot be read, 60012."""
        return self._error("60012", f"Invalid request: {written}", request_id)

    def invalid_op(self, op: str, request_id: str | None) -> bytes:
        """An `op` that there is not, 60019."""
        return self._error("60019", f"Invalid op: {op}", request_id)

    def invalid_arguments(self, request_id: str | None) -> bytes:
        """Arguments that are no list of objects with a channel, 60013."""
        return self._error("60013", "Invalid args", request_id)

    def too_frequent(self, request_id: str | None) -> bytes:
        """More requests than an hour allows, 60014."""
        return self._error("60014", "Requests too frequent", request_id)

    def no_login(self, request_id: str | None) -> bytes:
        """A login, which nobody has a key for, 60005."""
        return self._error("60005", "Invalid apiKey", request_id)

    def unknown(self, event: str, argument: Message, request_id: str | None) -> bytes:
        """A channel that the path does not have, or not for that instrument, 60018."""
        named = ",".join(f"{name}:{value}" for name, value in argument.items())
        message = f"{event.capitalize()} failed, wrong URL or {named} doesn't exist. {_CORRECT}"
        return self._said({"event": "error", "msg": message, "code": "60018"}, request_id)

    def members_only(self, request_id: str | None) -> bytes:
        """A channel of a higher fee tier, 64003."""
        message = "Your trading fee tier doesn't meet the requirement to access this channel"
        return self._error("64003", message, request_id)

    def notice(self) -> bytes:
        """The announcement that the connection will be closed, 64008."""
        return self._said({"event": "notice", "code": "64008", "msg": _SERVICE_UPGRADE}, None)

    def _error(self, code: str, message: str, request_id: str | None) -> bytes:
        return self._said({"event": "error", "code": code, "msg": message}, request_id)

    def _said(self, message: Message, request_id: str | None) -> bytes:
        named: Message = {} if request_id is None else {"id": request_id}
        return compact({**named, **message, "connId": self.conn_id})
