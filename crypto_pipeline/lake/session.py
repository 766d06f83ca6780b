"""A writer's session on one catalog: every transaction whole under the lock, retried whole.

What belongs here: opening a catalog for writing, transactions, which errors are transient. What
does not: what is written (`lake/writing.py`), or the lock itself (`lake/locks.py`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import duckdb
import stamina

from crypto_pipeline.errors import LakeError
from crypto_pipeline.lake.catalogs import (
    Catalog,
    attach_statement,
    catalog_file,
    data_folder,
    open_session,
)
from crypto_pipeline.lake.locks import WRITE_WAIT, present, write_lock
from crypto_pipeline.lake.migrations import is_current, migrate

Result = TypeVar("Result")

ATTEMPTS = 5
"""How often a transaction is tried before its transient error is final."""


def is_transient(error: Exception) -> bool:
    """Whether the same transaction may succeed when it is run again.

    Under the lock only a process that does not know it can be in the way: SQLite then says that
    the database is locked, DuckLake that another transaction got there first.
    """
    text = str(error).lower()
    return isinstance(error, duckdb.Error) and (
        isinstance(error, duckdb.TransactionException)
        or "database is locked" in text
        or "conflict" in text
    )


class WriteSession:
    """An open session that can write one catalog; not for use by two threads at once."""

    def __init__(
        self,
        home: Path,
        catalog: Catalog,
        *,
        wait: float = WRITE_WAIT,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self.home, self.catalog, self._wait, self._cancelled = home, catalog, wait, cancelled
        self._open = ExitStack()
        with self._translated():
            self._open.enter_context(present(home, catalog))
            data_folder(home, catalog).mkdir(parents=True, exist_ok=True)
        self._session = self._open.enter_context(open_session())
        # Every table is sorted as it is written: keeping the order of arrival as well costs time.
        self._session.execute("SET preserve_insertion_order = false")
        try:
            with self._locked():
                self._session.execute(attach_statement(home, catalog, read_only=False))
                self.applied = migrate(self._session, catalog)
        except BaseException:
            self.close()
            raise

    def write(self, transaction: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        """Run `transaction` from its first read to its commit under the catalog's lock.

        Args:
            transaction: reads and writes through the connection that it is given; it may run
                several times, so it must have no effect besides.

        Raises:
            LakeLockedError: another process held the lock all the while.
            LakeError: the transaction failed; nothing of it was written.
        """
        attempt = stamina.retry(on=is_transient, attempts=ATTEMPTS, wait_initial=0.05, wait_max=1.0)
        with self._locked():
            return attempt(self._once)(transaction)

    def maintain(self, work: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        """Run statements that bring their own transaction, such as a merge, under the lock."""
        with self._locked():
            return work(self._session)

    def close(self) -> None:
        """Close the session; a transaction that is open in it is rolled back."""
        self._open.close()

    def _once(self, transaction: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        self._session.execute("BEGIN")
        try:
            result = transaction(self._session)
            self._session.execute("COMMIT")
        except BaseException:
            # A failed COMMIT has rolled back already, and says so again.
            with contextlib.suppress(duckdb.TransactionException):
                self._session.execute("ROLLBACK")
            raise
        return result

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (
            self._translated(),
            write_lock(self.home, self.catalog, wait=self._wait, cancelled=self._cancelled),
        ):
            yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.Error, OSError) as error:
            raise LakeError(
                f"catalog '{self.catalog.value}' in {self.home} was not written: {error}. "
                f"Nothing of this transaction is stored; when the cause is gone, run it again."
            ) from error


@contextmanager
def writing(
    home: Path,
    catalog: Catalog,
    *,
    wait: float = WRITE_WAIT,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[WriteSession]:
    """A write session for the length of the block; `cancelled` ends a wait for the lock early."""
    session = WriteSession(home, catalog, wait=wait, cancelled=cancelled)
    try:
        yield session
    finally:
        session.close()


def prepare_lake(home: Path) -> None:
    """Make the three catalogs and bring their tables up to date.

    Where they are, nothing is written and no lock is waited for: dbt may hold one for minutes.

    Raises:
        LakeVersionError: the lake was written by a newer version.
    """
    for catalog in Catalog:
        if not _is_current(home, catalog):
            with writing(home, catalog):
                pass


def _is_current(home: Path, catalog: Catalog) -> bool:
    """Whether a catalog has every migration; one that is being made just now has not."""
    if not catalog_file(home, catalog).is_file():
        return False
    with open_session() as session:
        try:
            session.execute(attach_statement(home, catalog, read_only=True))
            return is_current(session, catalog)
        except duckdb.Error:
            return False
