"""What `doctor` finds out on this machine: versions, extensions, home, disk, locks, runs.

What belongs here: one function a subject, each of which ends, and finds rather than raises. What
does not: asking the exchanges (`cli/doctor_venues.py`), printing (`cli/doctor.py`).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from packaging.requirements import Requirement

from crypto_pipeline.errors import CryptoPipelineError
from crypto_pipeline.history.selection import configured_series
from crypto_pipeline.lake.catalogs import Catalog, connect_read_only, has_lake
from crypto_pipeline.lake.locks import holder, is_held
from crypto_pipeline.lake.migrations import MIGRATIONS, refuse_newer
from crypto_pipeline.lake.origin import origin_of
from crypto_pipeline.settings import Settings

PYTHONS = ((3, 11), (3, 14))
"""The first that is supported, and the first that is not any more."""

DISTRIBUTION = "crypto-pipeline"
WATCHED = re.compile(r"duckdb.*|dagster.*|dbt-.*|ccxt|pyarrow|pandas")
EXTENSION_SECONDS = 60.0
BYTES_A_KLINE = 80.0
"""For a home that cannot tell yet: what a minute of BTC/USDT takes with the bars derived from it,
written day by day; `lake compact` brings it to about 45."""

MEASURABLE = 10_000
"""Klines from which a lake's own figure is used; below it the files' fixed parts outweigh them."""

FEW_DAYS, LITTLE_SPACE = 30, 2e9


class Level(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor.

    Attributes:
        subject: what was looked at.
        level: how it is.
        found: what was seen.
        advice: what to do; empty where all is well.
    """

    subject: str
    level: Level
    found: str
    advice: str = ""


def check_python() -> Finding:
    """Whether this Python is one that all pinned packages have wheels for."""
    here = f"Python {sys.version.split()[0]}"
    if PYTHONS[0] <= sys.version_info[:2] < PYTHONS[1]:
        return Finding("python", Level.OK, here)
    return Finding("python", Level.FAIL, here, "use Python 3.11, 3.12 or 3.13; dbt ends there")


