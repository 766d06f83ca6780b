"""Running dbt on a home: where its project lies, its environment, its manifest.

What belongs here: starting dbt as a process and keeping what it writes inside the home. What does
not: what the process does in the lake (`lake/dbt_plugin.py`), Dagster's side of it (`defs/`).
Nothing is ever written into the project's folder: in a wheel it may be read-only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from crypto_pipeline.errors import LakeError
from crypto_pipeline.lake.locks import hold, lock_path

PARSE_TIMEOUT = 300.0
"""Seconds that reading the project may take."""

STOP_TIMEOUT = 5.0
"""Seconds that dbt has to roll back after Ctrl-C before it is killed, which loses nothing either.

One that waits for the lock does so in a thread that hears of no signal."""

KEPT_RUNS = 10
"""How many runs' artefacts and logs stay in `dbt/runs`."""

PARTIAL_PARSE = "partial_parse.msgpack"

_START = "import sys; sys.argv[0] = 'dbt'; from dbt.cli.main import cli; cli()"
# `python -m dbt.cli.main` warns that the module is imported twice.


def project_folder() -> Path:
    """The dbt project: inside the package in a wheel, beside it in the repository.

    Raises:
        LakeError: it is in neither place.
    """
    package = Path(__file__).resolve().parents[1]
    candidates = (package / "dbt_project", package.parent / "dbt_project")
    for folder in candidates:
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise LakeError(
        f"the dbt project is neither {candidates[0]} nor {candidates[1]}; install crypto-pipeline "
        f"again"
    )


def target_folder(home: Path) -> Path:
    """Where the prepared manifest lies."""
    return home.absolute() / "dbt" / "target"


def dbt_environment(home: Path, target: Path | None = None) -> dict[str, str]:
    """The variables that dbt needs on top of the process's own.

    Args:
        home: CRYPTO_HOME.
        target: where this run writes its artefacts and its log; `dbt/target` of the home if None.
    """
    folder = str(target or target_folder(home))
    project = str(project_folder())
    return {
        "CRYPTO_LAKE_HOME": str(home.absolute()),
        "DBT_PROJECT_DIR": project,
        "DBT_PROFILES_DIR": project,
        "DBT_TARGET_PATH": folder,
        "DBT_LOG_PATH": folder,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": str(sys.stdout.isatty()).lower(),
    }


def dbt_command(args: Sequence[str]) -> list[str]:
    """The command line that runs dbt under this interpreter."""
    return [sys.executable, "-c", _START, *args]


def run_dbt(home: Path, args: Sequence[str]) -> int:
    """Run one dbt command on a home, as a process that shares this terminal.

    Ctrl-C reaches dbt too: it rolls back and ends, and this waits for it.

    Returns:
        dbt's exit code: 0, 1 (a model or test failed), 2 (dbt could not run); 130 after Ctrl-C.
    """
    target = _run_folder(home.absolute())
    environment = {**os.environ, **dbt_environment(home, target)}
    process = subprocess.Popen(dbt_command(args), env=environment, cwd=project_folder())
    try:
        code = process.wait()
    except KeyboardInterrupt:
        _let_end(process)
        return 128 + signal.SIGINT
    return code if code >= 0 else 128 - code


def _let_end(process: subprocess.Popen[bytes]) -> None:
    """Wait for dbt to roll back; the terminal sent it the same signal, another caller did not."""
    try:
        process.wait(timeout=1.0)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=STOP_TIMEOUT)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait(timeout=STOP_TIMEOUT)


def _run_folder(home: Path) -> Path:
    """A new folder for one run, with what was parsed before; the oldest ones go."""
    runs = home / "dbt" / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for old in sorted(runs.iterdir(), key=_last_written)[: -KEPT_RUNS + 1]:
        shutil.rmtree(old, ignore_errors=True)
    folder = runs / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{os.getpid()}"
    folder.mkdir()
    parsed = target_folder(home) / PARTIAL_PARSE
    if parsed.is_file():
        shutil.copy(parsed, folder)
    return folder


def _last_written(run: Path) -> float:
    """When a run's folder was last written; 0 where another process has just removed it."""
    try:
        return run.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def prepare_manifest(home: Path) -> Path:
    """Make sure that the project's manifest is there and up to date.

    dbt reads the project only when its files or dbt's version changed. Any number of processes may
    call this at once: one reads, the others wait for it.

    Returns:
        The path of manifest.json; the file is only ever replaced whole.

    Raises:
        LakeError: dbt cannot read the project; the text is dbt's own.
        LakeLockedError: another process has been at it for too long.
    """
    target = target_folder(home)
    manifest, stamp_file = target / "manifest.json", target / "stamp"
    stamp = _stamp(project_folder())
    if _is_fresh(manifest, stamp_file, stamp):
        return manifest
    with hold(lock_path(home, "dbt-manifest"), wait=PARSE_TIMEOUT, purpose="dbt parse"):
        if not _is_fresh(manifest, stamp_file, stamp):
            target.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=target.parent, prefix="parse-") as scratch:
                _parse(home, Path(scratch))
                (Path(scratch) / stamp_file.name).write_text(stamp, encoding="utf-8")
                for name in (PARTIAL_PARSE, manifest.name, stamp_file.name):
                    (Path(scratch) / name).replace(target / name)
    return manifest


def _is_fresh(manifest: Path, stamp_file: Path, stamp: str) -> bool:
    return (
        manifest.is_file()
        and stamp_file.is_file()
        and stamp_file.read_text(encoding="utf-8") == stamp
    )


def _parse(home: Path, target: Path) -> None:
    environment = {**os.environ, **dbt_environment(home, target), "DBT_USE_COLORS": "false"}
    done = subprocess.run(
        dbt_command(["parse"]),
        env=environment,
        cwd=project_folder(),
        capture_output=True,
        text=True,
        timeout=PARSE_TIMEOUT,
        check=False,
    )
    if done.returncode != 0:
        raise LakeError(f"dbt cannot read {project_folder()}:\n{done.stdout}{done.stderr}")


def _stamp(project: Path) -> str:
    """A digest of what the manifest depends on: the project's files, its place, dbt's version."""
    digest = hashlib.sha256(str(project).encode())
    for package in ("dbt-core", "dbt-duckdb"):
        digest.update(f"{package}=={version(package)}".encode())
    for path in sorted(project.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(project)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
