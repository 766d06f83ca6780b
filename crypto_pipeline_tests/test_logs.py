"""Logs: what a line carries, where it goes, and what is masked."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from crypto_pipeline.errors import UsageError
from crypto_pipeline.logs import (
    bind_run,
    configure_logs,
    get_logger,
    mask_secrets,
    remove_log_handlers,
)

LOGIN = "someone:pass-1@"

WRITER = """
import sys
from pathlib import Path
from crypto_pipeline.logs import configure_logs, get_logger
configure_logs(Path(sys.argv[1]), "INFO", console=False, max_bytes=20_000, backups=50)
for number in range(300):
    get_logger("writer").info("line", number=number, writer=sys.argv[2])
"""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Leave the logging of this process as it was found."""
    level = logging.getLogger().level
    yield
    remove_log_handlers()
    logging.getLogger().setLevel(level)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


def lines(home: Path) -> list[dict[str, Any]]:
    text = (home / "logs" / "crypto_pipeline.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_line_given_keywords_carries_them_behind_the_common_keys(tmp_path: Path) -> None:
    configure_logs(tmp_path, "INFO", console=False)
    get_logger("crypto_pipeline.history").info("loaded", rows=1440, name="x")
    (line,) = lines(tmp_path)
    assert list(line)[:5] == ["timestamp", "level", "event", "run_id", "logger"]
    assert (line["level"], line["event"], line["run_id"]) == ("info", "loaded", None)
    assert (line["logger"], line["rows"], line["name"]) == ("crypto_pipeline.history", 1440, "x")
    assert line["timestamp"].endswith("Z")


def test_line_given_a_bound_run_carries_its_id(tmp_path: Path) -> None:
    configure_logs(tmp_path, "INFO", console=False)
    bind_run("run-1")
    get_logger("ours").info("loaded")
    logging.getLogger("theirs").warning("answer %s", 429)
    assert [line["run_id"] for line in lines(tmp_path)] == ["run-1", "run-1"]
    assert lines(tmp_path)[1]["event"] == "answer 429"


def test_level_given_info_drops_debug_lines(tmp_path: Path) -> None:
    configure_logs(tmp_path, "INFO", console=False)
    get_logger("ours").debug("no")
    structlog.get_logger("ours").info("yes")
    assert [line["event"] for line in lines(tmp_path)] == ["yes"]


def test_level_given_debug_keeps_whole_requests_of_libraries_out(tmp_path: Path) -> None:
    configure_logs(tmp_path, "DEBUG", console=False)
    logging.getLogger("ccxt.base").debug("request with headers")
    get_logger("ours").debug("yes")
    assert [line["event"] for line in lines(tmp_path)] == ["yes"]


def test_line_given_an_exception_carries_its_traceback_masked(tmp_path: Path) -> None:
    configure_logs(tmp_path, "INFO", console=False)
    try:
        raise OSError(f"no answer of http://{LOGIN}h")
    except OSError:
        get_logger("ours").exception("failed")
    (line,) = lines(tmp_path)
    assert "OSError: no answer of http://***@h" in line["exception"]


def test_console_given_true_writes_readable_lines_without_secrets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(tmp_path, "INFO", console=True)
    get_logger("ours").info("loaded", rows=3, url=f"http://{LOGIN}h/a")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "loaded" in captured.err
    assert "rows=3 url=http://***@h/a" in captured.err


def test_configure_given_twice_writes_each_line_once(tmp_path: Path) -> None:
    configure_logs(tmp_path / "a", "INFO", console=False)
    configure_logs(tmp_path / "b", "INFO", console=False)
    get_logger("ours").info("once")
    assert lines(tmp_path / "a") == []
    assert len(lines(tmp_path / "b")) == 1


def test_configure_given_a_folder_it_cannot_make_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(UsageError, match="Set CRYPTO_HOME to a folder"):
        configure_logs(tmp_path, "INFO", console=False)


def test_import_given_no_configuration_has_no_effect() -> None:
    script = "import logging, crypto_pipeline.logs; print(logging.getLogger().handlers)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_file_given_several_processes_keeps_every_line_and_rotates(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name]) for name in "abc"
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    files = sorted((tmp_path / "logs").glob("crypto_pipeline.jsonl*"))
    kept = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert {(line["writer"], line["number"]) for line in kept} == {
        (name, number) for name in "abc" for number in range(300)
    }
    assert len(kept) == 900
    assert len(files) > 3
    assert all(file.stat().st_size <= 21_000 for file in files)


def test_files_given_more_than_fits_keeps_the_configured_number(tmp_path: Path) -> None:
    configure_logs(tmp_path, "INFO", console=False, max_bytes=500, backups=2)
    for number in range(50):
        get_logger("ours").info("line", number=number)
    assert len(list((tmp_path / "logs").glob("crypto_pipeline.jsonl*"))) == 3


@pytest.mark.parametrize(
    "key", ["key", "api_key", "apiKey", "secret", "access_token", "password", "passphrase"]
)
def test_mask_given_a_secrets_name_hides_its_value(key: str) -> None:
    assert mask_secrets(None, "info", {key: "pass-1"}) == {key: "***"}
    assert mask_secrets(None, "info", {"deep": [{key: "pass-1"}]}) == {"deep": [{key: "***"}]}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"GET https://{LOGIN}h/x", "GET https://***@h/x"),
        ("/order?apiKey=pass-1&limit=5", "/order?apiKey=***&limit=5"),
        ("{'secret': 'pass-1', 'a': 1}", "{'secret': ***, 'a': 1}"),  # pragma: allowlist secret
        ("password=pass-1", "password=***"),
        ("mail a@b about 3 tokens", "mail a@b about 3 tokens"),
    ],
)
def test_mask_given_a_secret_in_text_hides_it(text: str, masked: str) -> None:
    assert mask_secrets(None, "info", {"event": text}) == {"event": masked}


def test_mask_given_plain_values_leaves_them() -> None:
    event = {"asset_key": "binance/spot", "rows": 3, "share": 0.5, "done": True, "none": None}
    assert mask_secrets(None, "info", dict(event)) == event
