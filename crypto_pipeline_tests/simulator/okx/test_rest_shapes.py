"""OKX's REST answers have the shape of its documentation's examples, which others keep.

No REST answer of today was captured; those of 2022 in `cryptofeed/OKX.0` are of instruments, whose
keys were fewer then.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline_tests.simulator.evidence import answers_of
from crypto_pipeline_tests.simulator.okx.asking import BTC, SWAP, Okx
from crypto_pipeline_tests.simulator.shapes import differences, shape

pytestmark = pytest.mark.real_data

ADAPTER, DOCUMENTED = "nautilus/adapters/okx", "jkorf/OKX.Net/Endpoints_UnifiedApi_ExchangeData"


@dataclass(frozen=True)
class Example:
    """One path and the answer that it is compared with.

    Attributes:
        path: below `/api/v5/`.
        query: its parameters.
        file: where the example is.
        added: keys that OKX has added since.
        gone: keys that OKX has taken away since.
        other: keys whose values are of another kind, being empty in one of the two.
    """

    path: str
    query: dict[str, str]
    file: str
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    other: tuple[str, ...] = field(default=())


_INSTRUMENT_KEYS = ("groupId", "instCategory", "upcChg")
_SPOT_KEYS = (
    *_INSTRUMENT_KEYS, "contTdSwTime", "futureSettlement", "instIdCode", "maxPlatOILmt", "openType",
    "posLmtAmt", "posLmtPct", "preMktSwTime", "tradeQuoteCcyList",
)  # fmt: skip
EXAMPLES = [
    Example("public/time", {}, f"{DOCUMENTED}_GetServerTime.txt"),
    Example(
        "public/instruments",
        {"instType": "SWAP"},
        f"{ADAPTER}/http_get_instruments_swap.json",
        added=_INSTRUMENT_KEYS,
        gone=("alias",),
    ),
    Example(
        "public/instruments",
        {"instType": "SPOT"},
        f"{ADAPTER}/http_get_instruments_spot.json",
        added=_SPOT_KEYS,
        gone=("alias",),
        other=("lever",),
    ),
    Example("market/candles", {"instId": SWAP}, f"{ADAPTER}/http_get_candlesticks_full.json"),
    Example("market/history-candles", {"instId": BTC}, f"{DOCUMENTED}_GetKlineHistory.txt"),
    Example("market/index-candles", {"instId": BTC}, f"{DOCUMENTED}_GetIndexKlines.txt"),
    Example("market/mark-price-candles", {"instId": SWAP}, f"{DOCUMENTED}_GetMarkPriceKlines.txt"),
    Example("market/trades", {"instId": BTC}, f"{ADAPTER}/http_get_trades.json", added=("source",)),
    Example(
        "market/history-trades",
        {"instId": SWAP},
        f"{DOCUMENTED}_GetTradeHistory.txt",
        added=("source",),
    ),
    Example(
        "market/books", {"instId": BTC}, f"{ADAPTER}/http_get_order_book.json", added=("seqId",)
    ),
    Example("market/ticker", {"instId": SWAP}, f"{DOCUMENTED}_GetTicker.txt"),
    Example("market/tickers", {"instType": "SWAP"}, f"{DOCUMENTED}_GetTickers.txt"),
    Example("market/index-tickers", {"instId": BTC}, f"{ADAPTER}/http_get_index_price.json"),
    Example("public/mark-price", {"instType": "SWAP"}, f"{ADAPTER}/http_get_mark_price.json"),
    Example(
        "public/open-interest",
        {"instType": "SWAP"},
        f"{DOCUMENTED}_GetOpenInterests.txt",
        added=("oiUsd",),
    ),
    Example(
        "public/funding-rate",
        {"instId": SWAP},
        f"{DOCUMENTED}_GetFundingRates.txt",
        added=("formulaType", "impactValue", "interestRate", "nextFundingRate"),
    ),
    Example(
        "public/funding-rate-history",
        {"instId": SWAP},
        f"{DOCUMENTED}_GetFundingRateHistory.txt",
        added=("formulaType",),
    ),
]


def _document(path: Path) -> Any:
    """The JSON of an example, whatever stands before it."""
    text = path.read_text("utf-8-sig")
    return json.loads(text[text.index("{") :])


def _parted(ours: Any, theirs: Any, example: Example) -> list[str]:
    known = {f"$.data[].{name}: not in the captured one" for name in example.added}
    known |= {f"$.data[].{name}: missing" for name in example.gone}
    other = tuple(f"$.data[].{name}: " for name in example.other)
    found = differences(shape(ours), shape(theirs))
    return [each for each in found if each not in known and not each.startswith(other or ("!",))]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: f"{each.path} {each.query}")
def test_an_answer_given_an_example_has_its_shape(
    okx: Okx, real_data: Path, example: Example
) -> None:
    ours = okx.ask(example.path, **example.query).json()
    assert _parted(ours, _document(real_data / example.file), example) == []


@pytest.mark.parametrize("kind", ["SPOT", "SWAP"])
def test_instruments_given_the_captured_ones_have_all_their_keys_but_alias(
    okx: Okx, real_data: Path, kind: str
) -> None:
    answers = answers_of(real_data, "cryptofeed/OKX.0")
    theirs = next(answer for url, _, answer in answers if url.endswith(f"instType={kind}"))
    ours = okx.rows("public/instruments", instType=kind)[0]
    assert set(theirs["data"][0]) - set(ours) == {"alias"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: f"{each.path} {each.query}")
def test_the_document_given_each_example_names_its_file(example: Example) -> None:
    text = (Path(__file__).parents[3] / "docs" / "venues" / "okx.md").read_text("utf-8")
    assert f"`{example.file}`" in text
