"""What each exchange's own refusals mean: the bodies are those of its documentation."""

from __future__ import annotations

import pytest

from crypto_pipeline.errors import (
    SourceBusyError,
    SourceError,
    SourceMissingError,
    SymbolRefusedError,
    VenueBlockedError,
)
from crypto_pipeline.transport.refusals import (
    BANS,
    BLOCKED,
    Refusal,
    archive_refusal,
    by_body,
    by_status,
    is_good,
)
from crypto_pipeline.transport.replies import Reply, retry_after

URL = "https://exchange/path?symbol=X"
LIMIT, BUSY, SYMBOL, REFUSED = "limit", SourceBusyError, SymbolRefusedError, SourceError
BLOCK, MISSING, KEY = VenueBlockedError, SourceMissingError, "API_KEY"


def reply(status: int, body: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(URL, status, named, body.encode())


def judged(ccxt_id: str, status: int, body: str) -> Refusal | None:
    """What status or body mean, as an exchange asks for it."""
    given = reply(status, body)
    exchange = ccxt_id.removesuffix("exchange").removesuffix("usdm")
    return by_status(given, exchange) or by_body(given, exchange, ccxt_id)


CASES = [
    ("binance", 400, '{"code":-1121,"msg":"Invalid symbol."}', SYMBOL),
    ("binance", 400, '{"code":-1122,"msg":"Invalid symbol status."}', SYMBOL),
    ("binance", 400, '{"code":-1120,"msg":"Invalid interval."}', REFUSED),
    ("binance", 400, '{"code":-1102,"msg":"Mandatory parameter was not sent."}', REFUSED),
    ("binance", 401, '{"code":-2015,"msg":"Invalid API-key, IP, or permissions."}', KEY),
    ("binance", 401, '{"code":-2014,"msg":"API-key format invalid."}', KEY),
    ("binance", 429, '{"code":-1003,"msg":"Too many requests"}', LIMIT),
    ("binance", 400, '{"code":-1003,"msg":"Too many requests"}', LIMIT),
    ("binance", 503, '{"code":-1008,"msg":"Server is currently overloaded"}', BUSY),
    ("binance", 400, '{"code":-1000,"msg":"An unknown error occured"}', BUSY),
    ("binance", 404, "<html>404 Not Found</html>", MISSING),
    ("coinbaseexchange", 404, '{"reason":"not a message of Exchange"}', MISSING),
    ("coinbaseexchange", 400, '{"reason":"not a message of Exchange"}', REFUSED),
    ("binance", 418, '{"code":-1003,"msg":"Way too many requests; IP banned"}', BLOCK),
    ("binance", 403, "<html>403 Forbidden</html>", BLOCK),
    ("binance", 451, '{"code":0,"msg":"Service unavailable from a restricted location"}', BLOCK),
    ("binanceusdm", 400, '{"code":-1121,"msg":"Invalid symbol."}', SYMBOL),
    ("binanceusdm", 400, '{"code":-1122,"msg":"Invalid symbol status."}', SYMBOL),
    ("binanceusdm", 400, '{"code":-4108,"msg":"Symbol is on delivering or closed."}', SYMBOL),
    ("binanceusdm", 400, '{"code":-1008,"msg":"Server is currently overloaded"}', BUSY),
    ("binanceusdm", 400, '{"code":-1000,"msg":"An unknown error occured"}', BUSY),
    ("okx", 200, '{"code":"51001","msg":"Instrument ID doesn\'t exist.","data":[]}', SYMBOL),
    ("okx", 400, '{"code":"51000","msg":"Parameter bar error","data":[]}', REFUSED),
    ("okx", 400, '{"code":"50014","msg":"Parameter instId can not be empty."}', REFUSED),
    ("okx", 429, '{"code":"50011","msg":"Too Many Requests","data":[]}', LIMIT),
    ("okx", 200, '{"code":"50011","msg":"Too Many Requests","data":[]}', LIMIT),
    ("okx", 200, '{"code":"50013","msg":"Systems are busy.","data":[]}', BUSY),
    ("okx", 503, '{"code":"50001","msg":"Service temporarily unavailable."}', BUSY),
    ("okx", 400, '{"code":"50004","msg":"API endpoint request timeout"}', BUSY),
    ("okx", 200, '{"code":"50026","msg":"System error","data":[]}', BUSY),
    ("okx", 401, '{"code":"50111","msg":"Invalid OK-ACCESS-KEY","data":[]}', KEY),
    ("okx", 404, '{"code":"404","msg":"Not Found","data":[]}', MISSING),
    ("bybit", 200, '{"retCode":10001,"retMsg":"params error: symbol invalid"}', SYMBOL),
    ("bybit", 200, '{"retCode":10001,"retMsg":"Not supported symbols","result":{}}', SYMBOL),
    ("bybit", 200, '{"retCode":10001,"retMsg":"Invalid period!","result":{}}', REFUSED),
    ("bybit", 200, '{"retCode":10006,"retMsg":"Too many visits!","result":{}}', LIMIT),
    ("bybit", 200, '{"retCode":10429,"retMsg":"System level frequency protection"}', LIMIT),
    ("bybit", 200, '{"retCode":10016,"retMsg":"Server error.","result":{}}', BUSY),
    ("bybit", 200, '{"retCode":10000,"retMsg":"Server Timeout","result":{}}', BUSY),
    ("bybit", 200, '{"retCode":10003,"retMsg":"API key is invalid.","result":{}}', KEY),
    ("bybit", 200, '{"retCode":10024,"retMsg":"Compliance rules triggered"}', BLOCK),
    ("bybit", 200, '{"retCode":10017,"retMsg":"Route not found.","result":{}}', REFUSED),
    ("bybit", 403, "access too frequent", BLOCK),
    ("coinbase", 404, '{"error":"NOT_FOUND","error_details":"x","message":"x"}', SYMBOL),
    ("coinbase", 400, '{"error":"INVALID_ARGUMENT","message":"candles requested"}', REFUSED),
    ("coinbase", 401, "Unauthorized\n", KEY),
    ("coinbase", 401, '{"error":"unauthenticated","message":"x"}', KEY),
    ("coinbase", 429, "Too Many Requests", LIMIT),
    ("coinbaseexchange", 404, '{"message":"NotFound"}', SYMBOL),
    ("coinbaseexchange", 400, '{"message":"Unsupported granularity"}', REFUSED),
    ("coinbaseexchange", 429, '{"message":"Public rate limit exceeded"}', LIMIT),
    ("coinbaseexchange", 500, '{"message":"Internal server error"}', BUSY),
    ("coinbaseexchange", 403, '{"message":"Forbidden"}', BLOCK),
]


@pytest.mark.parametrize(
    ("ccxt_id", "status", "body", "meaning"), CASES, ids=lambda value: str(value)[:40]
)
def test_refusal_given_a_body_of_the_exchange_means_what_it_documents(
    ccxt_id: str, status: int, body: str, meaning: object
) -> None:
    found = judged(ccxt_id, status, body)

    assert found is not None
    assert found.limited is (meaning == LIMIT)
    expected = {LIMIT: SourceBusyError, KEY: SourceError}.get(str(meaning), meaning)
    assert type(found.error) is expected
    assert found.error.url == URL
    assert (KEY in found.error.reason) is (meaning == KEY)
    assert (body[:40].strip() in found.error.reason) is not body.startswith("<html>403")


@pytest.mark.parametrize(
    ("ccxt_id", "body"),
    [
        ("okx", '{"msg":"","data":[],"code":"0"}'),
        ("bybit", '{"retMsg":"OK","retCode":0,"result":{}}'),
    ],
)
def test_refusal_given_a_good_answer_in_another_order_is_none(ccxt_id: str, body: str) -> None:
    assert judged(ccxt_id, 200, body) is None


@pytest.mark.parametrize("body", ["<html>Maintenance</html>", '{"code":"0","data":[[1,2', "", "]"])
def test_refusal_given_an_answer_that_is_not_whole_json_is_busy(body: str) -> None:
    given = reply(200, body)
    found = by_status(given, "okx")

    assert not is_good(given, b"")
    assert found is not None
    assert isinstance(found.error, SourceBusyError)


@pytest.mark.parametrize(
    ("status", "header", "ban"),
    [
        (418, None, 120.0),
        (418, "300", 300.0),
        (418, "0", 120.0),
        (403, None, 600.0),
        (451, None, 0.0),
    ],
)
def test_refusal_given_a_ban_lasts_as_told_or_as_documented(
    status: int, header: str | None, ban: float
) -> None:
    headers = {"Retry_After": header} if header else {}

    found = by_status(reply(status, "", **headers), "binance")

    assert found is not None
    assert found.ban == ban
    assert BLOCKED[status] in found.error.reason
    assert ("it is left alone for" in found.error.reason) is bool(ban)


@pytest.mark.parametrize("status", sorted(BLOCKED))
def test_refusal_given_a_block_says_what_can_be_done(status: int) -> None:
    found = by_status(reply(status, ""), "binance")

    assert found is not None
    for way in (
        "https://data-api.binance.vision",
        "CRYPTO_VENUES__BINANCE__REST_URLS",
        "CRYPTO_VENUES__BINANCE__HTTP_PROXY",
        "archive",
    ):
        assert way in str(found.error)


def test_bans_given_their_statuses_are_blocks() -> None:
    assert set(BANS) < set(BLOCKED)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", None), ("-3", None), ("", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)],
)
def test_retry_after_given_a_header_is_its_seconds(header: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": header}) == seconds


@pytest.mark.parametrize("header", ["nan", "inf"])
def test_retry_after_given_no_number_of_seconds_is_none(header: str) -> None:
    assert retry_after({"Retry-After": header}) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, MISSING), (403, BLOCK), (451, BLOCK), (429, BUSY), (500, BUSY), (400, SourceError)],
)
def test_archive_refusal_given_a_status_is_typed(status: int, kind: type[SourceError]) -> None:
    assert type(archive_refusal(reply(status, "no"), "binance")) is kind


@pytest.mark.parametrize("status", sorted(BLOCKED))
def test_archive_refusal_given_a_block_promises_no_ban(status: int) -> None:
    found = archive_refusal(reply(status, "<Error/>", Retry_After="60"), "binance")

    assert isinstance(found, VenueBlockedError)
    assert BLOCKED[status] in found.reason
    assert "left alone" not in found.reason
    assert "CRYPTO_VENUES__BINANCE__HTTP_PROXY" in found.reason
