"""The origin stamp: one home, one origin, whoever comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_pipeline.errors import LakeError, OriginError
from crypto_pipeline.lake.origin import REAL, TESTNET, claim, origin_of, stamp_path
from crypto_pipeline_tests.lake.rows import PROGRAM_WAIT, python

CLAIMER = """
import sys
from pathlib import Path
from crypto_pipeline.errors import OriginError
from crypto_pipeline.lake.origin import claim

print("ready", flush=True)
sys.stdin.readline()
try:
    claim(Path(sys.argv[1]), sys.argv[2])
    print("held")
except OriginError as error:
    print(error.held)
"""


@pytest.mark.parametrize(
    ("held", "offered"),
    [
        (REAL, "simulator:7"),
        ("simulator:7", REAL),
        ("simulator:7", "simulator:8"),
        (REAL, TESTNET),
        (TESTNET, REAL),
        (TESTNET, "simulator:7"),
    ],
)
def test_claim_given_another_origin_refuses_it_and_keeps_the_stamp(
    home: Path, held: str, offered: str
) -> None:
    claim(home, held)

    with pytest.raises(OriginError, match=rf"of origin '{held}' and refuses '{offered}'"):
        claim(home, offered)

    assert origin_of(home) == held


def test_claim_given_the_same_origin_again_is_fine(home: Path) -> None:
    assert origin_of(home) is None

    claim(home, "simulator:7")
    claim(home, "simulator:7")

    assert origin_of(home) == "simulator:7"
    assert [path.name for path in home.iterdir()] == ["origin.json"]


@pytest.mark.parametrize(
    "origin", ["", "Real", "testnets", "simulator:", "simulator:x", "simulator:7 "]
)
def test_claim_given_no_origin_names_the_valid_ones(home: Path, origin: str) -> None:
    with pytest.raises(LakeError, match="valid is 'real', 'testnet' or 'simulator:<seed>'"):
        claim(home, origin)

    assert not home.exists()


@pytest.mark.parametrize("text", ["", "real", "[]", '{"orig": 1}'])
def test_origin_of_given_a_broken_stamp_says_what_it_should_hold(home: Path, text: str) -> None:
    home.mkdir()
    stamp_path(home).write_text(text, encoding="utf-8")

    with pytest.raises(LakeError, match=r"origin.json cannot be read .* with 'real', 'testnet' or"):
        origin_of(home)


def test_claim_given_two_processes_at_once_lets_one_win(home: Path) -> None:
    origins = [REAL, "simulator:7"]
    claimers = [python(CLAIMER, home, origin) for origin in origins]
    for claimer in claimers:
        assert claimer.stdout is not None
        assert claimer.stdout.readline() == "ready\n"

    for claimer in claimers:
        assert claimer.stdin is not None
        claimer.stdin.write("go\n")
        claimer.stdin.flush()
    ends = [claimer.communicate(timeout=PROGRAM_WAIT)[0].strip() for claimer in claimers]

    won = origins.index(origin_of(home) or "")
    assert (ends[won], ends[1 - won]) == ("held", origins[won])
