"""`python -m crypto_pipeline_tests.benchmarks [NAME …]`: run them, print figures beside goals.

What belongs here: options, the order, where results go. What does not: any measurement.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from crypto_pipeline_tests.benchmarks import (
    dagster_cost,
    history,
    queries,
    rest,
    simulator,
    trades,
)
from crypto_pipeline_tests.benchmarks.figures import Figure, print_table, write_json, write_page
from crypto_pipeline_tests.benchmarks.make_archive import Archive, make, plan

FOLDER = Path(".bench")
FULL_ROWS, QUICK_ROWS = 12_960_000, 2_592_000
ROUNDS = 3
Bench = Callable[[Archive, Path], list[Figure]]


def main() -> int:
    """Run the benchmarks; 0 unless one could not run, or `--check` and a goal was missed."""
    options = _options()
    folder = FOLDER.absolute()
    archive = plan(folder, rows=options.rows or (QUICK_ROWS if options.quick else FULL_ROWS))
    if not options.names or set(options.names) - {"simulator", "rest", "trades"}:
        make(archive)
    benches = _benches(1 if options.quick else ROUNDS)
    figures, failures = list[Figure](), list[str]()
    for name in options.names or list(benches):
        print(f"{name}: {archive.rows:,} bars", flush=True)
        try:
            figures += benches[name](archive, folder)
        except RuntimeError as error:
            failures.append(f"{name} could not run: {error}")
    _tell(figures, failures, archive, folder / "results.json")
    if options.page is not None and not failures:
        write_page(figures, _conditions(archive), options.names or list(benches), options.page)
    is_missed = any(figure.is_missed for figure in figures)
    return 1 if failures or (options.check and is_missed) else 0


def _benches(rounds: int) -> dict[str, Bench]:
    return {
        "history": lambda archive, folder: history.run(archive, folder, rounds=rounds),
        "dagster": dagster_cost.run,
        "queries": queries.run,
        "rest": lambda archive, folder: rest.run(folder),
        "trades": lambda archive, folder: trades.run(folder),
        "simulator": lambda archive, folder: simulator.run(),
    }


def _tell(figures: list[Figure], failures: list[str], archive: Archive, path: Path) -> None:
    print_table(figures)
    for failure in failures:
        print(failure, file=sys.stderr)
    write_json(figures, _conditions(archive), path)
    print(f"kept in {path}")


def _conditions(archive: Archive) -> dict[str, object]:
    packages = ("crypto-pipeline", "duckdb", "pyarrow", "dagster")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": archive.rows,
        "symbols": len(archive.coins),
        "days": archive.days,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
        "machine": platform.platform(),
        **{package: version(package) for package in packages},
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crypto_pipeline_tests.benchmarks")
    names = tuple(_benches(ROUNDS))
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(names)}; all")
    parser.add_argument("--rows", type=int, help=f"bars in the archive; default {FULL_ROWS:,}")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS:,} bars, one round")
    parser.add_argument("--page", type=Path, help="write the figures as a page too")
    parser.add_argument("--check", action="store_true", help="exit 1 where a goal is missed")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in names]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(names)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
