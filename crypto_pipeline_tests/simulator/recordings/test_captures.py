"""What a capture file holds, whole or damaged."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from crypto_pipeline.simulator.errors import RecordingError
from crypto_pipeline.simulator.recordings.blocks import BlockReader
from crypto_pipeline.simulator.recordings.captures import Capture, is_capture, scan
from crypto_pipeline.simulator.recordings.formats import capture_line
from crypto_pipeline_tests.simulator.evidence import frames_of

START = 1_723_161_600 * 10**9
MEMBERS = ("hftbacktest/spot/btcusdt_20230405.dat.gz", "cryptofeed/COINBASE.ws.28.0")


def trade(symbol: str, number: int) -> bytes:
    return b'{"stream":"%b@trade","data":{"e":"trade","t":%d}}' % (symbol.encode(), number)


def diff(symbol: str, first: int, last: int) -> bytes:
    text = '{"stream":"%s@depth@100ms","data":{"e":"depthUpdate","U":%d,"u":%d,"b":[],"a":[]}}'
    return (text % (symbol, first, last)).encode()


def write(path: Path, *frames: bytes, step: int = 1000) -> Path:
    lines = [capture_line(START + number * step, frame) for number, frame in enumerate(frames)]
    path.write_bytes(b"".join(lines))
    return path


def frames(capture: Capture, stream: str) -> list[bytes]:
    reader = BlockReader()
    found = [reader.streams(block)[stream].frames for block in capture.blocks]
    reader.close()
    return [frame for some in found for frame in some]


def test_scan_given_streams_counts_their_frames(tmp_path: Path) -> None:
    path = write(tmp_path / "a", trade("btcusdt", 1), trade("ethusdt", 1), trade("btcusdt", 2))
    capture = scan(path, "spot")
    assert capture.host == "stream.binance.com:9443"
    assert capture.streams == {"btcusdt@trade": 2, "ethusdt@trade": 1}
    assert frames(capture, "btcusdt@trade") == [trade("btcusdt", 1), trade("btcusdt", 2)]


def test_scan_given_equal_receive_times_keeps_instants_strictly_ascending(tmp_path: Path) -> None:
    path = write(tmp_path / "a", *[trade("btcusdt", number) for number in range(3)], step=0)
    reader = BlockReader()
    dated = reader.streams(scan(path, "").blocks[0])["btcusdt@trade"]
    reader.close()
    assert dated.instants == [START // 1000, START // 1000 + 1, START // 1000 + 2]


def test_scan_given_a_cut_off_last_line_leaves_it_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a", trade("btcusdt", 1), trade("btcusdt", 2))
    whole = path.read_bytes()
    for cut in (1, 2, 30, 60):
        path.write_bytes(whole[:-cut])
        assert scan(path, "").streams == {"btcusdt@trade": 2 if cut == 1 else 1}


def test_scan_given_a_cut_off_gzip_file_keeps_its_whole_lines(tmp_path: Path) -> None:
    whole = write(tmp_path / "a", *[trade("btcusdt", number) for number in range(5000)])
    packed = gzip.compress(whole.read_bytes())
    path = tmp_path / "a.gz"
    path.write_bytes(packed[: len(packed) // 2])
    capture = scan(path, "")
    count = capture.streams["btcusdt@trade"]
    assert 0 < count < 5000
    assert frames(capture, "btcusdt@trade") == [trade("btcusdt", each) for each in range(count)]


def test_scan_given_damaged_gzip_bytes_names_the_file(tmp_path: Path) -> None:
    whole = write(tmp_path / "a", *[trade("btcusdt", number) for number in range(20_000)])
    packed = gzip.compress(whole.read_bytes())
    middle = len(packed) // 2
    path = tmp_path / "a.gz"
    path.write_bytes(packed[:middle] + bytes(64) + packed[middle + 64 :])
    assert is_capture(path)
    with pytest.raises(RecordingError, match=r"a\.gz, line "):
        scan(path, "")


def test_scan_given_another_checksum_names_the_file(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(write(tmp_path / "a", trade("btcusdt", 1)).read_bytes()))
    packed[-8] ^= 1
    path = tmp_path / "a.gz"
    path.write_bytes(packed)
    assert is_capture(path)
    with pytest.raises(RecordingError, match=r"a\.gz, line 2: the gzip file is damaged here \(CRC"):
        scan(path, "")


def test_scan_given_a_malformed_line_names_file_and_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a", trade("btcusdt", 1))
    path.write_bytes(path.read_bytes() + b"no capture\n" + path.read_bytes())
    with pytest.raises(RecordingError, match="line 2: got b'no capture") as caught:
        scan(path, "")
    assert (caught.value.path, caught.value.line) == (str(path), 2)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 2


def test_scan_given_a_file_that_changed_reads_it_again(tmp_path: Path) -> None:
    path = write(tmp_path / "a", trade("btcusdt", 1))
    assert scan(path, "").streams["btcusdt@trade"] == 1
    write(path, trade("btcusdt", 1), trade("btcusdt", 2))
    assert scan(path, "").streams["btcusdt@trade"] == 2


def test_scan_given_a_snapshot_finds_the_symbol_by_its_update_ids(tmp_path: Path) -> None:
    snapshot = b'{"lastUpdateId":5003,"bids":[],"asks":[]}'
    path = write(
        tmp_path / "a", diff("btcusdt", 10, 20), diff("ethusdt", 5000, 5010), snapshot,
        diff("btcusdt", 21, 30), diff("ethusdt", 5011, 5020),
    )  # fmt: skip
    capture = scan(path, "spot")
    urls = [answer.url for answer in capture.answers]
    assert urls == ["https://api.binance.com/api/v3/depth?symbol=ETHUSDT"]
    assert sum(capture.streams.values()) == 4


def test_is_capture_given_other_files_is_false(tmp_path: Path) -> None:
    table, packed, headed = (tmp_path / name for name in ("a.csv", "a.gz", "b.gz"))
    table.write_bytes(b"1680652800000,28165.47,28165.48\n")
    packed.write_bytes(b"\x1f\x8bnot gzip at all")
    headed.write_bytes(gzip.compress(b"")[:10] + b"\xff" * 40)
    assert not is_capture(table)
    assert not is_capture(packed)
    assert not is_capture(headed)
    assert not is_capture(tmp_path / "absent")


def test_is_capture_given_what_cannot_be_read_names_it(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=f"{tmp_path}: it cannot be read"):
        is_capture(tmp_path)


@pytest.mark.real_data
@pytest.mark.parametrize("name", MEMBERS)
def test_scan_given_a_real_capture_counts_every_frame_of_a_stream(
    real_data: Path, name: str
) -> None:
    streams = [stream for stream, _, _ in frames_of(real_data, name) if stream]
    capture = scan(real_data / name, name)
    assert sum(capture.streams.values()) == len(streams)
    assert set(capture.streams) == set(streams)
