"""The environments of the clients: made from their locks when first needed, then kept.

What belongs here: `.venvs/<client>` in the project's root, one for each folder beside this file
that holds a `requirements.lock`. What does not: what runs in them.

An environment is made anew when its lock, its Python or its place has changed. uv installs where
there is one, else the venv module and pip.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from filelock import FileLock

CLIENTS = Path(__file__).resolve().parent
ENVIRONMENTS = CLIENTS.parents[1] / ".venvs"
INSTALL_WAIT = 1200.0
"""Seconds that one step of an installation may take."""

_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem", "/etc/pki/tls/cert.pem")


def interpreter(client: str) -> Path:
    """The Python of a client's environment, which is made if need be.

    A lock named `build.lock` beside the other holds what is needed to compile a package of it.

    Raises:
        RuntimeError: it cannot be installed; the text is the installer's.
    """
    folder, locks = ENVIRONMENTS / client, _locks(CLIENTS / client)
    stamp, wanted = folder / "installed", _state(folder, locks)
    ENVIRONMENTS.mkdir(exist_ok=True)
    with FileLock(ENVIRONMENTS / f"{client}.lock", timeout=2 * INSTALL_WAIT):
        if not (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted):
            _make(folder, locks)
            stamp.write_text(wanted, encoding="utf-8")
    return _python(folder)


def _locks(client: Path) -> list[Path]:
    """In the order of installation."""
    build = client / "build.lock"
    return [*([build] if build.exists() else []), client / "requirements.lock"]


def _state(folder: Path, locks: list[Path]) -> str:
    digest = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()
    return f"{digest} {sys.version.split()[0]} {folder}"


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _make(folder: Path, locks: list[Path]) -> None:
    uv = shutil.which("uv")
    try:
        if uv is not None:
            return _make_with_uv(uv, folder, locks)
    except RuntimeError as error:
        print(f"uv could not make {folder}, trying venv and pip: {error}", file=sys.stderr)
    return _make_with_pip(folder, locks)


def _make_with_uv(uv: str, folder: Path, locks: list[Path]) -> None:
    _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    install = [uv, "pip", "install", "--quiet", "--python", str(_python(folder))]
    for lock in locks:
        _run([*install, "--no-deps", "--require-hashes", *_isolation(locks), "-r", str(lock)])


def _make_with_pip(folder: Path, locks: list[Path]) -> None:
    try:
        venv.create(folder, clear=True, with_pip=True)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{error}: install Python's venv package, or uv") from error
    install = [str(_python(folder)), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    install += ["--quiet", "install", "--no-deps", "--require-hashes", *_isolation(locks)]
    for lock in locks:
        _run([*install, "-r", str(lock)])


def _isolation(locks: list[Path]) -> list[str]:
    """What is compiled is compiled with the locked build tools, not with the newest."""
    return ["--no-build-isolation"] if len(locks) > 1 else []


def _run(command: list[str]) -> None:
    # As pip does; uv's own list of authorities lacks what a company's proxy signs with.
    system = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
    more = system if any(Path(bundle).exists() for bundle in _BUNDLES) else {}
    done = subprocess.run(
        command,
        env={**more, **os.environ},
        capture_output=True,
        text=True,
        timeout=INSTALL_WAIT,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:4])} failed: {done.stderr[-3000:]}")
