"""Parts of archive files, as clients that read by ranges ask for them."""

import pytest

from crypto_pipeline_tests.simulated import Reply, SimulatorProcess, ask

HOST = "data.binance.vision"
FILE = "/data/spot/daily/klines/AVAXUSDT/1h/AVAXUSDT-1h-2023-03-01.zip"


def part(synthetic: SimulatorProcess, asked: str) -> Reply:
    return ask(synthetic.endpoints[HOST] + FILE, headers={"Range": asked})


@pytest.mark.parametrize(
    ("asked", "span"),
    [("bytes=0-9", slice(0, 10)), ("bytes=100-", slice(100, None)), ("bytes=-7", slice(-7, None))],
)
def test_file_given_a_range_is_that_part(
    synthetic: SimulatorProcess, asked: str, span: slice
) -> None:
    whole = synthetic.get(HOST, FILE).body
    reply = part(synthetic, asked)
    assert (reply.status, reply.body) == (206, whole[span])
    first, last, _ = span.indices(len(whole))
    assert reply.headers["content-range"] == f"bytes {first}-{last - 1}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=9999999-", "bytes=-0"])
def test_file_given_a_range_outside_it_is_416(synthetic: SimulatorProcess, asked: str) -> None:
    reply = part(synthetic, asked)
    assert reply.status == 416
    assert reply.headers["content-range"].startswith("bytes */")


@pytest.mark.parametrize(
    "asked", ["bytes=-", "bytes=9-3", "lines=1-2", "bytes=1-2,5-6", "nonsense"]
)
def test_file_given_no_range_that_is_known_is_whole(
    synthetic: SimulatorProcess, asked: str
) -> None:
    assert part(synthetic, asked).status == 200


def test_rest_given_a_range_is_whole(synthetic: SimulatorProcess) -> None:
    url = synthetic.endpoints["api.binance.com"] + "/api/v3/time"
    assert ask(url, headers={"Range": "bytes=0-3"}).status == 200
