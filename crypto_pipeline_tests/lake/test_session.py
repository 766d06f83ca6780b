"""Transactions: whole or not at all, one at a time, whatever ends them."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from crypto_pipeline.errors import LakeError, LakeLockedError
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.locks import hold, holder, is_held, lock_path, write_lock
from crypto_pipeline.lake.session import is_transient, writing
from crypto_pipeline.lake.tables import KLINES
from crypto_pipeline.lake.writing import append
from crypto_pipeline_tests.lake.rows import (
    PROGRAM_WAIT,
    klines,
    land,
    printed,
    python,
    rows,
    snapshot,
)

COUNT = "SELECT count(*) FROM market.klines"

WRITER = """
import sys
from pathlib import Path
from crypto_pipeline_tests.lake.rows import klines, land

home, entity = Path(sys.argv[1]), sys.argv[2]
for minute in range(8):
    written = land(home, klines([minute, minute + 1], entity_id=entity))
    print(written.inserted, end=" ")
"""

HALF_WRITER = """
import sys, time
from pathlib import Path
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing
from crypto_pipeline.lake.tables import KLINES
from crypto_pipeline.lake.writing import append
from crypto_pipeline_tests.lake.rows import klines

def stop_before_commit(connection):
    append(connection, KLINES, klines(range(1000)))
    print("written", flush=True)
    time.sleep(60)

with writing(Path(sys.argv[1]), Catalog.MARKET) as session:
    session.write(stop_before_commit)
"""


def test_write_given_an_exception_writes_nothing_and_frees_the_lock(lake: Path) -> None:
    def fail(connection: duckdb.DuckDBPyConnection) -> None:
        append(connection, KLINES, klines([0]))
        raise ZeroDivisionError

    with writing(lake, Catalog.MARKET) as session:
        with pytest.raises(ZeroDivisionError):
            session.write(fail)
        assert not is_held(lock_path(lake, "market"))
        session.write(lambda connection: append(connection, KLINES, klines([1, 2])))

    assert rows(lake, COUNT) == [(2,)]


def test_write_given_bad_sql_is_a_lake_error_that_names_the_catalog(lake: Path) -> None:
    with (
        writing(lake, Catalog.MARTS) as session,
        pytest.raises(LakeError, match=r"catalog 'marts' in .* was not written: .*nowhere"),
    ):
        session.write(lambda connection: connection.execute("INSERT INTO nowhere VALUES (1)"))


def test_is_transient_given_what_duckdb_raises_tells_them_apart() -> None:
    locked = duckdb.IOException("Failed to execute query: database is locked")

    assert is_transient(locked)
    assert is_transient(duckdb.TransactionException("Transaction conflict"))
    assert not is_transient(duckdb.CatalogException("Table does not exist"))
    assert not is_transient(ValueError("database is locked"))


def test_write_given_two_processes_at_once_loses_nothing(lake: Path) -> None:
    writers = [python(WRITER, lake, entity) for entity in ("first", "second")]

    assert [printed(writer) for writer in writers] == ["2 1 1 1 1 1 1 1 "] * 2
    assert rows(lake, f"{COUNT} GROUP BY entity_id") == [(9,), (9,)]


def test_write_given_a_held_lock_names_its_holder(lake: Path) -> None:
    with (
        writing(lake, Catalog.MARKET, wait=0.1) as session,
        write_lock(lake, Catalog.MARKET),
        pytest.raises(LakeLockedError, match=rf"'market' is held by process {os.getpid()} \("),
    ):
        session.write(lambda _: None)


def test_hold_given_a_holder_that_dies_is_free_again(lake: Path) -> None:
    path = lock_path(lake, "market")
    process = python(HALF_WRITER, lake)
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    held, noted = is_held(path), holder(path)

    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PROGRAM_WAIT)

    assert held
    assert f"process {process.pid}" in noted
    with hold(path, wait=5, purpose="test"):
        assert f"process {os.getpid()} (test) since" in holder(path)


def test_write_given_kill_9_before_its_commit_is_as_if_nothing_had_been(lake: Path) -> None:
    land(lake, klines([0]))
    before = snapshot(lake)
    process = python(HALF_WRITER, lake)
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"

    process.kill()
    process.communicate(timeout=PROGRAM_WAIT)

    assert snapshot(lake) == before
    assert rows(lake, COUNT) == [(1,)]
    assert land(lake, klines(range(1000))).inserted == 999


FULL_DISK = """
import sys
from pathlib import Path
from crypto_pipeline.errors import LakeError
from crypto_pipeline.lake.session import prepare_lake
from crypto_pipeline_tests.lake.rows import klines, land, rows, snapshot

home = Path(sys.argv[1])
prepare_lake(home)
land(home, klines([0]))
held = snapshot(home)
filler = home / "filler"
with filler.open("wb", buffering=0) as file:
    try:
        while True:
            file.write(bytes(4096))
    except OSError:
        pass
try:
    land(home, klines(range(20_000)))
except LakeError as error:
    print(error)
else:
    sys.exit("the disk was not full")
filler.unlink()
assert snapshot(home) == held
assert rows(home, "SELECT count(*) FROM market.klines") == [(1,)]
print(land(home, klines(range(20_000))))
"""


def test_write_given_a_full_disk_writes_nothing_and_succeeds_once_there_is_room(
    tmp_path: Path,
) -> None:
    mount = 'mount -t tmpfs -o size=3m none "$1" && exec "$2" -c "$3" "$1/home"'
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    if (
        not shutil.which("unshare")
        or subprocess.run([*unshare[:4], "true"], check=False).returncode
    ):
        pytest.skip("this system lets nobody mount a small disk of one's own (unshare)")

    done = subprocess.run(
        [*unshare, tmp_path, sys.executable, FULL_DISK],
        capture_output=True,
        text=True,
        check=False,
        timeout=PROGRAM_WAIT,
    )

    assert done.returncode == 0, done.stderr
    assert "catalog 'market'" in done.stdout
    assert "Nothing of this transaction is stored" in done.stdout
    assert "Written(inserted=19999, changed=0, unchanged=1)" in done.stdout


def test_write_given_a_file_that_may_not_grow_writes_nothing(lake: Path) -> None:
    land(lake, klines([0]))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(LakeError, match="Nothing of this transaction is stored"):
            land(lake, klines(range(20_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert rows(lake, COUNT) == [(1,)]
    assert land(lake, klines(range(20_000))).inserted == 19_999
