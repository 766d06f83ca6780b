"""Every command of docs/import.md, run as it stands there, in its order, on files so named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
from pyarrow import feather

from crypto_pipeline.domain.series import Kind
from crypto_pipeline.history.own.columns import PRESETS, TARGETS
from crypto_pipeline_tests.command import TIMEOUT
from crypto_pipeline_tests.history.own import ask, bars

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "import.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line]


def files_of_the_reader(folder: Path) -> None:
    minutes = pa.table(bars(range(60))).rename_columns(
        ["date", "open", "high", "low", "close", "volume"]
    )
    feather.write_feather(minutes, str(folder / "BTC_USDT-1m.feather"))
    (folder / "fills.csv").write_text(
        "id,time,price,qty,side\nx-1,1577836800000,7000.5,0.01,Buy\n", encoding="utf-8"
    )
    (folder / "bars.csv").write_text(
        "2020-01-01 00:00:00,129.1,130.0,128.9,129.5,17.2\n"
        "2020-01-01 01:00:00,129.5,131.0,129.4,130.9,9.1\n",
        encoding="utf-8",
    )


def test_page_given_its_commands_in_order_all_succeed(tmp_path: Path) -> None:
    files_of_the_reader(tmp_path)
    home = tmp_path / "home"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for line in commands():
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            env={**os.environ, "PATH": path, "COLUMNS": "200", "CRYPTO_HOME": str(home)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"

    assert len(commands()) == 5
    assert ask(home, "SELECT count(*) FROM market.klines") == [(62,)]
    assert ask(home, "SELECT trade_id, side FROM market.trades") == [("x-1", "buy")]


def test_page_names_every_column_and_preset() -> None:
    kinds = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
    named = {kind: set(re.findall(r"\w+", f"{need} {more}")) for kind, need, more in kinds}

    assert named.keys() == {kind.value for kind in TARGETS}
    for kind, targets in TARGETS.items():
        assert {target.name for target in targets} <= named[Kind(kind).value]
    assert all(f"| `{preset}` |" in PAGE for preset in PRESETS)
