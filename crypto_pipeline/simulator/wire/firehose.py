"""The firehose: frames encoded once, sent again and again as fast as a client reads.

What belongs here: the encoded buffers and their turn. What does not: which frames they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from crypto_pipeline.simulator.streams.feeds import Frame
from crypto_pipeline.simulator.wire.encoding import encode_frames
from crypto_pipeline.simulator.wire.line import Line

FRAMES_IN_A_BUFFER = 2_000
"""Frames written to the socket at once, some 300 kB."""
_BUFFERS_IN_A_TURN = 32


class Firehose:
    """One subscription's frames, encoded.

    Args:
        frames: in the order to send; none pours nothing.
    """

    def __init__(self, frames: Sequence[Frame]) -> None:
        starts = range(0, len(frames), FRAMES_IN_A_BUFFER)
        parts = [frames[start : start + FRAMES_IN_A_BUFFER] for start in starts]
        self._buffers = [(encode_frames(each.text for each in part), len(part)) for part in parts]
        self._next = 0

    def pour(self, line: Line) -> None:
        """Send as much as the client takes now, going on where the last call ended."""
        for _ in range(_BUFFERS_IN_A_TURN if self._buffers else 0):
            if line.stalled():
                return
            encoded, count = self._buffers[self._next]
            line.pour([encoded], count)
            self._next = (self._next + 1) % len(self._buffers)
