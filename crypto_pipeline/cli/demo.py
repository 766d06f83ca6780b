"""`demo`: the main job from nothing, on a synthetic market, ending by itself.

What belongs here: the tour and what it prints. What does not: the runs (`cli/runs.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import date, timedelta
from pathlib import Path

from dagster import DagsterInstance

from crypto_pipeline.cli.load_display import line_of, load_progress, show_lines
from crypto_pipeline.cli.runs import Ended, prepared_home, run_load, run_marts
from crypto_pipeline.cli.simulate import simulator_process
from crypto_pipeline.cli.terminal import notes, out, print_rows, settings_with_logs
from crypto_pipeline.clock import clock_from
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.selection import configured_series
from crypto_pipeline.lake.catalogs import connect_read_only
from crypto_pipeline.settings import Settings

DEMO_HOME = Path(".crypto_pipeline_demo")
DAYS = 3


@contextmanager
def demo_settings() -> Iterator[Settings]:
    """Settings of the demo: a simulator of its own, and a home of its own unless one is named."""
    home = os.environ.get("CRYPTO_HOME") or str(DEMO_HOME)
    named = os.environ.get("CRYPTO_SIMULATOR_URL")
    if named:
        yield settings_with_logs(home=home)
        return
    notes.print("starting simulated exchanges on loopback")
    with simulator_process() as address:
        yield settings_with_logs(home=home, simulator_url=address)


def run_demo() -> int:
    """Load three days, check them, derive bars, and show what is there."""
    with demo_settings() as settings:
        serieses = configured_series(settings)
        today = clock_from(settings).now().date()
        days = (today - timedelta(days=DAYS), today)
        with prepared_home(settings, serieses) as instance:
            notes.print(f"[1/3] loading and checking {len(serieses)} series, {DAYS} days")
            loads = _load(settings, instance, serieses, days)
            show_lines([line_of(report) for load in loads for report in load.reports])
            notes.print("[2/3] deriving bars of 3m to 1d with dbt (a quarter of a minute)")
            with _dbt_output(settings.home):
                marts = run_marts(settings, instance, days)
        for error in (error for run in (*loads, marts) for error in run.errors):
            notes.print(f"error: {error}", style="red")
        success = all(run.success for run in (*loads, marts))
        if success:
            notes.print("[3/3] what is there now")
            _show(settings.home, days)
        return 0 if success else 1


def _load(
    settings: Settings,
    instance: DagsterInstance,
    serieses: Sequence[Series],
    days: tuple[date, date],
) -> list[Ended]:
    """One run for each exchange, one after the other: together they take seconds here."""
    loads = []
    with load_progress(serieses, days) as shows:
        for exchange, show in shows.items():
            mine = [series for series in serieses if series.instrument.exchange == exchange]
            loads.append(run_load(settings, instance, mine, days, on_progress=show))
    return loads


@contextmanager
def _dbt_output(home: Path) -> Iterator[None]:
    """Send dbt's lines to a file of the home instead of the terminal."""
    path = home / "logs" / "dbt.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file, redirect_stdout(file):
        yield


def _show(home: Path, days: tuple[date, date]) -> None:
    """Counts of what was loaded, checked and derived, and where to go on."""
    with connect_read_only(home) as lake:
        for title, statement in _SUMMARY.items():
            cursor = lake.execute(statement)
            columns = [column[0] for column in cursor.description or []]
            out.print(f"\n{title}", style="bold")
            print_rows(columns, cursor.fetchall(), "table")
    shown = f"CRYPTO_HOME={home} crypto-pipeline"
    out.print("\nLook further:", style="bold")
    out.print(f'  {shown} sql "{_EXAMPLE}"')
    out.print(f"  {shown} coverage")
    out.print("  crypto-pipeline up --demo        the web interface on this home")


_EXAMPLE = "select * from marts.fct_bars where interval = '1h' limit 5"

_SUMMARY = {
    "Loaded: market.klines": """
        SELECT k.exchange, i.symbol, count(*) AS klines, min(k.open_time) AS first,
            max(k.open_time) AS last
        FROM market.klines AS k
        JOIN market.instruments AS i ON i.entity_id = k.entity_id AND i.valid_to IS NULL
        GROUP BY ALL ORDER BY 1, 2
    """,
    "Loaded: market.funding_rates": """
        SELECT exchange, count(*) AS settlements, min(rate) AS least, max(rate) AS most
        FROM market.funding_rates GROUP BY ALL ORDER BY 1
    """,
    "Checked: market.verdicts": """
        SELECT check_name, count(*) AS days_judged, count(*) FILTER (NOT passed) AS days_failed,
            sum(rows_failed)::BIGINT AS rows_failed
        FROM market.verdicts GROUP BY ALL ORDER BY 1
    """,
    "Derived: marts.fct_bars": """
        SELECT interval, count(*) AS bars, count(*) FILTER (complete) AS complete
        FROM marts.fct_bars GROUP BY ALL ORDER BY min(expected_minutes)
    """,
}
