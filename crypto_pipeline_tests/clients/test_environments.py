"""The clients' locks: exact, hashed, and of the packages that are asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crypto_pipeline_tests.clients.environments import CLIENTS, ENVIRONMENTS, interpreter

LOCKS = sorted(CLIENTS.glob("*/*.lock"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: f"{lock.parent.name}-{lock.stem}")
def test_lock_given_its_requirements_pins_and_hashes_all(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    pins = re.findall(r"^(\S+==\S+)(?: ;[^\\]*)? \\\n    --hash=sha256:", text, re.MULTILINE)
    asked = lock.with_suffix(".in").read_text(encoding="utf-8").split()

    assert set(asked) <= set(pins)
    assert len(pins) == len(re.findall(r"^\S", text, re.MULTILINE))
    assert "://" not in text


@pytest.mark.timeout(900)
def test_interpreter_given_an_installed_client_is_its_own() -> None:
    python = interpreter("ccxt")

    assert python.is_relative_to(ENVIRONMENTS / "ccxt")
    assert (ENVIRONMENTS / "ccxt" / "installed").exists()
