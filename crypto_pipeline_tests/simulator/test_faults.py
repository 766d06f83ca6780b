"""Each fault over a real socket, as often as its rule says."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import zipfile
from pathlib import Path

import pytest

from crypto_pipeline.simulator.errors import FaultRuleError
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

ARCHIVE, REST = "data.binance.vision", "api.binance.com"
FILE = "/data/spot/daily/klines/BTCUSDT/1h/BTCUSDT-1h-2023-03-01.zip"
NOON = "2025-02-10T12:00:00Z"
OTHER = FILE.replace("03-01", "03-02")


def with_header(name: str, value: str) -> dict[str, object]:
    return {"kind": "status", "status": 500, "headers": {name: value}}


def zip_rows(content: bytes) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(archive.namelist()[0]).splitlines()


def test_status_given_times_strikes_that_often(synthetic: SimulatorProcess) -> None:
    rule = {"kind": "status", "path": "time$", "status": 503, "times": 2, "after": 1}
    synthetic.post_faults([{**rule, "headers": {"X-Cause": "test"}, "body": {"code": -1000}}])

    replies = [synthetic.get(REST, "/api/v3/time") for _ in range(4)]

    assert [reply.status for reply in replies] == [200, 503, 503, 200]
    assert replies[1].headers["x-cause"] == "test"
    assert replies[1].json() == {"code": -1000}
    assert synthetic.get(REST, "/api/v3/ping").status == 200
    assert [(rule["met"], rule["struck"]) for rule in synthetic.faults()] == [(4, 2)]


def test_429_given_retry_after_says_it(synthetic: SimulatorProcess) -> None:
    synthetic.post_faults([{"host": REST, "kind": "429", "retry_after": 3, "times": 1}])

    reply = synthetic.get(REST, "/api/v3/ping")

    assert (reply.status, reply.headers["retry-after"], reply.json()["code"]) == (429, "3", -1003)
    assert synthetic.get(REST, "/api/v3/ping").status == 200


def test_drop_given_a_file_closes_within_the_body(synthetic: SimulatorProcess) -> None:
    synthetic.post_faults([{"kind": "drop", "path": FILE, "times": 1}])

    with pytest.raises(http.client.IncompleteRead) as caught:
        synthetic.get(ARCHIVE, FILE)

    assert len(caught.value.partial) > 0
    assert synthetic.get(ARCHIVE, FILE).status == 200


def test_corrupt_given_a_file_changes_bytes_and_not_the_length(
    synthetic: SimulatorProcess,
) -> None:
    good = synthetic.get(ARCHIVE, FILE).body
    synthetic.post_faults([{"kind": "corrupt", "path": r"\.zip$", "times": 1}])
    bad = synthetic.get(ARCHIVE, FILE).body

    assert len(bad) == len(good)
    assert bad != good
    assert synthetic.get(ARCHIVE, FILE).body == good


def test_truncate_body_given_a_file_ends_early_without_an_http_error(
    synthetic: SimulatorProcess,
) -> None:
    good = synthetic.get(ARCHIVE, FILE).body
    synthetic.post_faults([{"kind": "truncate_body", "path": r"\.zip$"}])
    bad = synthetic.get(ARCHIVE, FILE)

    assert bad.body == good[: len(good) // 2]
    assert int(bad.headers["content-length"]) == len(bad.body)


def test_wrong_checksum_given_a_file_spoils_its_checksum_alone(
    synthetic: SimulatorProcess,
) -> None:
    good = synthetic.get(ARCHIVE, f"{FILE}.CHECKSUM").body
    synthetic.post_faults([{"kind": "wrong_checksum", "path": r"03-01\.zip$"}])
    bad = synthetic.get(ARCHIVE, f"{FILE}.CHECKSUM").body
    content = synthetic.get(ARCHIVE, FILE).body

    assert bad.split()[0] != good.split()[0] == hashlib.sha256(content).hexdigest().encode()
    assert bad.split()[1] == good.split()[1]


def test_missing_given_an_archive_file_is_the_s3_404(synthetic: SimulatorProcess) -> None:
    synthetic.post_faults([{"kind": "missing", "path": "2023-03-01"}])

    assert b"NoSuchKey" in synthetic.get(ARCHIVE, FILE).body
    assert synthetic.get(ARCHIVE, OTHER).status == 200


def test_truncate_row_given_one_file_stays_and_its_checksum_agrees(
    synthetic: SimulatorProcess,
) -> None:
    good = zip_rows(synthetic.get(ARCHIVE, FILE).body)
    rule = {"kind": "truncate_row", "path": "1h", "row": 3, "columns": 4, "times": 1}
    synthetic.post_faults([rule])

    checksum = synthetic.get(ARCHIVE, f"{FILE}.CHECKSUM").body
    content = synthetic.get(ARCHIVE, FILE).body

    assert hashlib.sha256(content).hexdigest().encode() in checksum
    assert zip_rows(content)[2] == b",".join(good[2].split(b",")[:4])
    assert zip_rows(content)[:2] + zip_rows(content)[3:] == good[:2] + good[3:]
    assert len(zip_rows(synthetic.get(ARCHIVE, OTHER).body)[2].split(b",")) == 12


def test_delay_given_another_rule_waits_and_lets_it_strike(synthetic: SimulatorProcess) -> None:
    delay = {"kind": "delay", "seconds": 0.2}
    synthetic.post_faults([delay, {"kind": "status", "status": 500}])

    assert synthetic.get(REST, "/api/v3/ping").status == 500
    assert [rule["struck"] for rule in synthetic.faults()] == [1, 1]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([{"kind": "explode"}], "'status', '403', '418'"),
        ([{"kind": "drop", "host": "example.com"}], "data-api.binance.vision"),
        ([{"kind": "drop", "path": "("}], "0.drop.path"),
        ([{"kind": "drop", "time": 1}], "0.drop.time: no such field; valid are kind, host"),
        ([{"kind": "drop", "start": "2025"}], "valid is 2023-03-15T00:00:00Z"),
        ([{"kind": "drop", "end": 2025}], "valid is 2023-03-15T00:00:00Z"),
        ([{"kind": "drop", "times": 0}], "greater than or equal to 1"),
        ([{"kind": "status"}], "0.status.status"),
        ([with_header("X Cause", "a")], "no name of a header"),
        ([with_header("", "a")], "no name of a header"),
        ([with_header("X-Cause", "a\r\nX-Other: b")], "no control characters"),
        ([with_header("X-Cause", "a\0")], "no control characters"),
        ([with_header("content-length", "5")], "wrong_content_length"),
        ([with_header("Transfer-Encoding", "chunked")], "wrong_content_length"),
        (
            [{"kind": "drop", "host": "www.okx.com", "exchange": "bybit"}],
            "0.drop: Value error, www.okx.com is a host of okx, not bybit",
        ),
        ([{"kind": "outage", "start": NOON, "end": NOON}], "it ends before it starts"),
        ({"kind": "drop"}, "list"),
    ],
)
def test_rules_given_an_invalid_one_are_refused_by_name(
    synthetic: SimulatorProcess, rules: list[dict[str, object]], said: str
) -> None:
    with pytest.raises(ValueError, match="no list of fault rules") as caught:
        synthetic.post_faults(rules)

    assert said in str(caught.value)
    assert synthetic.faults() == []


def test_faults_option_given_a_file_are_in_force_from_the_start(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text(json.dumps([{"kind": "status", "status": 500}]))

    with simulator(faults=file) as running:
        assert running.get(REST, "/api/v3/ping").status == 500


def test_faults_option_given_no_file_is_a_typed_error(tmp_path: Path) -> None:
    with (
        pytest.raises(FaultRuleError, match="cannot be read"),
        simulator(faults=tmp_path / "none.json"),
    ):
        pass
