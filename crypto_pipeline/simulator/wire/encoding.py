"""Websocket frames as bytes (RFC 6455, section 5.2), as a server writes them: unmasked.

What belongs here: headers and compression. What does not: reading what a client sends, sockets.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
"""Opcodes."""
_FIN, _COMPRESSED = 0x80, 0x40
_TAIL = 4  # bytes of an empty block that end each message, left out by RFC 7692, section 7.2.1
_NO_CODE = (1005, 1006)


def frame(opcode: int, payload: bytes, flags: int = _FIN) -> bytes:
    """One frame, header and payload."""
    size = len(payload)
    if size < 126:
        return bytes((flags | opcode, size)) + payload
    if size < 65_536:
        return struct.pack("!BBH", flags | opcode, 126, size) + payload
    return struct.pack("!BBQ", flags | opcode, 127, size) + payload


def encode_frames(payloads: Iterable[bytes]) -> bytes:
    """Text frames of these payloads one after another."""
    return b"".join([frame(TEXT, payload) for payload in payloads])


def encode_compressed(payloads: Iterable[bytes], window_bits: int) -> bytes:
    """Text frames compressed one by one, which any negotiated permessage-deflate reads.

    Args:
        payloads: the messages.
        window_bits: negotiated, 9 to 15.
    """
    return b"".join(
        [frame(TEXT, _deflated(each, window_bits), _FIN | _COMPRESSED) for each in payloads]
    )


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; 1005 is one without a code."""
    if code in _NO_CODE:
        return frame(CLOSE, b"")
    return frame(CLOSE, struct.pack("!H", code) + reason.encode()[:123])


def _deflated(payload: bytes, window_bits: int) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, -window_bits)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-_TAIL]
