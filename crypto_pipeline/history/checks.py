"""Judging what was loaded: gaps and sanity of klines, as verdicts by entity and day.

What belongs here: the judgements and their record in `market.verdicts`. What does not: Dagster's
checks, which show them (`defs/checks.py`), and the rules of a possible kline (`domain/klines.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from crypto_pipeline.domain.intervals import DAY, day_start
from crypto_pipeline.domain.klines import SANITY_RULES
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.coverage import Question, missing_runs
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing
from crypto_pipeline.lake.tables import VERDICTS
from crypto_pipeline.lake.writing import replace

GAPS, SANITY = "gaps", "sanity"
SEVERITY = {GAPS: "warning", SANITY: "blocking"}
"""A day with a gap goes on to the marts, where its bars say that they are incomplete; a day with an
impossible kline does not."""
SHOWN_ROWS = 20


@dataclass(frozen=True, slots=True)
class Judgement:
    """One check of one series over all days that were judged so far.

    Attributes:
        rows_failed: bars missing, or klines that break a rule.
        days_failed: days that hold one.
        failing: the first of them, for a person to look at.
    """

    check: str
    rows_failed: int
    days_failed: int
    days_judged: int
    failing: Sequence[Mapping[str, Any]]

    @property
    def passed(self) -> bool:
        """Whether no day failed."""
        return self.days_failed == 0


def judge(
    home: Path,
    serieses: Sequence[Series],
    *,
    start: date | None,
    end: date | None,
    run_id: str,
    now: datetime,
) -> dict[tuple[Series, str], Judgement]:
    """Judge the loaded days of some series, keep the verdicts, and sum up all there are.

    Args:
        home: the home.
        serieses: whose klines.
        start: first day judged, inclusive; None judges from the first loaded day on.
        end: last day judged, exclusive; None judges to the last loaded day.
        run_id: the run that judges.
        now: when.

    Raises:
        LakeError: the verdicts could not be written.
    """
    with writing(home, Catalog.MARKET) as session:

        def commit(connection: duckdb.DuckDBPyConnection) -> dict[tuple[Series, str], Judgement]:
            rows = [row for s in serieses for row in _verdicts(connection, s, start, end)]
            stamped = [{**row, "run_id": run_id, "judged_at": now} for row in rows]
            replace(connection, VERDICTS, pa.Table.from_pylist(stamped, schema=VERDICTS.schema))
            return {
                (series, check): _judgement(connection, series, check)
                for series in serieses
                for check in SEVERITY
            }

        return session.write(commit)


def _verdicts(
    session: duckdb.DuckDBPyConnection, series: Series, start: date | None, end: date | None
) -> list[dict[str, Any]]:
    """A verdict of each check on each loaded day of the range."""
    entity_id, interval = series.key
    covered = session.execute(
        "SELECT day, missing FROM market.coverage WHERE entity_id = $entity_id "
        "AND kind = 'klines' AND interval = $interval AND ($start IS NULL OR day >= $start) "
        "AND ($end IS NULL OR day < $end) ORDER BY day",
        {"entity_id": entity_id, "interval": interval, "start": start, "end": end},
    ).fetchall()
    if not covered:
        return []
    bounds = [day_start(covered[0][0]), day_start(covered[-1][0]) + DAY]
    impossible = dict(
        session.execute(
            f"""
            SELECT open_time::DATE, count(*) FROM market.klines
            WHERE entity_id = ? AND interval = ? AND open_time >= ? AND open_time < ?
                AND NOT ({_POSSIBLE})
            GROUP BY ALL
            """,  # noqa: S608 the rules are constants of domain/klines.py
            [entity_id, interval, *bounds],
        ).fetchall()
    )
    return [
        {
            "entity_id": entity_id,
            "kind": "klines",
            "interval": interval,
            "day": day,
            "check_name": check,
            "severity": SEVERITY[check],
            "passed": failed == 0,
            "rows_failed": failed,
        }
        for day, missing in covered
        for check, failed in ((GAPS, missing), (SANITY, impossible.get(day, 0)))
    ]


def _judgement(session: duckdb.DuckDBPyConnection, series: Series, check: str) -> Judgement:
    """All verdicts of one check on one series, summed up, with the first rows that fail."""
    entity_id, interval = series.key
    row = session.execute(
        "SELECT coalesce(sum(rows_failed), 0)::BIGINT, count(*) FILTER (NOT passed), count(*) "
        "FROM market.verdicts WHERE entity_id = ? AND interval = ? AND check_name = ?",
        [entity_id, interval, check],
    ).fetchone()
    rows_failed, days_failed, days_judged = row or (0, 0, 0)
    show = _shown_gaps if check == GAPS else _shown_klines
    failing = show(session, str(entity_id), str(interval)) if days_failed else []
    return Judgement(check, rows_failed, days_failed, days_judged, failing)


def _shown_gaps(
    session: duckdb.DuckDBPyConnection, entity_id: str, interval: str
) -> list[dict[str, Any]]:
    runs = missing_runs(session, entity_id, interval, Question())
    return [
        {"missing_from": run.start.isoformat(), "missing_to": run.end.isoformat()}
        for run in runs[:SHOWN_ROWS]
    ]


def _shown_klines(
    session: duckdb.DuckDBPyConnection, entity_id: str, interval: str
) -> list[dict[str, Any]]:
    broken = ", ".join(f"CASE WHEN NOT ({rule}) THEN '{name}' END" for name, rule in SANITY_RULES)
    cursor = session.execute(
        f"""
        SELECT open_time::VARCHAR AS open_time, open, high, low, close, volume_base, volume_quote,
            trade_count, concat_ws(', ', {broken}) AS broken
        FROM market.klines WHERE entity_id = ? AND interval = ? AND NOT ({_POSSIBLE})
        ORDER BY klines.open_time LIMIT ?
        """,  # noqa: S608 the rules are constants of domain/klines.py
        [entity_id, interval, SHOWN_ROWS],
    )
    rows: list[dict[str, Any]] = cursor.to_arrow_table().to_pylist()
    return rows


_POSSIBLE = " AND ".join(f"({rule})" for _, rule in SANITY_RULES)
