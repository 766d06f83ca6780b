"""Simulators that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto_pipeline.simulator.wire.hostnames import HOSTS
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

NOW = "2025-02-10T12:34:30Z"
SERVED = [name for name in HOSTS if name != "dstream.binance.com"]
"""Hosts of the synthetic market; COIN-M has websockets in recordings alone."""


@pytest.fixture(scope="module")
def shared() -> Iterator[SimulatorProcess]:
    """One synthetic simulator a module; `synthetic` sets it back for each test."""
    with simulator(seed=7) as running:
        yield running


@pytest.fixture
def synthetic(shared: SimulatorProcess) -> SimulatorProcess:
    """A synthetic simulator without faults, its rules as at the start; its clock stands at NOW."""
    shared.post_faults([])
    shared.set_rules(limits=True, hurry=1, firehose=False, okx_checksum=False)
    shared.set_clock(NOW)
    return shared


@pytest.fixture
def recorded(real_data: Path) -> Iterator[SimulatorProcess]:
    """A simulator that serves recordings."""
    with simulator(recordings=real_data) as running:
        yield running
