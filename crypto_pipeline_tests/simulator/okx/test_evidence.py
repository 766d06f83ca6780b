"""What the simulated OKX says has the shape of OKX's captured messages: keys, types, order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess, Talk
from crypto_pipeline_tests.simulator.conftest import NOW
from crypto_pipeline_tests.simulator.okx.asking import SOCKETS, Okx
from crypto_pipeline_tests.simulator.shapes import differences, shape

CAPTURE = "cryptofeed/OKX.ws.1.0"
PERP = "recent/fastmm_okx_perp/raw_perp_stream.jsonl"
TARDIS = "tardis_node_mappers/okex__okexV5Messages.jsonl"
TARDIS_QUOTES = "tardis_node_mappers/okex-swap__okexV5WithBookTickerMessages.jsonl"
GOCRYPTO = "gocryptotrader/test_strings/okx.jsonl"
GOCRYPTO_TRADES = "gocryptotrader/okx_wsAllTrades.json"
DOCS = Path(__file__).parents[3] / "docs" / "venues" / "okx.md"
MOST = 3000
Message = dict[str, Any]
Said = tuple[str, str, str]
"""Channel, instrument and action of a message; the last is empty but for `books`."""

pytestmark = pytest.mark.real_data


@dataclass(frozen=True)
class Row:
    """One channel and the captured message that it is compared with.

    Attributes:
        base: which path has it.
        channel: its name.
        symbol: the instrument that we listen to.
        file: where the captured message is.
        like: how the captured message's instId begins.
        action: of the message.
        added: keys of its data that OKX has added since.
    """

    base: str
    channel: str
    symbol: str
    file: str
    like: str = ""
    action: str = ""
    added: tuple[str, ...] = ()


ROWS = [
    Row("public", "mark-price", "BTC-USDT-SWAP", PERP),
    Row("public", "funding-rate", "BTC-USDT-SWAP", PERP),
    Row("public", "open-interest", "BTC-USDT-SWAP", PERP),
    Row("public", "index-tickers", "BTC-USDT", PERP),
    Row("public", "tickers", "BTC-USDT", CAPTURE, "BTC-USDT"),
    Row("public", "tickers", "BTC-USDT-SWAP", CAPTURE, "UNI-USD-SWAP"),
    Row("public", "trades", "BTC-USDT", GOCRYPTO_TRADES, added=("source", "seqId")),
    Row("public", "trades", "BTC-USDT-SWAP", GOCRYPTO_TRADES, added=("source", "seqId")),
    Row("public", "books", "BTC-USDT", CAPTURE, "", "snapshot", ("prevSeqId", "seqId")),
    Row("public", "books", "BTC-USDT", CAPTURE, "", "update", ("prevSeqId", "seqId")),
    Row("public", "books", "BTC-USDT-SWAP", CAPTURE, "", "snapshot", ("prevSeqId", "seqId")),
    Row("public", "books", "BTC-USDT-SWAP", CAPTURE, "", "update", ("prevSeqId", "seqId")),
    Row("public", "books5", "BTC-USDT", GOCRYPTO),
    Row("public", "bbo-tbt", "BTC-USDT-SWAP", TARDIS_QUOTES, added=("seqId",)),
    Row("business", "trades-all", "BTC-USDT", TARDIS, added=("source",)),
]
FILES = sorted({row.file for row in ROWS})


def captured_messages(path: Path) -> Iterator[Message]:
    """Every object of a file of one a line, whatever stands before it or is wrapped around it."""
    for line in path.read_text("utf-8").splitlines():
        at = line.find("{")
        if at >= 0 and not line.startswith(("[", "wss:")):
            found = json.loads(line[at:])
            yield found.get("message", found)


@lru_cache(maxsize=32)
def captured(real_data: Path, row: Row) -> Message:
    """The captured message of a row."""
    for each in captured_messages(real_data / row.file):
        argument = each.get("arg", {})
        named = (argument.get("channel"), each.get("action", ""))
        found = named == (row.channel, row.action) and "data" in each
        if found and argument["instId"].startswith(row.like):
            return each
    raise AssertionError(f"no such message in {row.file}: {row}")


@pytest.fixture(scope="module")
def heard(shared: SimulatorProcess) -> dict[Said, Message]:
    """The first data message of each kind on both paths."""
    shared.set_clock(NOW, speed=20.0)
    shared.set_rules(limits=False)
    return {**listened(shared, "public"), **listened(shared, "business")}


def listened(running: SimulatorProcess, base: str) -> dict[Said, Message]:
    rows = [row for row in ROWS if row.base == base]
    wanted = {(row.channel, row.symbol, row.action) for row in rows}
    streams = sorted({(row.channel, row.symbol) for row in rows})
    args = [{"channel": channel, "instId": symbol} for channel, symbol in streams]
    found: dict[Said, Message] = {}
    with running.socket(SOCKETS, f"/ws/v5/{base}") as talk:
        talk.say({"op": "subscribe", "args": args})
        for message in data_messages(talk):
            argument = message["arg"]
            said = (argument["channel"], argument["instId"], message.get("action", ""))
            found.setdefault(said, message)
            if wanted <= found.keys():
                return found
    raise AssertionError(f"not heard: {wanted - found.keys()}")


def data_messages(talk: Talk) -> Iterator[Message]:
    """The messages that are no acks, a bounded number of them."""
    for _ in range(MOST):
        message = talk.hear()
        if "data" in message:
            yield message


def parted(ours: Any, theirs: Any, row: Row) -> list[str]:
    """Where our message and the captured one part, but for what OKX has added since."""
    known = {f"$.data[].{name}: not in the captured one" for name in row.added}
    return [each for each in differences(shape(ours), shape(theirs)) if each not in known]


def named(row: Row) -> str:
    return f"{row.channel} {row.symbol} {row.action}".strip()


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_frame_given_a_captured_one_has_its_shape(
    heard: dict[Said, Message], real_data: Path, row: Row
) -> None:
    ours = heard[row.channel, row.symbol, row.action]
    assert parted(ours, captured(real_data, row), row) == []


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_frame_given_a_captured_one_has_its_order_of_keys(
    heard: dict[Said, Message], real_data: Path, row: Row
) -> None:
    ours, theirs = heard[row.channel, row.symbol, row.action], captured(real_data, row)
    assert list(ours) == list(theirs)
    assert list(ours["arg"]) == list(theirs["arg"])
    [our_data], their_data = ours["data"], theirs["data"][0]
    assert [key for key in our_data if key not in row.added] == list(their_data)


def test_an_ack_given_an_id_has_the_shape_and_order_of_the_captured_one(
    okx: Okx, real_data: Path
) -> None:
    theirs = next(captured_messages(real_data / PERP))
    with okx.talk() as talk:
        talk.say({"id": "perp", "op": "subscribe", "args": [theirs["arg"]]})
        ours = talk.hear()

    assert list(ours) == list(theirs)
    assert {**ours, "connId": ""} == {**theirs, "connId": ""}
    assert len(ours["connId"]) == len(theirs["connId"])


def test_an_ack_given_no_id_is_the_captured_one_with_a_conn_id(okx: Okx, real_data: Path) -> None:
    theirs = next(captured_messages(real_data / TARDIS))
    with okx.talk() as talk:
        talk.say({"op": "subscribe", "args": [theirs["arg"]]})
        ours = talk.hear()

    assert {**theirs, "connId": ours["connId"]} == ours


def test_an_error_given_a_captured_one_has_its_shape_and_order(okx: Okx, real_data: Path) -> None:
    messages = captured_messages(real_data / GOCRYPTO)
    theirs = next(each for each in messages if each.get("code") == "60012")
    with okx.talk() as talk:
        talk.say('{"op": "subscribe", "args":[{ "channel" : "block-tickers", "instId" : ')
        ours = talk.hear()

    assert list(ours) == list(theirs)
    assert differences(shape(ours), shape(theirs)) == []
    assert ours["code"] == "60012"
    assert ours["msg"].startswith('Invalid request: {"op": "subscribe"')


@pytest.mark.parametrize("file", FILES)
def test_the_document_given_each_evidence_names_it(file: str) -> None:
    assert file in DOCS.read_text("utf-8")
