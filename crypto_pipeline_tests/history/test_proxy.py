"""Archive and REST through an HTTP proxy: a real one, that counts what it passes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.history.loads import Load
from crypto_pipeline.venues.binance import Binance
from crypto_pipeline_tests.history.loads import ARCHIVE, NOW, at, binance, quick, series
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.transport.proxies import proxy


@pytest.mark.parametrize("userinfo", ["", "me:hunter2@"])
def test_load_given_a_proxy_goes_through_it_alone(
    synthetic: SimulatorProcess, lake: Path, userinfo: str
) -> None:
    hourly = series("BTC/USDT")
    with proxy() as passing:
        url = f"http://{userinfo}127.0.0.1:{passing.server_port}"
        venue = Binance(replace(binance(synthetic).endpoints, proxy=url))
        before = synthetic.counters()[ARCHIVE]["requests"]
        load = Load(
            lake, venue, [hourly], Span(at("2025-02-08"), at("2025-02-11")), now=NOW,
            patience=quick(),
        )  # fmt: skip
        (report,) = load.reports()
    assert report.error is None
    assert report.present == 24 + 24 + 12
    archived = [path for path in passing.passed if path.startswith("/data/")]
    assert "/api/v3/klines" in passing.passed
    assert len(archived) == synthetic.counters()[ARCHIVE]["requests"] - before
    named: set[str | None] = {"Basic bWU6aHVudGVyMg=="} if userinfo else {None}
    assert passing.credentials == named
