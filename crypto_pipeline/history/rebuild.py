"""The market tables made again from the raw zone alone, beside the lake, then put in its place.

What belongs here: the order of the steps, so that a kill at any point loses nothing. What does not:
reading the raw zone (`history/replay.py`), comparing (`history/differences.py`).

A rebuild that was killed while it made the lake starts anew; one that was killed while folders were
renamed is completed by the next (`history/swap.py`). What loads commit meanwhile is made again as
well.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import parse_interval
from crypto_pipeline.domain.series import Series, parse_kind
from crypto_pipeline.errors import LakeError, RawError
from crypto_pipeline.history.checks import judge
from crypto_pipeline.history.coverage import Question, read_coverage
from crypto_pipeline.history.differences import (
    Difference,
    add_rebuilt,
    differences,
    open_market,
    unaccounted,
)
from crypto_pipeline.history.raw.journal import Journal, read_note
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.history.replay import Lost, Replay
from crypto_pipeline.history.swap import complete, put_in_place
from crypto_pipeline.lake.catalogs import Catalog, has_lake
from crypto_pipeline.lake.locks import WRITE_WAIT, alone, hold, lock_path, write_lock
from crypto_pipeline.lake.session import prepare_lake, writing
from crypto_pipeline.lake.tables import SOURCE_FILES

MARKET = Catalog.MARKET
RUN_ID = "rebuild"
"""What verdicts name as the run that judged them."""
JUDGED_AT_ONCE = 50
"""Series whose days are judged in one transaction."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a rebuild is: commits landed again of all, and rows so far."""

    commits: int
    total: int
    rows: int


