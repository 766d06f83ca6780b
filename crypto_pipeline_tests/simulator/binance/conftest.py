"""Simulators that the tests of Binance share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess, simulator
from crypto_pipeline_tests.simulator.conftest import NOW

BUCKET = "data.binance.vision"


@pytest.fixture
def synthetic(shared: SimulatorProcess) -> SimulatorProcess:
    """A synthetic simulator without faults and limits whose clock stands at NOW."""
    shared.post_faults([])
    shared.set_clock(NOW)
    shared.set_rules(limits=False, hurry=1.0)
    return shared


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> Iterator[SimulatorProcess]:
    """A simulator that serves the recorded bucket alone, one a module."""
    folder = tmp_path_factory.mktemp("recordings")
    (folder / BUCKET).symlink_to(real_data / BUCKET)
    with simulator(recordings=folder) as running:
        yield running


@pytest.fixture
def recorded(bucket: SimulatorProcess) -> SimulatorProcess:
    """The recorded bucket."""
    return bucket
