"""What dbt needs to work in the lake: the plugin that its profile names.

dbt-duckdb calls it after it opened an empty in-memory DuckDB and before anything else happens in
it. What belongs here: extensions, the marts lock, attaching the catalogs. What does not: starting
dbt (`lake/dbt_runs.py`), the models (`dbt_project/`).

A command that writes (build, run, seed, …) holds the write lock of `marts` until its process ends
or opens another home. A command that reads needs the lake alone; one that only looks at the project
(parse, compile, docs, list) needs neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.events.logging import AdapterLogger
from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError

from crypto_pipeline.errors import LakeError
from crypto_pipeline.lake.catalogs import Catalog, attach_statement, catalog_file, data_folder
from crypto_pipeline.lake.extensions import load_extensions
from crypto_pipeline.lake.locks import WRITE_WAIT, holder, is_held, lock_path, write_lock
from crypto_pipeline.lake.migrations import migrate, refuse_newer

_logger = AdapterLogger("crypto_pipeline")


class Access(Enum):
    """What a dbt command does to the lake."""

    NONE = 0
    READ = 1
    WRITE = 2


_COMMANDS = {
    **dict.fromkeys(("parse", "compile", "generate", "serve", "list", "ls", "debug"), Access.NONE),
    **dict.fromkeys(("test", "show", "freshness"), Access.READ),
}
"""Each command of dbt that is not here may write."""


def access_of_command() -> Access:
    """What the dbt command that runs in this process does to the lake."""
    command = getattr(get_flags(), "WHICH", None)  # type: ignore[no-untyped-call]  # dbt is half typed
    return Access.NONE if command is None else _COMMANDS.get(command, Access.WRITE)


class Plugin(BasePlugin):
    """Opens the lake of one home for one dbt process.

    Its configuration in profiles.yml: `home`, the absolute path of CRYPTO_HOME; `lock_wait`,
    seconds to wait for the marts lock.
    """

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take the configuration; nothing is opened yet."""
        self._home = plugin_config.get("home") or ""
        self._wait = float(plugin_config.get("lock_wait", WRITE_WAIT))
        self._access = Access.NONE
        self._held = ExitStack()

    @property
    def home(self) -> Path:
        """The home whose lake is opened.

        Raises:
            LakeError: none was given, or a relative one.
        """
        if not Path(self._home).is_absolute():
            raise LakeError(
                f"CRYPTO_LAKE_HOME is '{self._home}', which is not an absolute path. Start dbt "
                f"with: crypto-pipeline dbt …, or set it to the full path of CRYPTO_HOME."
            )
        return Path(self._home)

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Load the extensions and attach the catalogs; a command that writes locks marts first.

        Raises:
            DbtRuntimeError: from a LakeLockedError, where another process held the lock for as
                long as this one waits, or a LakeError, where the command needs a lake and the home
                holds none. dbt prints its own errors without a stack trace.
        """
        with _as_dbt_error():
            load_extensions(conn)
            self._attach(conn, access_of_command())

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Set what a cursor does not inherit, and open more if a later command needs more."""
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute("SET asof_loop_join_threshold = 0")
        if access_of_command().value > self._access.value:
            with _as_dbt_error():
                for catalog in Catalog:
                    cursor.execute(f"DETACH {catalog.value}")
                self._attach(cursor, access_of_command())

    def __del__(self) -> None:
        """Give the lock back when dbt drops the session; the process's end does so anyway."""
        self._held.close()

    def _attach(self, session: duckdb.DuckDBPyConnection, access: Access) -> None:
        if access is Access.NONE:
            for catalog in Catalog:
                session.execute(f"ATTACH ':memory:' AS {catalog.value}")
        else:
            self._attach_lake(session, access)
        self._access = access

    def _attach_lake(self, session: duckdb.DuckDBPyConnection, access: Access) -> None:
        writes = access is Access.WRITE
        _require(self.home, [Catalog.TICKS, Catalog.MARKET, *([] if writes else [Catalog.MARTS])])
        if writes:
            self._lock()
            data_folder(self.home, Catalog.MARTS).mkdir(parents=True, exist_ok=True)
        for catalog in Catalog:
            read_only = catalog is not Catalog.MARTS or not writes
            session.execute(attach_statement(self.home, catalog, read_only=read_only))
            refuse_newer(session, catalog)
        if writes:
            migrate(session, Catalog.MARTS)
            session.execute("USE memory")
        self._spill(session)

    def _lock(self) -> None:
        path = lock_path(self.home, Catalog.MARTS)
        if is_held(path):
            _logger.info(f"Waiting up to {self._wait:.0f} s for the marts lock of {holder(path)}")
        self._held.enter_context(write_lock(self.home, Catalog.MARTS, wait=self._wait))

    def _spill(self, session: duckdb.DuckDBPyConnection) -> None:
        """Let DuckDB use the home's disk where memory is short, and never the project's folder."""
        folder = str(self.home / "dbt" / "spill").replace("'", "''")
        session.execute(f"SET GLOBAL temp_directory = '{folder}'")


@contextmanager
def _as_dbt_error() -> Iterator[None]:
    try:
        yield
    except LakeError as error:
        raise DbtRuntimeError(str(error)) from error


def _require(home: Path, catalogs: list[Catalog]) -> None:
    """Refuse a home without these catalogs, before anything is made in it."""
    absent = [catalog.value for catalog in catalogs if not catalog_file(home, catalog).is_file()]
    if absent:
        raise LakeError(
            f"there is no {' and no '.join(absent)} catalog in {home}. Load something first "
            f"(crypto-pipeline demo, or crypto-pipeline backfill), or set CRYPTO_HOME to the "
            f"folder that holds a lake."
        )
