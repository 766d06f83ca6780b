"""Simulators and homes that these tests share; each test starts without faults."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto_pipeline_tests.history.loads import NOW
from crypto_pipeline_tests.history.rebuilds import fill
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator


@pytest.fixture(scope="session")
def shared_synthetic() -> Iterator[SimulatorProcess]:
    """One synthetic simulator for all."""
    with simulator(seed=7) as running:
        yield running


@pytest.fixture(scope="session")
def shared_recorded(real_data: Path) -> Iterator[SimulatorProcess]:
    """One simulator of recordings for all."""
    with simulator(recordings=real_data) as running:
        yield running


@pytest.fixture
def synthetic(shared_synthetic: SimulatorProcess) -> SimulatorProcess:
    """A synthetic market without faults, its clock at NOW."""
    shared_synthetic.post_faults([])
    shared_synthetic.set_clock(NOW.isoformat())
    return shared_synthetic


@pytest.fixture
def recorded(shared_recorded: SimulatorProcess) -> SimulatorProcess:
    """A recorded market without faults, its clock the machine's."""
    shared_recorded.post_faults([])
    shared_recorded.set_clock(None, 1.0)
    return shared_recorded


@pytest.fixture(params=["synthetic", pytest.param("recorded", marks=pytest.mark.real_data)])
def market(request: pytest.FixtureRequest) -> SimulatorProcess:
    """Either market; both have BTC/USDT 1h in 2023-03."""
    running: SimulatorProcess = request.getfixturevalue(request.param)
    return running


@pytest.fixture(scope="session")
def original(
    shared_synthetic: SimulatorProcess, fresh_lake: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A home with rows of every kind, made once and only ever copied."""
    home = tmp_path_factory.mktemp("original") / "home"
    shutil.copytree(fresh_lake, home)
    fill(home, shared_synthetic)
    return home


@pytest.fixture
def mine(original: Path, home: Path) -> Path:
    """A copy of it that a test may spoil."""
    shutil.copytree(original, home)
    return home
