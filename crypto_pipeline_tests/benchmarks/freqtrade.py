"""The peer: `freqtrade download-data` on the same mirror, in an environment of its own.

What belongs here: making that environment when it is first needed, and one run. What does not: how
freqtrade is pointed at the mirror (`clients/freqtrade/download.py`, which runs inside it).
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from crypto_pipeline_tests.benchmarks.make_archive import Archive
from crypto_pipeline_tests.benchmarks.running import Run, run_for_json

CLIENT = Path(__file__).parent.parent / "clients" / "freqtrade"
INSTALL_WAIT = 1200.0
"""Seconds that the installation may take."""


def download(mirror: str, folder: Path, archive: Archive, python: Path) -> Run:
    """Run freqtrade once into `folder`, which is made.

    Raises:
        RuntimeError: it failed, or stored other than all the bars.
    """
    folder.mkdir(parents=True)
    command = [str(python), str(CLIENT / "download.py"), "--mirror", mirror]
    command += [
        "--folder",
        str(folder),
        "--timerange",
        f"{archive.start:%Y%m%d}-{archive.end:%Y%m%d}",
    ]
    run = run_for_json([*command, "--pairs", *archive.symbols])
    if run.bars != archive.rows:
        raise RuntimeError(f"freqtrade stored {run.bars:,} bars; the archive has {archive.rows:,}")
    return run


def environment(folder: Path) -> Path:
    """The interpreter of freqtrade's environment under `folder`, made from its lock if need be.

    Raises:
        RuntimeError: it cannot be installed; the text is the installer's.
    """
    lock = CLIENT / "requirements.lock"
    stamp, wanted = folder / "installed", hashlib.sha256(lock.read_bytes()).hexdigest()
    python = folder / "bin" / "python"
    if not (stamp.exists() and stamp.read_text() == wanted):
        print(f"installing freqtrade from its lock into {folder} (once)", flush=True)
        _install(folder, python, lock)
        stamp.write_text(wanted)
    return python


def _install(folder: Path, python: Path, lock: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    uv = shutil.which("uv") or _beside_python("uv")
    if uv is None:
        venv.create(folder, with_pip=True)
        _run([str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)])
        return
    _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
    install = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", str(python)]
    _run([*install, "-r", str(lock)])


def _beside_python(program: str) -> str | None:
    path = Path(sys.executable).parent / program
    return str(path) if path.exists() else None


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=INSTALL_WAIT, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:4])} failed: {done.stderr[-3000:]}")
