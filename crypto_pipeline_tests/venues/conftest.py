"""One simulator for the tests of this folder, set back for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess, simulator
from crypto_pipeline_tests.venues.asking import NOW


@pytest.fixture(scope="session")
def shared_market() -> Iterator[SimulatorProcess]:
    """A synthetic market; what it enforces is the exchanges' own limits."""
    with simulator(seed=7) as running:
        yield running


@pytest.fixture
def market(shared_market: SimulatorProcess) -> SimulatorProcess:
    """The market without faults and limits, its clock standing at NOW."""
    shared_market.post_faults([])
    shared_market.set_rules(limits=False, hurry=1, firehose=False, okx_checksum=False)
    shared_market.set_clock(NOW.isoformat())
    return shared_market
