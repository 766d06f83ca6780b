"""universe.json: what is entered stays, whoever enters it at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_pipeline.errors import LakeError
from crypto_pipeline.history.universe import (
    configured_series,
    extend_universe,
    read_universe,
    universe_path,
)
from crypto_pipeline.settings import load_settings
from crypto_pipeline_tests.history.loads import series
from crypto_pipeline_tests.lake.rows import printed, python

EXTENDER = """
import sys
from pathlib import Path
from crypto_pipeline.history.universe import extend_universe
from crypto_pipeline_tests.history.loads import series

for number in range(20):
    extend_universe(Path(sys.argv[1]), [series(f"{sys.argv[2]}{number}/USDT")])
"""


def test_universe_given_a_new_home_is_empty(home: Path) -> None:
    assert read_universe(home) == []


def test_extend_given_members_again_keeps_each_once(home: Path) -> None:
    perp, pair = series("ETH/USDT:USDT"), series("BTC/USDT", "1m")

    extend_universe(home, [perp, pair])
    written = universe_path(home).stat().st_mtime_ns
    whole = extend_universe(home, [pair])

    assert whole == read_universe(home) == [pair, perp]
    assert universe_path(home).stat().st_mtime_ns == written


def test_extend_given_several_processes_at_once_loses_nobody(home: Path) -> None:
    extenders = [python(EXTENDER, home, name) for name in ("A", "B", "C")]

    for extender in extenders:
        printed(extender)

    assert len(read_universe(home)) == 60
    assert {path.name for path in home.iterdir()} == {"run", "universe.json"}


@pytest.mark.parametrize("text", ["", "[]", '{"series": [{"symbol": "BTC/USDT"}]}'])
def test_read_given_a_broken_list_says_what_to_do(home: Path, text: str) -> None:
    home.mkdir()
    universe_path(home).write_text(text, encoding="utf-8")

    with pytest.raises(LakeError, match=r"universe.json cannot be read .*Remove it"):
        read_universe(home)


def test_configured_series_given_settings_is_each_symbol_at_each_interval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(
        intervals=["1m", "1h"], venues={"binance": {"symbols": ["BTC/USDT", "BTC/USDT:USDT"]}}
    )

    assert configured_series(settings) == [
        series(symbol, interval)
        for symbol in ("BTC/USDT", "BTC/USDT:USDT")
        for interval in ("1m", "1h")
    ]
