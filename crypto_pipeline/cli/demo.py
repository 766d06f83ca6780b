"""`demo`: the main job from nothing, on a synthetic market, ending by itself.

What belongs here: the tour and what it prints. What does not: the runs (`cli/runs.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date, timedelta
from pathlib import Path

from crypto_pipeline.cli.backfill import load_progress, show_reports
from crypto_pipeline.cli.runs import prepared_home, run_load, run_marts
from crypto_pipeline.cli.simulate import simulator_process
from crypto_pipeline.cli.terminal import notes, out, print_rows, settings_with_logs
from crypto_pipeline.clock import clock_from
from crypto_pipeline.history.universe import configured_series
from crypto_pipeline.lake.catalogs import connect_read_only
from crypto_pipeline.settings import Settings

DEMO_HOME = Path(".crypto_pipeline_demo")
DAYS = 3
EXCHANGE = "binance"


@contextmanager
def demo_settings() -> Iterator[Settings]:
    """Settings of the demo: a simulator of its own, and a home of its own unless one is named."""
    home = os.environ.get("CRYPTO_HOME") or str(DEMO_HOME)
    named = os.environ.get("CRYPTO_SIMULATOR_URL")
    if named:
        yield settings_with_logs(home=home)
        return
    notes.print("starting a simulated exchange on loopback")
    with simulator_process() as address:
        yield settings_with_logs(home=home, simulator_url=address)


def run_demo() -> int:
    """Load three days, check them, derive bars, and show what is there."""
    with demo_settings() as settings:
        serieses = [s for s in configured_series(settings) if s.instrument.exchange == EXCHANGE]
        today = clock_from(settings).now().date()
        days = (today - timedelta(days=DAYS), today)
        with prepared_home(settings, serieses) as instance:
            notes.print(f"[1/3] loading and checking {len(serieses)} series, {DAYS} days")
            with load_progress(serieses, days) as on_progress:
                load = run_load(settings, instance, serieses, days, on_progress=on_progress)
            show_reports(load.reports)
            notes.print("[2/3] deriving bars of 3m to 1d with dbt (a quarter of a minute)")
            with _dbt_output(settings.home):
                marts = run_marts(settings, instance, days)
        for error in (*load.errors, *marts.errors):
            notes.print(f"error: {error}", style="red")
        if load.success and marts.success:
            notes.print("[3/3] what is there now")
            _show(settings.home, days)
        return 0 if load.success and marts.success else 1


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
        SELECT i.symbol, k.interval, count(*) AS klines, min(k.open_time) AS first,
            max(k.open_time) AS last
        FROM market.klines AS k JOIN market.instruments AS i USING (entity_id)
        GROUP BY ALL ORDER BY 1, 2
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
