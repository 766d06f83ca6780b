"""Faults of a book that OKX itself makes: sequence numbers that start anew, a wrong checksum.

What belongs here: what becomes of a frame's numbers. What does not: when a fault strikes, which
the rules say; frames that are lost or doubled, which is the wire's.

It works on the text of any book frame, a recorded one as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from crypto_pipeline.simulator.streams.feeds import Frame
from crypto_pipeline.simulator.wire.line import Line

CHANNEL = "books"
FIRST_SEQ_ID = 1
"""The seqId that a reset begins with."""
_CHECKSUM = re.compile(rb'"checksum": ?(-?\d+)')
_SEQUENCE = re.compile(rb'"prevSeqId": ?(-?\d+), ?"seqId": ?(\d+)')


class BookFaults:
    """The faults of all books of one connection.

    Args:
        line: whose rules are asked.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self._shifts: dict[str, int] = {}

    def forget(self, stream: str) -> None:
        """A book is no longer subscribed to: it begins with OKX's own numbers again."""
        self._shifts.pop(stream, None)

    def applied(self, frames: Sequence[Frame]) -> list[Frame]:
        """The frames as they are to be sent."""
        return [self._one(frame) if frame.channel == CHANNEL else frame for frame in frames]

    def _one(self, frame: Frame) -> Frame:
        text = self._numbered(frame)
        if self.line.fault("wrong_book_checksum", CHANNEL, frame.symbol):
            text = _CHECKSUM.sub(lambda found: b'"checksum":%d' % (int(found[1]) ^ 1), text)
        return frame if text is frame.text else replace(frame, text=text)

    def _numbered(self, frame: Frame) -> bytes:
        """The text with its numbers shifted, from a reset on."""
        stream = f"{frame.channel}:{frame.symbol}"
        found = _SEQUENCE.search(frame.text)
        if found is None:
            return frame.text
        previous, current = int(found[1]), int(found[2])
        before = self._shifts.get(stream, 0)
        if previous >= 0 and self.line.fault("book_reset", CHANNEL, frame.symbol):
            self._shifts[stream] = current - FIRST_SEQ_ID
        shift = self._shifts.get(stream, 0)
        if not shift:
            return frame.text
        shifted = (previous - before if previous >= 0 else previous, current - shift)
        return _SEQUENCE.sub(b'"prevSeqId":%d,"seqId":%d' % shifted, frame.text)
