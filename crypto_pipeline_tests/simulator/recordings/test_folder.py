"""What a folder of recordings holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.domain.klines import MICROSECOND
from crypto_pipeline.errors import UsageError
from crypto_pipeline.simulator.errors import RecordingError
from crypto_pipeline.simulator.recordings.folder import open_recordings
from crypto_pipeline.simulator.recordings.formats import capture_line

NS = 1_723_161_600 * 10**9
FRAME = b'{"stream":"btcusdt@kline_1m","data":{}}'


def test_open_given_captures_at_any_depth_starts_with_the_first_frame(tmp_path: Path) -> None:
    for number, name in enumerate(("x", "usdm/y", "deep/er/z")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(capture_line(NS - number * 1000, FRAME))
    (tmp_path / "notes.txt").write_text("no capture\n")
    with open_recordings(tmp_path) as recorded:
        assert recorded.bucket is None
        assert [capture.path.name for capture in recorded.captures] == ["z", "y", "x"]
        assert recorded.captures[1].host == "fstream.binance.com"
        assert recorded.start == EPOCH + (NS // 1000 - 2) * MICROSECOND


def test_open_given_a_bucket_has_no_start(tmp_path: Path) -> None:
    (tmp_path / "data.binance.vision" / "data").mkdir(parents=True)
    with open_recordings(tmp_path) as recorded:
        assert recorded.bucket == tmp_path / "data.binance.vision"
        assert recorded.captures == ()
        assert recorded.start is None


def test_open_given_one_file_replays_it(tmp_path: Path) -> None:
    path = tmp_path / "usdm" / "a"
    path.parent.mkdir()
    path.write_bytes(capture_line(NS, FRAME))
    with open_recordings(path) as recorded:
        assert [capture.host for capture in recorded.captures] == ["fstream.binance.com"]


def test_open_given_no_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absent is not there"):
        open_recordings(tmp_path / "absent")


def test_open_given_no_recordings_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nor a capture: a file"):
        open_recordings(tmp_path)


def test_open_given_a_malformed_line_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(capture_line(NS, FRAME) * 3 + b"oops\n")
    with pytest.raises(RecordingError, match="a, line 4: got b'oops"):
        open_recordings(tmp_path)
