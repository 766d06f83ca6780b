"""Frames as bytes, read back by a library that we did not write."""

from __future__ import annotations

import pytest
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Close, Frame, Opcode
from websockets.streams import StreamReader

from crypto_pipeline.simulator.wire.encoding import (
    close_frame,
    encode_compressed,
    encode_frames,
)


def read_back(data: bytes, *extensions: PerMessageDeflate) -> list[Frame]:
    """The frames of a buffer, as a client reads them."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    frames = []
    while reader.buffer:
        parsing = Frame.parse(reader.read_exact, mask=False, extensions=list(extensions))
        try:
            while True:
                next(parsing)
        except StopIteration as done:
            frames.append(done.value)
    return frames


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_encode_frames_given_a_size_is_read_back(size: int) -> None:
    payloads = [b"x" * size, b'{"a":1}']

    frames = read_back(encode_frames(payloads))

    assert [bytes(frame.data) for frame in frames] == payloads
    assert {frame.opcode for frame in frames} == {Opcode.TEXT}


@pytest.mark.parametrize("takeover", [True, False])
def test_encode_compressed_given_any_takeover_is_read_back(takeover: bool) -> None:
    payloads = [b'{"price":"100.00","size":"1"}' * 20, b"{}", "é".encode()]
    reading = PerMessageDeflate(not takeover, not takeover, 15, 15)

    frames = read_back(encode_compressed(payloads, 15), reading)

    assert [bytes(frame.data) for frame in frames] == payloads


def test_close_frame_given_a_code_and_a_reason_holds_both() -> None:
    frame = read_back(close_frame(1001, "bye"))[0]

    assert Close.parse(bytes(frame.data)) == Close(1001, "bye")


def test_close_frame_given_no_code_is_empty() -> None:
    assert close_frame(1005) == b"\x88\x00"
