"""The candle channels over sockets: what they say at once, and when a candle is over."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.okx.candles import BARS
from crypto_pipeline_tests.simulator.okx.asking import BTC, MINUTE, NOW_MS, SWAP, Okx, iso

FIRST_MS, LAST_MS = 1_483_401_600_000, 1_830_297_600_000
"""2017-01-03 and 2028-01-01."""
SHORT = ("1s", "1m", "5m")
LONGER = ("30m", "4H", "6H", "12Hutc", "1D", "2Dutc", "1W")

moments = st.integers(FIRST_MS, LAST_MS)
symbols = st.sampled_from((BTC, SWAP, "ANKR-USDT", "USDC-USDT", "AXS-USDT", "PEPE-USDT-SWAP"))
few = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@few
@given(now_ms=moments, symbol=symbols, bar=st.sampled_from((*SHORT, *LONGER)))
def test_candles_given_any_instant_agree_on_rest_and_websocket(
    okx: Okx, now_ms: int, symbol: str, bar: str
) -> None:
    okx.process.set_clock(iso(now_ms))
    recent = okx.rows("market/candles", instId=symbol, bar=bar, limit=5)
    assert okx.rows("market/history-candles", instId=symbol, bar=bar, limit=5) == recent
    with okx.channel(f"candle{bar}", symbol, "business") as talk:
        assert talk.hear()["data"] == recent[:1]


@few
@given(now_ms=moments, symbol=symbols, bar=st.sampled_from(SHORT))
def test_candles_given_their_end_are_confirmed_as_rest_has_them(
    okx: Okx, now_ms: int, symbol: str, bar: str
) -> None:
    okx.process.set_clock(iso(now_ms))
    frame = BARS[bar]
    end = frame.following(frame.opening(now_ms))
    with okx.channel(f"candle{bar}", symbol, "business") as talk:
        okx.process.set_clock(iso(end))
        messages = talk.hear_until(lambda message: message["data"][0][8] == "1")
    after = okx.rows("market/candles", instId=symbol, bar=bar, after=end, limit=1)
    assert messages[-1]["data"] == after


def test_candles_given_a_minute_without_a_trade_are_silent_until_its_end(okx: Okx) -> None:
    halted_ms = 1_671_332_400_000 + MINUTE + 5_000
    okx.process.set_clock(iso(halted_ms))
    with okx.channel("candle1m", BTC, "business") as talk:
        running = talk.hear()["data"][0]
        okx.process.set_clock(iso(halted_ms + MINUTE))
        over, following = (talk.hear()["data"][0] for _ in range(2))
    assert (running[8], over[8], following[8]) == ("0", "1", "0")
    assert over[:8] == running[:8]
    assert int(following[0]) == int(over[0]) + MINUTE


def test_mark_candles_given_their_end_are_those_of_rest(okx: Okx) -> None:
    end = (NOW_MS // MINUTE + 1) * MINUTE
    with okx.channel("mark-price-candle1m", SWAP, "business") as talk:
        okx.process.set_clock(iso(end))
        messages = talk.hear_until(lambda message: message["data"][0][5] == "1")
    rows = okx.rows("market/mark-price-candles", instId=SWAP, after=end, limit=1)
    assert messages[-1]["data"] == rows
