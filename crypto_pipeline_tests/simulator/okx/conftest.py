"""OKX for the tests of this folder: what a test does not change stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.okx.asking import Okx


@pytest.fixture
def okx(synthetic: SimulatorProcess) -> Iterator[Okx]:
    """OKX whose clock stands at NOW, without faults and without limits."""
    synthetic.set_rules(limits=False, hurry=1.0, okx_checksum=False)
    yield Okx(synthetic)
    synthetic.set_rules(limits=True, hurry=1.0, okx_checksum=False)
