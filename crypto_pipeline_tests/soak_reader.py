"""A reader beside the writers: every day it sees is whole, and no query fails.

What belongs here: the endless question and what must hold of each answer. What does not: the
writers (`soaking/disturbance.py`), which start this as a process of its own.

    python -m crypto_pipeline_tests.soak_reader HOME

Reads until its standard input ends, then prints how many answers it judged. Ends with 1 at the
first day that is not whole; an error of the lake ends it likewise.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import duckdb

from crypto_pipeline.lake.catalogs import connect_read_only

BARS_A_DAY = 1440
PAUSE = 0.05
"""Seconds between two questions."""

BROKEN_DAYS = (
    "SELECT entity_id, open_time::DATE AS day, count(*) AS bars, count(DISTINCT open_time) AS own "
    "FROM market.klines WHERE interval = '1m' GROUP BY ALL HAVING bars != ? OR own != ?"
)


def main() -> int:
    """Ask until told to stop; returns the exit code."""
    ended = threading.Event()
    threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
    answers = 0
    with connect_read_only(Path(sys.argv[1])) as session:
        while not ended.wait(PAUSE):
            broken = _broken_days(session)
            answers += 1
            if broken:
                print(f"answer {answers}: days that are not whole: {broken[:5]}")
                return 1
    print(f"{answers} answers, every day whole")
    return 0


def _broken_days(session: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return session.execute(BROKEN_DAYS, [BARS_A_DAY, BARS_A_DAY]).fetchall()


def _wait_for_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
