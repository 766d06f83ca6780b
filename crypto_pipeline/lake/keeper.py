"""An idle reader of each catalog in a process of its own, one a home.

While one other process has a catalog open, SQLite never has to make or remove its write-ahead log,
and nobody waits whole seconds for that. `up`, `stream` and `backfill` start a keeper for as long as
they run; of several, the one that holds `run/keeper.lock` keeps and the others stand by.

What belongs here: that process. It never writes, and it opens the catalogs with SQLite itself, so
it must not run in a process that has a lake attached.
"""

from __future__ import annotations

import select
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from crypto_pipeline.errors import LakeLockedError
from crypto_pipeline.lake.catalogs import Catalog, catalog_file
from crypto_pipeline.lake.locks import hold, lock_path

STANDBY_SECONDS = 1.0


@contextmanager
def keeping(home: Path) -> Iterator[None]:
    """Run a keeper of this home for the length of the block; it ends with the block or with us."""
    process = subprocess.Popen(
        [sys.executable, "-m", "crypto_pipeline.lake.keeper", str(home.absolute())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=5)


def keep(home: Path) -> None:
    """Stand by for the lock, then hold each catalog open, until standard input closes."""
    while not _starter_has_ended(0):
        try:
            with hold(lock_path(home, "keeper"), wait=0, purpose="keeper"), ExitStack() as open_:
                for catalog in Catalog:
                    open_.enter_context(closing(_open(catalog_file(home, catalog))))
                while not _starter_has_ended(STANDBY_SECONDS):
                    pass
        except LakeLockedError:
            if _starter_has_ended(STANDBY_SECONDS):
                return


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection


def _starter_has_ended(seconds: float) -> bool:
    """Wait so long for the starter's end of the pipe to close."""
    readable, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(readable)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
