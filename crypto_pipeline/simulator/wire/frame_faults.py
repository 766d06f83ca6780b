"""Faults of one websocket: what becomes of the frames that it is given to send.

What belongs here: carrying out the rules of frames. What does not: the rules
(`frame_rules.py`), and the socket.
"""

from __future__ import annotations

from collections.abc import Iterable

from crypto_pipeline.simulator.streams.feeds import Frame
from crypto_pipeline.simulator.wire.faults import FaultBook, LiveRule
from crypto_pipeline.simulator.wire.frame_rules import CloseRule

_LEFT_OUT = ("drop_frame", "sequence_gap", "symbol_silent")


class FrameFaults:
    """The rules of frames on one connection.

    Args:
        book: the rules in force.
        host: the production host.
        path: that the connection was opened with.
    """

    def __init__(self, book: FaultBook, host: str, path: str) -> None:
        self._book, self._host, self._path = book, host, path
        self._held: dict[tuple[str, str], bytes] = {}
        self._silenced: dict[LiveRule, bool] = {}

    def passed(self, frames: Iterable[Frame]) -> tuple[list[bytes], CloseRule | None]:
        """The payloads to send for these frames, and the rule that closes the connection after."""
        if not self._book.rules and not self._held:
            return [frame.text for frame in frames], None
        payloads: list[bytes] = []
        for frame in frames:
            rule = self._book.frame_rule(self._host, self._path, frame)
            if isinstance(rule, CloseRule):
                return payloads, rule
            payloads += self._spoiled(frame, "" if rule is None else rule.kind)
        return payloads, None

    def _spoiled(self, frame: Frame, kind: str) -> list[bytes]:
        if kind in _LEFT_OUT:
            return []
        if kind == "duplicate_frame":
            return [frame.text, frame.text]
        if kind == "malformed_frame":
            return [frame.text[: len(frame.text) // 2].decode(errors="ignore").encode()]
        stream = (frame.channel, frame.symbol)
        held = self._held.pop(stream, None) if frame.channel else None
        if held is not None:
            return [frame.text, held]
        if kind == "reorder_frames":
            self._held[stream] = frame.text
            return []
        return [frame.text]

    def silent(self) -> bool:
        """Whether nothing at all is sent for now."""
        if not self._book.rules:
            return False
        silent = False
        for live in self._book.silences(self._host, self._path):
            if live not in self._silenced:
                self._silenced[live] = live.count()
            silent |= self._silenced[live]
        return silent

    def closing(self) -> CloseRule | None:
        """The rule that closes the connection now, without waiting for a frame."""
        return self._book.closing(self._host, self._path) if self._book.rules else None

    def speech(self, name: str, channel: str, symbol: str) -> bool:
        """Whether the rule of that name changes what the exchange says here and now."""
        if not self._book.rules:
            return False
        return self._book.speech(name, self._host, self._path, channel, symbol)
