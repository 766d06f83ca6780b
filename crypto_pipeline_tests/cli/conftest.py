"""One home filled with real klines through the command line, shared by the tests that only read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crypto_pipeline_tests.command import crypto_pipeline, environment, pointed_at
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

FORTNIGHT = (
    "backfill",
    *("--exchange", "binance", "--symbol", "BTC/USDT", "--symbol", "ETH/USDT"),
    *("--interval", "1m", "--start", "2023-03-01", "--end", "2023-03-15"),
)


@dataclass(frozen=True)
class RealHome:
    """A home with BTC/USDT and ETH/USDT of 2023-03-01..14, and the run that filled it."""

    home: Path
    env: dict[str, str]
    mirror: SimulatorProcess
    first_run: subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def mirror(real_data: Path) -> Iterator[SimulatorProcess]:
    """The recorded archive, served as the exchange serves it."""
    with simulator(recordings=real_data) as running:
        yield running


@pytest.fixture(scope="session")
def real_home(mirror: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory) -> RealHome:
    """Fill a home once for all tests that do not change it."""
    home = tmp_path_factory.mktemp("real") / "home"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CRYPTO_")}
    env = {**clean, **environment(home, **pointed_at(mirror))}
    return RealHome(home, env, mirror, crypto_pipeline(*FORTNIGHT, env=env))
