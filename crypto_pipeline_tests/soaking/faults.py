"""The whole fault matrix, and the page that says how each of its cells ended.

What belongs here: running all cells in a few processes, writing `docs/faults.md`. What does not:
the cells (`history/fault_matrix.py`) and how one is judged (`history/fault_cells.py`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from crypto_pipeline.logs import configure_logs
from crypto_pipeline_tests.history.fault_cells import Outcome, Ward
from crypto_pipeline_tests.history.fault_matrix import CELLS, Cell
from crypto_pipeline_tests.simulated import simulator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
HEAD = """\
# What fails, and how a load ends

Every fault of the simulator that HTTP can have, in every kind of load. Each row is one load against
the simulator, made and judged by `make soak`, which writes this page; a sample of the rows is a
test. The exchanges take turns. Faults strike the answers that hold the rows, of all hosts of their
source; those that say so strike the first host alone, or archive and REST alike.

`right`: the table holds the very rows of a load in peace, from the source named, and the load
succeeds. `error`: the load fails, its error names the source and the words that follow, and what
landed is part of the right rows. There is nothing else: a load that ends well and lacks rows, or
lands a wrong one, fails `make soak`.

| fault | kind of load | exchange | how it ends |
|---|---|---|---|
"""
SEED = 7


def run_matrix(jobs: int, only: str = "") -> list[str]:
    """Run the cells, write the page if they are all of them and right; what went wrong, in words.

    Args:
        jobs: processes, each with a simulator.
        only: a part of the names of those to run.
    """
    chosen = [cell for cell in CELLS if only in cell.name]
    outcomes = _outcomes(chosen, jobs)
    failures = [f"{name}: {one.wrong} ({one.error})" for name, one in outcomes.items() if one.wrong]
    if not failures and len(chosen) == len(CELLS):
        write_page(outcomes)
    return failures


def write_page(outcomes: Mapping[str, Outcome]) -> None:
    """Write `docs/faults.md`: a row for each cell, in the order of the matrix."""
    rows = [f"| {cell.name} | {outcomes[cell.name].told} |\n" for cell in CELLS]
    PAGE.write_text(HEAD + "".join(rows), encoding="utf-8")


def _outcomes(cells: Sequence[Cell], jobs: int) -> dict[str, Outcome]:
    """All cells' outcomes by name; loads of the same rows are left to the same process."""
    in_order = sorted(cells, key=lambda cell: (cell.case.exchange, cell.case.kind))
    size = -(-len(in_order) // jobs) or 1
    parts = [in_order[at : at + size] for at in range(0, len(in_order), size)]
    found: dict[str, Outcome] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_run, part) for part in parts]):
            found |= done.result()
    return found


def _run(cells: Sequence[Cell]) -> dict[str, Outcome]:
    """Run cells one after another, against a simulator of their own."""
    found: dict[str, Outcome] = {}
    with simulator(seed=SEED) as market, tempfile.TemporaryDirectory() as folder:
        configure_logs(Path(folder), "WARNING", console=False)
        ward = Ward(market, Path(folder))
        for cell in cells:
            found[cell.name] = outcome = ward.run(cell)
            print(
                f"{'WRONG' if outcome.wrong else 'held'}: {cell.name}: {outcome.told}", flush=True
            )
        ward.close()
    return found
