"""A client's websocket connection as an exchange's conversation sees it.

What belongs here: the two sides' interfaces. What does not: sockets (`sockets.py`), messages.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from crypto_pipeline.simulator.streams.feeds import Frame
from crypto_pipeline.simulator.wire.answers import Answer, Request


class Line(ABC):
    """The server's end of one connection; what is sent goes out in order."""

    client: str
    """IP address of the client."""

    @abstractmethod
    def send(self, *frames: Frame) -> None:
        """Send these, after the fault rules in force have had their say."""

    @abstractmethod
    def ping(self, payload: bytes) -> None:
        """Send a PING frame."""

    @abstractmethod
    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame after everything else; no more is sent."""

    @abstractmethod
    def age(self) -> float:
        """Seconds since the connection was opened, as connection rules count them.

        They are real seconds times the `hurry` of the rules in force.
        """

    @abstractmethod
    def limited(self) -> bool:
        """Whether limits and deadlines of connections are in force."""

    @abstractmethod
    def violate(self) -> None:
        """Count one violation of a limit by this client."""

    @abstractmethod
    def fault(self, name: str, channel: str = "", symbol: str = "") -> bool:
        """Whether a fault rule of that name strikes here and now; counts it if it does."""

    @abstractmethod
    def stalled(self) -> bool:
        """Whether the client reads so slowly that nothing more should be sent for now."""

    @abstractmethod
    def pour(self, encoded: Sequence[bytes], frames: int) -> None:
        """Send ready-made websocket frames (headers included), many to a buffer, without faults.

        Args:
            encoded: the buffers.
            frames: how many frames they hold together.
        """

    def pours(self) -> bool:
        """Whether feeds with `firehose` are to be poured in place of being sent when due."""
        return False

    def hose(self, frames: Sequence[Frame]) -> Callable[[], None]:
        """Encode these once; each call of the result sends as many as the client takes now."""
        return lambda: self.send(*frames)


class Conversation(ABC):
    """An exchange's end of one connection; no sockets, no real clock.

    Args:
        line: the connection.
    """

    def __init__(self, line: Line) -> None:
        self.line = line

    @abstractmethod
    def hear(self, message: str | bytes) -> None:
        """Take one data frame of the client; nothing that it holds may raise."""

    @abstractmethod
    def tick(self) -> None:
        """Send all that is due; called every few hundredths of a second."""

    def hear_ping(self, payload: bytes) -> None:  # noqa: B027 - most exchanges do not care
        """Take a PING frame; the PONG has been sent already."""

    def hear_pong(self, payload: bytes) -> None:  # noqa: B027 - most exchanges do not care
        """Take a PONG frame."""

    def ended(self) -> None:  # noqa: B027 - most exchanges do not care
        """Know that the connection is gone, whoever closed it; called once."""


@runtime_checkable
class SocketLogic(Protocol):
    """What one production websocket host knows to say.

    It may have an attribute `deflate`: True if it compresses for clients that ask for it.
    """

    def greet(self, request: Request, line: Line) -> Conversation | Answer:
        """Accept a handshake, or refuse it with an HTTP answer (404, 429, ...)."""
