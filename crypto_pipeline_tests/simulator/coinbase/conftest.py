"""A simulator without limits that the tests of a module share; its clock stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess, simulator
from crypto_pipeline_tests.simulator.coinbase.asking import NOW


@pytest.fixture(scope="module")
def unlimited() -> Iterator[SimulatorProcess]:
    """One simulator a module, without limits."""
    with simulator(seed=7, limits=False) as running:
        yield running


@pytest.fixture
def coinbase(unlimited: SimulatorProcess) -> SimulatorProcess:
    """A simulator without limits and faults whose clock stands at NOW."""
    unlimited.post_faults([])
    unlimited.set_clock(NOW)
    return unlimited


@pytest.fixture
def limited() -> Iterator[SimulatorProcess]:
    """A simulator of a test's own, with limits; its clock stands at NOW."""
    with simulator(seed=7) as running:
        running.set_clock(NOW)
        yield running
