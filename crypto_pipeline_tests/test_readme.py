"""Every command of the README, run as it stands there, in its order."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crypto_pipeline_tests.command import TIMEOUT, pointed_at
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

BY_ITSELF = {"make test"}
"""What cannot run inside itself: continuous integration runs it."""

MAKE = re.compile(r"make (\w+)")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line]


@pytest.fixture(scope="module")
def exchange() -> Iterator[SimulatorProcess]:
    """What the reader's commands speak to, in place of the exchange itself."""
    with simulator(now=datetime(2026, 3, 5, 12, tzinfo=UTC)) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working folder of the person who follows the README."""
    return tmp_path_factory.mktemp("reader")


def shell(line: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("CRYPTO_", "DAGSTER_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/sh", "-c", line],
        env={**clean, "PATH": path, "COLUMNS": "200", **more},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def test_readme_given_make_lines_names_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = [matched[1] for line in commands() if (matched := MAKE.match(line))]
    assert set(targets) == {"demo", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_readme_given_the_demo_prints_what_it_shows(folder: Path) -> None:
    done = shell(f"make -C '{ROOT}' demo", folder, CRYPTO_HOME=str(folder / "demo"))
    assert done.returncode == 0, done.stderr
    for line in next(iter(blocks("text"))).splitlines():
        assert line.strip() == "..." or line.split() in [row.split() for row in _lines(done)]


def test_readme_given_its_commands_in_order_all_succeed(
    exchange: SimulatorProcess, folder: Path
) -> None:
    for line in commands():
        if MAKE.match(line) or " up" in line:
            continue
        done = shell(line, folder, **pointed_at(exchange))
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def test_readme_given_its_python_after_its_commands_prints_bars(folder: Path) -> None:
    (block,) = blocks("python")
    (folder / "example.py").write_text(block, encoding="utf-8")
    done = shell("python example.py", folder, CRYPTO_HOME=str(folder / "elsewhere"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("True") == 24  # every hour of the day is complete
    assert "40320" in done.stdout.replace(",", "")


def test_readme_given_up_demo_answers_and_ends_on_ctrl_c(folder: Path) -> None:
    assert "crypto-pipeline up --demo" in commands()
    process = subprocess.Popen(
        [sys.executable, "-m", "crypto_pipeline.cli", "up", "--demo", "--port", "0"],
        env={**os.environ, "CRYPTO_HOME": str(folder / "up")},
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    seen = []
    assert process.stdout is not None
    try:
        for line in process.stdout:
            seen.append(line)
            if "http://" in line and "127.0.0.1" in line and "web" in line.lower():
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, seen


def _lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    return done.stdout.splitlines()