OnStep = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did.

    Attributes:
        commits: landed again.
        rows: in them; a row that was loaded twice counts twice.
        lost: what could not be made again; empty where all of it could.
        in_place: whether the lake that was made is the home's lake now.
        before: where the lake before lies, or None where there was none.
    """

    commits: int
    rows: int
    lost: Sequence[Lost]
    in_place: bool
    before: Path | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """How the lake differs from what the raw zone gives.

    Attributes:
        commits: landed again, for the comparison.
        rows: in them.
        lost: what could not be made again.
        differences: tables that differ.
    """

    commits: int
    rows: int
    lost: Sequence[Lost]
    differences: Sequence[Difference]


def rebuild(
    home: Path,
    now: datetime,
    *,
    accept_loss: bool = False,
    wait: float = WRITE_WAIT,
    on_step: OnStep = lambda _: None,
) -> Rebuilt:
    """Make the market tables again from the raw zone and put them in the lake's place.

    Where something cannot be made again and the lake before can still be read, the lake stays as it
    is, unless the loss is accepted. Loads go on until the end, when those under way are waited for.

    Args:
        home: the home.
        now: names the folder of the lake before.
        accept_loss: put a lake in place that lacks what could not be made again.
        wait: seconds to wait for loads that have the lake open.
        on_step: is told after each commit.

    Raises:
        LakeLockedError: another rebuild is under way, or a load had the lake open all the while.
        LakeError: the raw zone has no journal, or the tables cannot be written; the lake is as it
            was.
    """
    with _alone(home) as made:
        if complete(home, made):
            _finish(home, made, now)
            return Rebuilt(0, 0, (), in_place=True)
        _start_anew(home, made)
        with (
            writing(made, MARKET) as session,
            closing(Replay(RawZone(home), session)) as replay,
        ):
            landed = _land(replay, Journal(home).settled_notes(), on_step)
            with alone(home, MARKET, wait=wait), write_lock(home, MARKET):
                lost, readable = _complete_in(home, made, replay, landed, on_step)
                replay.close()
                session.close()
                in_place = accept_loss or not lost or not readable
                before = put_in_place(home, made, now) if in_place else None
        if in_place:
            _finish(home, made, now)
        return Rebuilt(len(Journal(home).notes()), replay.rows, lost, in_place, before)


def check(home: Path, *, on_step: OnStep = lambda _: None) -> Compared:
    """Make the market tables again and compare them with the lake, which stays as it is.

    Raises:
        LakeLockedError: a rebuild is under way.
        LakeError: there is no lake or no journal, or the tables cannot be written.
    """
    with _alone(home) as made, open_market(home) as lake:
        if lake is None:
            raise LakeError(f"there is no market catalog in {home} that can be read: rebuild it")
        _start_anew(home, made)
        with write_lock(home, MARKET):
            Journal(home).settle(lake)
            lake.execute("BEGIN")
            # The first read fixes what the transaction sees: what these notes say, and no more.
            lake.execute(f"FROM {SOURCE_FILES.qualified} LIMIT 1").fetchall()
            notes = Journal(home).notes()
        with (
            writing(made, MARKET) as session,
            closing(Replay(RawZone(home), session)) as replay,
        ):
            _land(replay, notes, on_step)
        add_rebuilt(lake, made)
        found = differences(lake)
        lake.close()
        shutil.rmtree(made)
        return Compared(len(notes), replay.rows, replay.lost, found)


@contextmanager
def _alone(home: Path) -> Iterator[Path]:
    """The folder that a lake is made in, for one rebuild of this home at a time."""
    with hold(lock_path(home, "rebuild"), wait=0, purpose="rebuild"):
        yield home / "rebuild"


def _start_anew(home: Path, made: Path) -> None:
    if not Journal(home).notes():
        raise LakeError(
            f"there is nothing under {Journal(home).folder} to rebuild from: what was loaded was "
            f"not kept (raw_retention_days), or not in this home. Load it again instead"
        )
    if made.exists():
        shutil.rmtree(made)


def _land(replay: Replay, notes: Sequence[Path], on_step: OnStep, *, first: int = 0) -> int:
    """Land the commits of these notes from the one numbered `first` on; returns how many are."""
    for done in range(first, len(notes)):
        try:
            replay.land(read_note(notes[done]))
        except RawError as error:
            replay.lose_note(error)
        on_step(Step(done + 1, len(notes), replay.rows))
    return len(notes)


def _complete_in(
    home: Path, made: Path, replay: Replay, landed: int, on_step: OnStep
) -> tuple[list[Lost], bool]:
    """Land what was committed meanwhile; what is lost, and whether the lake before can be read.

    Notes that are not settled are: without a lake that can say what became of them, they count.
    """
    with open_market(home) as lake:
        if lake is None:
            Journal(home).accept()
        else:
            Journal(home).settle(lake)
        _land(replay, Journal(home).notes(), on_step, first=landed)
        return [*replay.lost, *_unnamed(lake, made, replay.lost)], lake is not None


def _unnamed(
    lake: duckdb.DuckDBPyConnection | None, made: Path, named: Sequence[Lost]
) -> list[Lost]:
    """What the lake before has of sources that neither came again nor are named as lost."""
    if lake is None:
        return []
    known = {(lost.url, lost.span) for lost in named}
    add_rebuilt(lake, made)
    return [lost for lost in unaccounted(lake) if (lost.url, lost.span) not in known]


def _finish(home: Path, made: Path, now: datetime) -> None:
    """Judge the checks of what is in place, and clear up."""
    if not has_lake(home):
        prepare_lake(home)
    serieses = _covered(home)
    for first in range(0, len(serieses), JUDGED_AT_ONCE):
        some = serieses[first : first + JUDGED_AT_ONCE]
        judge(home, some, start=None, end=None, run_id=RUN_ID, now=now)
    shutil.rmtree(made)


def _covered(home: Path) -> list[Series]:
    with open_market(home) as lake:
        found = read_coverage(lake, Question()) if lake is not None else []
    return [
        Series(
            parse_symbol(one.exchange, one.symbol),
            parse_interval(one.interval) if one.interval else None,
            parse_kind(one.kind),
        )
        for one in found
    ]
