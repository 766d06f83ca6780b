"""`dbt` and `lake compact`: work on the lake that a person starts by hand.

What belongs here: starting it and saying what it did. What does not: the work (`lake/`).
"""

from __future__ import annotations

from collections.abc import Sequence

from crypto_pipeline.cli.terminal import notes, out, settings_with_logs
from crypto_pipeline.clock import clock_from
from crypto_pipeline.errors import LakeError
from crypto_pipeline.history.raw.journal import Journal
from crypto_pipeline.history.raw.retention import prune
from crypto_pipeline.lake.catalogs import Catalog, has_lake
from crypto_pipeline.lake.dbt_runs import run_dbt
from crypto_pipeline.lake.maintenance import compact
from crypto_pipeline.lake.session import prepare_lake, writing


def run_dbt_command(args: Sequence[str]) -> int:
    """Run dbt with these arguments on the home's lake; returns dbt's exit code."""
    home = settings_with_logs().home
    prepare_lake(home)
    return run_dbt(home, args)


def run_compact() -> int:
    """Compact every catalog of the home, one after the other, then prune its raw zone."""
    settings = settings_with_logs()
    home = settings.home
    if not has_lake(home):
        raise LakeError(f"there is no lake in {home}; nothing to compact. Is CRYPTO_HOME right?")
    with writing(home, Catalog.MARKET) as session:
        # Expiring snapshots takes away what tells whether a noted commit was made.
        session.maintain(Journal(home).settle)
    for catalog in Catalog:
        done = compact(home, catalog, on_step=lambda text: notes.print(f"  {text}"))
        out.print(
            f"{catalog.value}: {done.files_before} files became {done.files_after}, "
            f"{done.snapshots_expired} snapshots expired, {done.files_removed} files removed"
        )
    pruned = prune(home, settings.raw_retention_days, clock_from(settings).now())
    out.print(f"raw: {pruned.files} files removed, {pruned.size / 1e6:,.1f} MB")
    return 0
