"""The firehose: trades of the last day as fast as they are read, again and again."""

from collections.abc import Iterator

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess, simulator
from crypto_pipeline_tests.simulator.coinbase.asking import NOW, fed, is_ack, subscribed

MOST_FRAMES = 20_000


@pytest.fixture(scope="module")
def pouring() -> Iterator[SimulatorProcess]:
    """A simulator whose trades pour."""
    with simulator(seed=7, limits=False, firehose=True) as running:
        running.set_clock(NOW)
        yield running


def test_matches_given_the_firehose_begin_again_after_a_day(pouring: SimulatorProcess) -> None:
    with fed(pouring, "matches", products=["ENJ-USD"]) as talk:
        talk.hear_until(is_ack), talk.hear()
        first = talk.hear()
        day = talk.hear_until(lambda message: message == first, MOST_FRAMES)
    ids = [first["trade_id"], *(message["trade_id"] for message in day[:-1])]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert first["type"] == "match"


def test_market_trades_given_the_firehose_are_whole_messages(pouring: SimulatorProcess) -> None:
    with subscribed(pouring, "market_trades", "ENJ-USD") as talk:
        talk.hear_until(is_ack)
        first = talk.hear()
        day = talk.hear_until(lambda message: message == first, MOST_FRAMES)
    assert first["events"][0]["type"] == "update"
    numbers = [first["sequence_num"], *(message["sequence_num"] for message in day[:-1])]
    assert numbers == list(range(2, 2 + len(numbers)))
