"""A simulator that the clients' tests of a module share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crypto_pipeline_tests.clients.expected import SEED
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator


@pytest.fixture(scope="module")
def venue() -> Iterator[SimulatorProcess]:
    """All exchanges of the market that `expected.py` knows, with their limits in force."""
    with simulator(seed=SEED) as running:
        yield running
