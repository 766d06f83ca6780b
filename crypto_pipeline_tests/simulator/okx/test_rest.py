"""OKX's REST: server time, instruments, errors, limits."""

from __future__ import annotations

import pytest

from crypto_pipeline_tests.simulator.okx.asking import BTC, NOW_MS, SWAP, Okx


def test_time_given_a_standing_clock_is_its_instant_as_text(okx: Okx) -> None:
    assert okx.rows("public/time") == [{"ts": str(NOW_MS)}]


def test_hosts_given_either_name_answer_alike(okx: Okx) -> None:
    path = "/api/v5/public/instruments?instType=SPOT"
    hosts = ("www.okx.com", "openapi.okx.com")
    first, second = (okx.process.get(host, path).body for host in hosts)
    assert first == second


def test_status_given_no_outage_is_empty(okx: Okx) -> None:
    assert okx.rows("system/status") == []


def test_status_given_an_outage_tells_its_bounds(okx: Okx) -> None:
    okx.process.set_clock("2022-12-18T04:00:00Z")
    (outage,) = okx.rows("system/status")
    assert (outage["state"], outage["begin"], outage["end"]) == (
        "ongoing",
        "1671332400000",
        "1671345000000",
    )
    assert okx.rows("public/instruments", instType="SPOT", instId=BTC)[0]["state"] == "suspend"


def test_instruments_given_spot_has_no_contract_fields(okx: Okx) -> None:
    (row,) = okx.rows("public/instruments", instType="SPOT", instId=BTC)
    assert (row["baseCcy"], row["quoteCcy"], row["tickSz"]) == ("BTC", "USDT", "0.01")
    assert (row["ctVal"], row["ctType"], row["settleCcy"], row["uly"]) == ("", "", "", "")


def test_instruments_given_a_swap_counts_in_contracts(okx: Okx) -> None:
    (row,) = okx.rows("public/instruments", instType="SWAP", instId=SWAP)
    assert (row["ctVal"], row["ctMult"], row["ctValCcy"]) == ("0.01", "1", "BTC")
    assert (row["lotSz"], row["tickSz"], row["settleCcy"]) == ("0.1", "0.1", "USDT")
    assert (row["baseCcy"], row["quoteCcy"], row["instFamily"]) == ("", "", BTC)


@pytest.mark.parametrize("query", [{"instType": "FUTURES"}, {"instType": "OPTION", "uly": BTC}])
def test_instruments_given_a_type_without_any_is_empty(okx: Okx, query: dict[str, str]) -> None:
    assert okx.rows("public/instruments", **query) == []


def test_instruments_given_a_gone_coin_leaves_it_out(okx: Okx) -> None:
    okx.process.set_clock("2024-02-19T00:00:00Z")
    (row,) = okx.rows("public/instruments", instType="SPOT", instId="XMR-USDT")
    assert row["expTime"] == "1708398000000"
    okx.process.set_clock("2024-02-21T00:00:00Z")
    assert okx.code("public/instruments", instType="SPOT", instId="XMR-USDT") == (200, "51001")


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("public/instruments", {}, (400, "50014")),
        ("public/instruments", {"instType": "BOND"}, (400, "51000")),
        ("public/instruments", {"instType": "OPTION"}, (400, "50015")),
        ("market/candles", {}, (400, "50014")),
        ("market/candles", {"instId": "NO-SUCH"}, (200, "51001")),
        ("market/candles", {"instId": BTC, "bar": "7m"}, (400, "51000")),
        ("market/candles", {"instId": BTC, "after": "yesterday"}, (400, "51000")),
        ("market/candles", {"instId": BTC, "limit": "0"}, (400, "51000")),
        ("market/books", {"instId": BTC, "sz": "-1"}, (400, "51000")),
        ("market/history-trades", {"instId": BTC, "type": "3"}, (400, "51000")),
        ("market/history-trades", {"instId": BTC, "type": "2", "before": "1"}, (200, "50039")),
        ("public/funding-rate", {"instId": BTC}, (200, "51001")),
        ("public/mark-price", {"instType": "SPOT"}, (400, "51000")),
        ("market/index-candles", {"instId": SWAP}, (200, "51001")),
        ("market/no-such-path", {}, (404, "404")),
    ],
)
def test_error_given_a_malformed_request_is_okx_own(
    okx: Okx, path: str, query: dict[str, str], expected: tuple[int, str]
) -> None:
    reply = okx.ask(path, **query)
    document = reply.json()
    assert (reply.status, document["code"]) == expected
    assert document["msg"]
    assert document["data"] == []


def test_limit_given_one_request_too_many_is_refused_until_the_window_ends(okx: Okx) -> None:
    okx.process.set_rules(limits=True, hurry=0.01)
    codes = [okx.code("public/time") for _ in range(11)]
    assert codes[:10] == [(200, "0")] * 10
    assert codes[10] == (429, "50011")
    assert okx.ask("public/time").json() == {
        "code": "50011",
        "msg": "Too Many Requests",
        "data": [],
    }
    okx.process.set_rules(hurry=10_000.0)
    assert okx.code("public/time") == (200, "0")


def test_limit_given_two_instruments_counts_each_apart(okx: Okx) -> None:
    okx.process.set_rules(limits=True, hurry=0.01)
    for _ in range(10):
        assert okx.code("public/funding-rate", instId=SWAP) == (200, "0")
    assert okx.code("public/funding-rate", instId=SWAP) == (429, "50011")
    assert okx.code("public/funding-rate", instId="ETH-USDT-SWAP") == (200, "0")


def test_limit_given_violations_counts_them(okx: Okx) -> None:
    okx.process.set_rules(limits=True, hurry=0.01)
    before = okx.process.counters()["www.okx.com"]["violations"]
    okx.ask("system/status")
    okx.ask("system/status")
    assert okx.process.counters()["www.okx.com"]["violations"] >= before + 1


def test_fault_given_429_has_okx_body(okx: Okx) -> None:
    okx.process.post_faults([{"kind": "429", "host": "www.okx.com"}])
    assert okx.code("public/time") == (429, "50011")
