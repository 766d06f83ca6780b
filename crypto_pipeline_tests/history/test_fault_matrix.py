"""A sample of the fault matrix, with each fault and each kind of load; `make soak` runs it all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from crypto_pipeline.simulator.wire.http_rules import (
    ClockSkewRule,
    DelayRule,
    DoorRule,
    HttpRule,
)
from crypto_pipeline_tests.history.fault_cells import Ward
from crypto_pipeline_tests.history.fault_kinds import FAULTS
from crypto_pipeline_tests.history.fault_matrix import CELLS, KINDS, SAMPLE, Cell
from crypto_pipeline_tests.simulated import simulator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
EXCHANGES = {"binance", "okx", "bybit", "coinbase"}


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with simulator(seed=7) as market:
        found = Ward(market, tmp_path_factory.mktemp("matrix"))
        yield found
        found.close()


@pytest.mark.parametrize("cell", SAMPLE, ids=lambda cell: cell.name.replace(" | ", "-"))
def test_load_given_a_fault_ends_right_or_in_an_error_that_names_it(ward: Ward, cell: Cell) -> None:
    outcome = ward.run(cell)

    assert outcome.wrong is None, outcome.error


def test_sample_holds_each_fault_of_http_each_kind_of_load_and_each_exchange() -> None:
    rules = [*get_args(HttpRule), DelayRule, DoorRule, ClockSkewRule]
    kinds = {kind for rule in rules for kind in get_args(rule.model_fields["kind"].annotation)}

    assert {cell.fault.rule["kind"] for cell in SAMPLE} == kinds
    assert {cell.case.kind for cell in SAMPLE} == set(KINDS)
    assert {cell.case.exchange for cell in SAMPLE} == EXCHANGES


def test_matrix_has_every_fault_in_every_load_that_it_can_strike() -> None:
    everywhere = [fault for fault in FAULTS if fault.exchanges == EXCHANGES]
    anywhere = [
        fault for fault in everywhere if not (fault.of_files or fault.of_rest or fault.first_host)
    ]
    assert len(anywhere) > 30
    assert {(cell.fault.name, cell.case.kind) for cell in CELLS} >= {
        (fault.name, kind) for fault in anywhere for kind in KINDS
    }


def test_page_given_the_matrix_has_a_row_for_each_cell() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    _, _, *rows = (line.strip("| ").split(" | ") for line in lines if line.startswith("|"))

    assert [" | ".join(row[:3]) for row in rows] == [cell.name for cell in CELLS]
    assert {row[3].partition(",")[0].partition(":")[0] for row in rows} == {"right", "error"}
