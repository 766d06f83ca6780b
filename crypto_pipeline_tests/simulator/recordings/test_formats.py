"""One line of a capture: read in every format, written in ours."""

from __future__ import annotations

import pytest

from crypto_pipeline.simulator.recordings.formats import (
    Entry,
    capture_line,
    connection_url,
    is_capture_line,
    read_line,
)

FRAME = b'{"stream":"btcusdt@trade","data":{"t":3071245454}}'
URL = "https://api.binance.com/api/v3/depth?symbol=NKNUSDT&limit=1000"


@pytest.mark.parametrize(
    ("line", "at"),
    [
        (b"1680652800004107 %b\n", 1680652800004107000),
        (b"1723161256172216566 %b\n", 1723161256172216566),
        (b"1723161256172216566 %b\r\n", 1723161256172216566),
        (b"1633998512.0633569: %b\n", 1633998512063356900),
        (b"1633998512.86375: %b\n", 1633998512863750000),
        (b"1633998512: %b", 1633998512000000000),
    ],
)
def test_read_line_given_a_frame_tells_nanoseconds_and_payload(line: bytes, at: int) -> None:
    assert read_line(line % FRAME) == Entry(at, FRAME)


def test_read_line_given_an_answer_of_cryptofeed_tells_its_url() -> None:
    line = f'{URL} -> 1633998512.320639: {{"lastUpdateId":499869752}}\n'.encode()
    assert read_line(line) == Entry(1633998512320639000, b'{"lastUpdateId":499869752}', URL)


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b'configuration: {"trades":["NKN-USDT"]}\n',
        b"wss://ws.okx.com:8443/ws/v5/public <-> 1652459224.5300605\n",
        b'wss://ws.okx.com:8443/ws/v5/public <- 1652459225.2987883: {"op":"subscribe"}\n',
    ],
)
def test_read_line_given_what_was_not_received_is_none(line: bytes) -> None:
    assert read_line(line) is None


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (b"hello\n", "got b'hello"),
        (b"168065280000410 {}\n", "expected '<receive time"),
        (b'1680652800004107 {"stream":"btcusdt@tr\n', "cut off"),
        (b'1633998512.0633569: [["0.35"\n', "cut off"),
    ],
)
def test_read_line_given_a_malformed_line_says_what_is_wrong(line: bytes, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong.replace("[", r"\[")):
        read_line(line)


def test_connection_url_given_the_header_of_a_connection_is_its_url() -> None:
    line = b"wss://stream.bybit.com/realtime <-> 1618677785.489609\n"
    assert connection_url(line) == "wss://stream.bybit.com/realtime"
    assert connection_url(b"1680652800004107 {}\n") == ""


def test_is_capture_line_given_other_files_is_false() -> None:
    assert is_capture_line(b"1680652800004107 {")
    assert not is_capture_line(b"1680652800000,28165.47,28165.48\n")
    assert not is_capture_line(b'{"stream":"btcusdt@trade"}\n')


def test_capture_line_given_a_frame_is_read_back_to_the_byte() -> None:
    line = capture_line(1723161256172216566, FRAME)
    assert line == b"1723161256172216566 " + FRAME + b"\n"
    assert read_line(line) == Entry(1723161256172216566, FRAME)


def test_capture_line_given_line_breaks_keeps_one_line() -> None:
    line = capture_line(1723161256172216566, b'{\r\n "u": 1,\n "b": []\n}\n')
    assert line.count(b"\n") == 1
    assert read_line(line) == Entry(1723161256172216566, b'{  "u": 1,  "b": [] }')


def test_capture_line_given_other_units_or_nothing_raises() -> None:
    with pytest.raises(ValueError, match="nanoseconds"):
        capture_line(1680652800004107, FRAME)
    with pytest.raises(ValueError, match="empty"):
        capture_line(1723161256172216566, b" \n")
