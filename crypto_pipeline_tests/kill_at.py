"""Run the command line and kill it, as `kill -9` does, at a named point of the n-th klines commit.

    python -m crypto_pipeline_tests.kill_at POINT N backfill --symbol …

`inside-commit` waits in a second thread until SQLite writes the catalog's log, which happens in
COMMIT alone, and kills then. What does not belong here: what must hold afterwards.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from crypto_pipeline.cli import main
from crypto_pipeline.history import landing
from crypto_pipeline.lake.catalogs import catalog_file
from crypto_pipeline.lake.session import WriteSession

POINTS = ("before-transaction", "before-insert", "before-commit", "inside-commit", "after-commit")

Transaction = Callable[[duckdb.DuckDBPyConnection], Any]


def die() -> None:
    """End at once, without a word."""
    os.kill(os.getpid(), signal.SIGKILL)


class KillingLanding(landing.Landing):
    """A landing whose n-th commit does not survive."""

    point = ""
    left = 0

    def land(self, batch: landing.Batch, now: Any) -> landing.Landed:
        """Land a batch, or die in it."""
        KillingLanding.left -= 1
        if KillingLanding.left:
            return super().land(batch, now)
        self._session = KillingSession(self._session, self.point)  # type: ignore[assignment]
        super().land(batch, now)
        die()
        raise AssertionError


class KillingSession:
    """A session whose next transaction ends at a point."""

    def __init__(self, session: WriteSession, point: str) -> None:
        self._session, self._point = session, point

    def write(self, transaction: Transaction) -> Any:
        """Run the transaction up to the point."""
        if self._point == "before-transaction":
            die()
        return self._session.write(lambda connection: self._run(connection, transaction))

    def _run(self, connection: duckdb.DuckDBPyConnection, transaction: Transaction) -> Any:
        if self._point == "before-insert":
            die()
        result = transaction(connection)
        if self._point == "before-commit":
            die()
        if self._point == "inside-commit":
            log = Path(f"{catalog_file(self._session.home, self._session.catalog)}-wal")
            threading.Thread(target=_die_on_change, args=(log,), daemon=True).start()
        return result


def _die_on_change(log: Path) -> None:
    def state() -> tuple[int, int]:
        found = log.stat()
        return found.st_size, found.st_mtime_ns

    before = state()
    while state() == before:
        pass
    die()


if __name__ == "__main__":
    KillingLanding.point, KillingLanding.left = sys.argv[1], int(sys.argv[2])
    if KillingLanding.point not in POINTS:
        sys.exit(f"point '{KillingLanding.point}' is not known; valid are {', '.join(POINTS)}")
    from crypto_pipeline.history import loads

    loads.Landing = KillingLanding  # type: ignore[attr-defined]
    sys.argv = ["crypto-pipeline", *sys.argv[3:]]
    sys.exit(main())
