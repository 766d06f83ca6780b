"""The built wheel stands alone: in an empty environment, from an empty folder, the demo runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 300


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=TIMEOUT)
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_given_its_files_holds_settings_dbt_project_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "crypto_pipeline/base.yaml" in names
    assert "crypto_pipeline/py.typed" in names
    assert "crypto_pipeline/dbt_project/dbt_project.yml" in names
    assert not [name for name in names if "tests" in name.split("/")[0]]


def test_wheel_given_an_empty_venv_and_folder_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    """The venv sees the locked packages of this one; of crypto_pipeline it has the wheel alone."""
    venv, home, work = tmp_path / "venv", tmp_path / "user", tmp_path / "work"
    work.mkdir()
    home.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True, timeout=60)
    (packages,) = venv.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(packages)
    _borrow_packages(packages)
    python = str(venv / "bin" / "python")
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "COLUMNS": "200"}
    where = subprocess.run(
        [python, "-c", "import crypto_pipeline; print(crypto_pipeline.__file__)"],
        env=env, cwd=work, capture_output=True, text=True, check=True, timeout=TIMEOUT,
    )  # fmt: skip
    assert where.stdout.startswith(str(packages))
    done = subprocess.run(
        [python, "-m", "crypto_pipeline.cli", "demo"],
        env=env, cwd=work, capture_output=True, text=True, check=False, timeout=TIMEOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    # Coinbase leaves out minutes without a trade, and how many there are changes with the day.
    assert re.search(r"60,[345]\d\d rows: 60,[345]\d\d inserted, 0 changed", done.stdout)
    assert sorted(path.name for path in work.iterdir()) == [".crypto_pipeline_demo"]


def _borrow_packages(packages: Path) -> None:
    """Make the installed packages visible, all but the editable one of this project."""
    (mine,) = {Path(p) for p in sys.path if Path(p, "dagster").is_dir()}
    for path in mine.iterdir():
        ours = path.name.startswith(("crypto_pipeline", "_crypto_pipeline", "_editable"))
        if not ours and path.suffix != ".pth" and not (packages / path.name).exists():
            (packages / path.name).symlink_to(path)
    scripts = packages.parents[2] / "bin"
    (scripts / "dbt").write_text(
        f"#!{scripts / 'python'}\nfrom dbt.cli.main import cli\ncli()\n", encoding="utf-8"
    )
    (scripts / "dbt").chmod(0o755)
