"""Fixtures for all tests: recorded market data, and a home and settings that are nobody's own."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from crypto_pipeline.lake.session import prepare_lake

ROOT = Path(__file__).resolve().parents[1]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: what they hold is long, and may differ between processes."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of recorded market data; skips where it is absent."""
    folder = Path(os.environ.get("CRYPTO_REAL_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "data.binance.vision").is_dir():
        pytest.skip(f"no recorded market data in {folder}; set CRYPTO_REAL_DATA to its folder")
    return folder.resolve()


@pytest.fixture(autouse=True)
def no_settings_of_mine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every setting of the person who runs the tests out of the environment."""
    for name in list(os.environ):
        if name.startswith(("CRYPTO_", "DAGSTER_", "DBT_")) and name != "CRYPTO_REAL_DATA":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def limits_of_my_own(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Share what exchanges allow with nobody: a ban of one test must not outlive it.

    What is shared lies in the machine's temporary folder, here and in programs that are started.
    """
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty CRYPTO_HOME."""
    return tmp_path / "home"


@pytest.fixture(scope="session")
def fresh_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty lake, made once and only ever copied."""
    home = tmp_path_factory.mktemp("fresh") / "home"
    prepare_lake(home)
    return home


@pytest.fixture
def lake(home: Path, fresh_lake: Path) -> Path:
    """A home with an empty lake."""
    shutil.copytree(fresh_lake, home)
    return home