def check_versions() -> Iterator[Finding]:
    """Whether what is installed is what this program is pinned to."""
    wrong = False
    for requirement in map(Requirement, requires(DISTRIBUTION) or []):
        if requirement.marker is not None or not WATCHED.fullmatch(requirement.name):
            continue
        installed = _installed(requirement.name)
        if installed is None or not requirement.specifier.contains(installed, prereleases=True):
            wrong = True
            found = f"{requirement.name} {installed or 'is absent'}, pinned {requirement.specifier}"
            advice = f"pip install '{requirement.name}{requirement.specifier}'"
            yield Finding("versions", Level.FAIL, found, advice)
    if not wrong:
        named = ("duckdb", "dagster", "dbt-core", "ccxt")
        found = ", ".join(f"{name} {version(name)}" for name in named)
        yield Finding("versions", Level.OK, f"{DISTRIBUTION} {version(DISTRIBUTION)}: {found}")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_extensions() -> Finding:
    """Whether DuckDB loads its extensions in a process with an empty HOME."""
    code = "from crypto_pipeline.lake.catalogs import open_session; open_session()"
    with TemporaryDirectory() as empty:
        try:
            done = subprocess.run(
                [sys.executable, "-c", code],
                env={"HOME": empty},
                capture_output=True,
                text=True,
                timeout=EXTENSION_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Finding("extensions", Level.FAIL, "loading them does not end", REINSTALL)
    if done.returncode == 0:
        return Finding(
            "extensions", Level.OK, "ducklake and sqlite_scanner load with an empty HOME"
        )
    said = (done.stderr.strip().splitlines() or ["no reason"])[-1]
    return Finding("extensions", Level.FAIL, said, REINSTALL)


REINSTALL = "install crypto-pipeline again: its duckdb and extension wheels belong together"


def check_home(home: Path) -> Finding:
    """Whether the home is there, can be written, and what it holds."""
    place = next(path for path in (home, *home.parents) if path.exists())
    try:
        with TemporaryDirectory(dir=place, prefix=".doctor-"):
            pass
    except OSError as error:
        found = f"{place} cannot be written: {error.strerror}"
        return Finding("home", Level.FAIL, found, "set CRYPTO_HOME to a folder that can")
    if not home.exists():
        return Finding("home", Level.OK, f"{home} is not there yet; the first load makes it")
    try:
        origin = origin_of(home)
    except CryptoPipelineError as error:
        return Finding("home", Level.FAIL, str(error), "restore the file from a backup")
    return Finding("home", Level.OK, f"{home}, origin {origin or 'not stamped yet'}")


def check_lake(home: Path) -> Finding:
    """Whether the lake opens, and which schemas it has."""
    if not has_lake(home):
        return Finding("lake", Level.OK, "none yet; crypto-pipeline backfill makes it")
    try:
        with connect_read_only(home) as session:
            found = {catalog: refuse_newer(session, catalog) for catalog in Catalog}
    except CryptoPipelineError as error:
        return Finding("lake", Level.FAIL, str(error), "see the message")
    shown = ", ".join(f"{catalog.value} {number}" for catalog, number in found.items())
    if any(number < len(MIGRATIONS[catalog]) for catalog, number in found.items()):
        return Finding("lake", Level.WARN, f"schemas {shown}: older", "the next load updates them")
    return Finding("lake", Level.OK, f"schemas {shown}")


def check_disk(settings: Settings) -> Finding:
    """What is free, what the home takes, and how long the configured series go on.

    A day's growth is the bars that the configured series have a day, times the bytes that a stored
    bar takes in this lake (BYTES_A_KLINE where it has none).
    """
    place = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free, taken = shutil.disk_usage(place).free, _size(settings.home)
    bars = sum(s.grid.bars_per_day for s in configured_series(settings) if s.interval is not None)
    each, measured = bytes_a_kline(settings.home)
    daily = bars * each
    found = (
        f"{_gb(free)} free, the home takes {_gb(taken)}; {bars:,} bars a day at {each:.0f} bytes "
        f"({'measured' if measured else 'assumed'}) make {daily / 1e9:.2g} GB a day"
    )
    days = free / daily if daily else float("inf")
    if days < 365 * 100:
        found += f", room for {days:,.0f} days"
    if free < LITTLE_SPACE or days < FEW_DAYS:
        advice = "free some space, collect less (CRYPTO_INTERVALS), or move the home"
        return Finding("disk", Level.WARN, found, advice)
    return Finding("disk", Level.OK, found)


def bytes_a_kline(home: Path) -> tuple[float, bool]:
    """Bytes of Parquet by stored kline, marts included, and whether this lake told them."""
    if has_lake(home):
        with suppress(CryptoPipelineError, duckdb.Error), connect_read_only(home) as session:
            row = session.execute(_STORED).fetchone()
            if row and row[0] and row[1] >= MEASURABLE:
                return float(row[0]) / float(row[1]), True
    return BYTES_A_KLINE, False


_STORED = """
SELECT (SELECT sum(file_size_bytes) FROM ducklake_table_info('market'))
     + (SELECT coalesce(sum(file_size_bytes), 0) FROM ducklake_table_info('marts')),
       (SELECT count(*) FROM market.klines)
"""


def _size(folder: Path) -> int:
    return sum(_bytes(path) for path in folder.rglob("*"))


def _bytes(path: Path) -> int:
    # Files come and go while others write.
    try:
        return path.lstat().st_size if path.is_file() else 0
    except OSError:
        return 0


def _gb(size: float) -> str:
    return f"{size / 1e9:.2f} GB"


def check_locks(home: Path) -> Iterator[Finding]:
    """Which locks are held, and by whom."""
    held = [path for path in sorted((home / "run").rglob("*.lock")) if is_held(path)]
    for path in held:
        yield Finding("locks", Level.OK, f"{path.stem} is held by {holder(path)}")
    if not held:
        yield Finding("locks", Level.OK, "none is held")
