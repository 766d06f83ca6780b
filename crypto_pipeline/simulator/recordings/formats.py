"""The lines of capture files: what was received, when.

What belongs here: reading one line of either format, and writing one. What does not: files
(`captures.py`), and which exchange and stream a frame is of (`naming.py`).

Two formats are read, and a file may be gzip or plain:

    <epoch> <frame>                  ours and hftbacktest's; µs or ns, told by magnitude
    <epoch s>: <frame>               cryptofeed's frames
    <url> -> <epoch s>: <body>       cryptofeed's REST answers
    <url> <-> <epoch s>              cryptofeed's connections, and below what was sent
    <url> <- <epoch s>: <message>
    configuration: <JSON>
"""

from __future__ import annotations

import re
from typing import NamedTuple

_FIRST_NANOSECONDS = 10**17
_FRAME = re.compile(rb"(\d{16,19}) (?=\S)")
_CRYPTOFEED_FRAME = re.compile(rb"(\d{9,11})(?:\.(\d+))?: (?=\S)")
_CRYPTOFEED_ANSWER = re.compile(rb"(https?://\S+) -> (\d{9,11})(?:\.(\d+))?: (?=\S)")
_CRYPTOFEED_OTHER = re.compile(rb"configuration: |(?:wss?|https?)://\S+ (?:<->|<-) \d")
_CONNECTION = re.compile(rb"(wss?://\S+) <-> \d")
_CLOSERS = {b"{": b"}", b"[": b"]"}


class Entry(NamedTuple):
    """One received message.

    Attributes:
        at: ns since the epoch at which it was received.
        body: the frame, or the body of a REST answer; without the line's end.
        url: of a REST answer; empty for a frame.
    """

    at: int
    body: bytes
    url: str = ""


def read_line(line: bytes) -> Entry | None:
    """What a line says was received; None where it says something else, or nothing.

    Raises:
        ValueError: it is of no known format; the text says what is wrong.
    """
    found = _FRAME.match(line)
    if found is not None:
        epoch = int(found[1])
        at = epoch if epoch >= _FIRST_NANOSECONDS else epoch * 1000
        return Entry(at, _whole(line[found.end() :]))
    return _read_cryptofeed(line)


def is_capture_line(head: bytes) -> bool:
    """Whether a line of which this is the start is one of a capture; a blank one is not."""
    known = (_FRAME, _CRYPTOFEED_FRAME, _CRYPTOFEED_ANSWER, _CRYPTOFEED_OTHER)
    return any(pattern.match(head) for pattern in known)


def connection_url(line: bytes) -> str:
    """The URL that a line of the cryptofeed format says was connected to, else empty."""
    found = _CONNECTION.match(line)
    return found[1].decode() if found else ""


def capture_line(epoch_ns: int, frame: bytes) -> bytes:
    r"""One line of a capture: `<epoch ns> <frame>\n`.

    A line break inside a frame, which only JSON's white space can be, becomes a space.

    Args:
        epoch_ns: when the frame was received, ns since the epoch.
        frame: the payload of a text frame, UTF-8, as the exchange sent it.
    """
    if not _FIRST_NANOSECONDS <= epoch_ns < 10**19:
        raise ValueError(f"got {epoch_ns} as receive time, expected nanoseconds since the epoch")
    if not frame.strip():
        raise ValueError("got an empty frame, expected text")
    return b"%d %b\n" % (epoch_ns, frame.strip().replace(b"\r\n", b" ").replace(b"\n", b" "))


def _read_cryptofeed(line: bytes) -> Entry | None:
    found = _CRYPTOFEED_FRAME.match(line)
    if found is not None:
        return Entry(_nanoseconds(found[1], found[2]), _whole(line[found.end() :]))
    found = _CRYPTOFEED_ANSWER.match(line)
    if found is not None:
        body = _whole(line[found.end() :])
        return Entry(_nanoseconds(found[2], found[3]), body, found[1].decode())
    if not line.strip() or _CRYPTOFEED_OTHER.match(line):
        return None
    raise ValueError(
        f"got {line[:40]!r}, expected '<receive time in µs or ns> <frame>', "
        f"or a line of cryptofeed's"
    )


def _nanoseconds(seconds: bytes, fraction: bytes | None) -> int:
    return int(seconds) * 10**9 + int((fraction or b"0").ljust(9, b"0")[:9])


def _whole(rest: bytes) -> bytes:
    """The frame without the line's end, if it is all there."""
    frame = rest.rstrip(b"\r\n")
    closer = _CLOSERS.get(frame[:1])
    if closer is not None and frame[-1:] != closer:
        raise ValueError(f"the frame is cut off: it ends with {frame[-20:]!r}")
    return frame
