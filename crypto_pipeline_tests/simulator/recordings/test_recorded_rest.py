"""Recorded REST answers, given at the replayed time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.recordings.folder import open_recordings
from crypto_pipeline.simulator.recordings.rest import (
    RecordedAnswers,
    RecordedHost,
    keeps_time,
    recorded_host,
)
from crypto_pipeline.simulator.wire.answers import Answer, Request, json_answer

SECOND = 1_000_000
START = 1_633_998_500
URL = "https://api.binance.com/api/v3/depth"


class Named:
    """A host that answers every path with its name."""

    def answer(self, request: Request) -> Answer:
        """The path."""
        return json_answer(request.path)

    def slow(self, request: Request) -> bool:
        """Never."""
        return False


def answers_of(tmp_path: Path, *entries: tuple[int, str, str]) -> RecordedAnswers:
    """Those of a file of cryptofeed's: seconds since START, URL, body."""
    lines = [f"{url} -> {START + after}.5: {body}\n" for after, url, body in entries]
    (tmp_path / "BINANCE.http.0.0").write_text("".join(lines))
    with open_recordings(tmp_path) as recorded:
        return recorded.answers()


def asked(answers: RecordedAnswers, second: float, **query: str) -> bytes | None:
    request = Request("/api/v3/depth", query)
    return answers.find("api.binance.com", request, int((START + second) * SECOND))


def host_of(
    answers: RecordedAnswers, second: float, serves: Callable[[str], bool] = keeps_time
) -> RecordedHost:
    clock = SimulatorClock(EPOCH + timedelta(seconds=START + second), 0)
    host = recorded_host("api.binance.com", Named(), answers, clock, serves)
    assert isinstance(host, RecordedHost)
    return host


def test_find_given_successive_answers_gives_the_one_of_the_time(tmp_path: Path) -> None:
    at = {0: "[0]", 300: "[300]", 600: "[600]"}
    url = f"{URL}?symbol=NKNUSDT&limit=1000"
    answers = answers_of(tmp_path, *[(after, url, body) for after, body in at.items()])
    seconds = (-1000, -1, 1, 239, 241, 299, 301, 10_000)
    got = [asked(answers, second, symbol="NKNUSDT") for second in seconds]
    assert got == [b"[0]", b"[0]", b"[0]", b"[0]", b"[300]", b"[300]", b"[300]", b"[600]"]


def test_find_given_another_limit_gives_the_recorded_page(tmp_path: Path) -> None:
    answers = answers_of(tmp_path, (0, f"{URL}?symbol=NKNUSDT&limit=1000", "[1]"))
    assert asked(answers, 0, symbol="NKNUSDT", limit="5000") == b"[1]"
    assert asked(answers, 0, symbol="BTCUSDT") is None
    assert asked(answers, 0) is None


def test_answer_given_a_mirror_host_finds_what_the_first_one_answered(tmp_path: Path) -> None:
    answers = answers_of(tmp_path, (0, f"{URL}?symbol=NKNUSDT", "[1]"))
    request = Request("/api/v3/depth", {"symbol": "NKNUSDT"})
    assert answers.find("data-api.binance.vision", request, 0) == b"[1]"
    assert answers.find("fapi.binance.com", request, 0) is None


def test_host_given_a_recorded_question_answers_its_bytes(tmp_path: Path) -> None:
    host = host_of(answers_of(tmp_path, (0, f"{URL}?symbol=A", '[["0.10", 1]]')), 1)
    answer = host.answer(Request("/api/v3/depth", {"symbol": "A"}))
    assert (answer.status, answer.body) == (200, b'[["0.10", 1]]')


def test_host_given_what_was_not_recorded_makes_nothing_up(tmp_path: Path) -> None:
    host = host_of(answers_of(tmp_path, (0, f"{URL}?symbol=A", "[1]")), 1)
    assert host.answer(Request("/api/v3/klines", {"symbol": "A"})).status == 404
    assert host.answer(Request("/api/v3/time")).body == b'"/api/v3/time"'


def test_host_given_an_inner_one_that_serves_prefers_what_was_recorded_within_a_day(
    tmp_path: Path,
) -> None:
    answers = answers_of(tmp_path, (0, URL, "[1]"))
    request = Request("/api/v3/depth")
    for second, body in ((1, b"[1]"), (80_000, b"[1]"), (90_000, b'"/api/v3/depth"')):
        host = host_of(answers, second, lambda path: path.endswith("/depth"))
        assert host.answer(request).body == body
    assert host_of(answers, 90_000).answer(request).body == b"[1]"


def test_host_given_a_recorded_time_tells_the_clocks(tmp_path: Path) -> None:
    answers = answers_of(tmp_path, (0, "https://api.binance.com/api/v3/time", "[1]"))
    host = host_of(answers, 1)
    assert host.answer(Request("/api/v3/time")).body == b'"/api/v3/time"'


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v3/time", True),
        ("/api/v5/system/status", True),
        ("/fapi/v1/ping", True),
        ("/time/", True),
        ("/api/v3/klines", False),
        ("/", False),
    ],
)
def test_keeps_time_given_a_path_tells_what_the_clock_knows(path: str, expected: bool) -> None:
    assert keeps_time(path) is expected


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "host", "path", "symbol", "update_id"),
    [
        ("spot/btcusdt_20240808.gz", "api.binance.com", "/api/v3/depth", "BTCUSDT", 50093239218),
        ("usdm/btcusdt_20230404.dat.gz", "fapi.binance.com", "/fapi/v1/depth", "BTCUSDT",
         2710246765483),
        ("cm/btcusd_perp_20240808.gz", "dapi.binance.com", "/dapi/v1/depth", "BTCUSD_PERP",
         1007198635033),
    ],
)  # fmt: skip
def test_find_given_a_snapshot_between_real_frames_answers_its_bytes(
    real_data: Path, name: str, host: str, path: str, symbol: str, update_id: int
) -> None:
    with open_recordings(real_data / "hftbacktest" / name) as recorded:
        assert recorded.start is not None
        now = (recorded.start - EPOCH) // timedelta(microseconds=1)
        body = recorded.answers().find(host, Request(path, {"symbol": symbol}), now)
    assert body is not None
    assert json.loads(body)["lastUpdateId"] == update_id


@pytest.mark.real_data
def test_find_given_cryptofeeds_answers_gives_each_to_its_question(real_data: Path) -> None:
    with open_recordings(real_data / "cryptofeed") as recorded:
        answers = recorded.answers()
    spot = answers.find(
        "www.okx.com", Request("/api/v5/public/instruments", {"instType": "SPOT"}), 0
    )
    assert spot is not None
    assert json.loads(spot)["data"][0]["instType"] == "SPOT"
    request = Request("/fapi/v1/depth", {"symbol": "CTKUSDT"})
    depth = answers.find("fapi.binance.com", request, 0)
    assert depth is not None
    assert json.loads(depth)["lastUpdateId"] == 600859618836
    assert answers.find("api.exchange.coinbase.com", Request("/products"), 0) is not None
