"""The long test: faults, limits, kills and disturbed loads against the simulator, one by one.

    python -m crypto_pipeline_tests.soak
    python -m crypto_pipeline_tests.soak --only limits --only kills

| part | what | about how long on two cores |
|---|---|---|
| `disturbance` | loads that are killed, dbt, compaction and readers at once on one home | `--minutes` and 5 more |
| `kills` | bars, trades and funding, killed at random moments and run again | 20 minutes |
| `limits` | 50 symbols of four exchanges for four processes at once, at the exchanges' pace | 5 minutes |
| `faults` | the whole matrix of faults and kinds of load; writes `docs/faults.md` | 15 minutes |

What belongs here: the order of the parts and the verdict. What does not: the parts (`soaking/`).
"""  # noqa: E501 a table's row is one line

from __future__ import annotations

import argparse
import random
import shutil
import sys
from collections.abc import Callable

from crypto_pipeline_tests.soaking.disturbance import disturb
from crypto_pipeline_tests.soaking.faults import run_matrix
from crypto_pipeline_tests.soaking.homes import FOLDER
from crypto_pipeline_tests.soaking.kills import kill_loads
from crypto_pipeline_tests.soaking.scale import load_at_scale

JOBS = 2
"""Processes that share the matrix."""


def main() -> int:
    """Run the parts, report; 0 where everything held."""
    options = _options()
    draw = random.Random(options.seed)  # noqa: S311 a seed makes the disturbance repeatable
    shutil.rmtree(FOLDER, ignore_errors=True)
    for folder in ("scale", "limits"):
        (FOLDER / folder).mkdir(parents=True)
    parts: dict[str, Callable[[], list[str]]] = {
        "disturbance": lambda: disturb(options.minutes, draw),
        "kills": lambda: kill_loads(draw),
        "limits": lambda: load_at_scale((FOLDER / "scale").absolute()),
        "faults": lambda: run_matrix(JOBS, options.cells),
    }
    failures = []
    for name in options.only or parts:
        print(f"soak: {name}", flush=True)
        failures += [f"{name}: {failure}" for failure in parts[name]()]
    return _report(failures)


def _report(failures: list[str]) -> int:
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    print("soak: everything held" if not failures else f"soak: {len(failures)} failures")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crypto_pipeline_tests.soak")
    parser.add_argument("--minutes", type=float, default=5.0, help="of disturbance; default 5")
    parser.add_argument("--seed", type=int, default=0, help="of the disturbance; default 0")
    names = ("disturbance", "kills", "limits", "faults")
    parser.add_argument("--only", action="append", choices=names, help="a part; default all")
    parser.add_argument("--cells", default="", help="part of the names of faults, to run no others")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
