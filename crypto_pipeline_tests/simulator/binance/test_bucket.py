"""Listings of the bucket as S3 gives them."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.binance.market_of import ARCHIVE, BUCKET, world

NOW = 1_780_000_030_000_000
S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"
DAYS = "data/spot/daily/klines/BTCUSDT/1m/"


def listing(query: str) -> Xml.Element:
    answer = world().ask(BUCKET, f"/data.binance.vision?{query}", NOW)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/xml"
    return Xml.fromstring(answer.body)  # noqa: S314 - our own document


def texts(document: Xml.Element, path: str) -> list[str]:
    return [each.text or "" for each in document.findall("/".join(S3 + p for p in path.split("/")))]


def keys(document: Xml.Element) -> list[str]:
    return texts(document, "Contents/Key")


def folders(query: str) -> list[str]:
    return texts(listing(f"{query}&delimiter=/"), "CommonPrefixes/Prefix")


def test_folders_given_a_delimiter_are_common_prefixes() -> None:
    assert folders("prefix=") == ["data/"]
    assert folders("prefix=data/") == ["data/futures/", "data/spot/"]
    assert folders("prefix=data/futures/um/") == [
        "data/futures/um/daily/",
        "data/futures/um/monthly/",
    ]
    assert folders("prefix=data/spot/daily/") == [
        f"data/spot/daily/{family}/" for family in ("aggTrades", "klines", "trades")
    ]
    assert "data/spot/daily/klines/BTCUSDT/" in folders("prefix=data/spot/daily/klines/")
    assert f"{DAYS}" in folders("prefix=data/spot/daily/klines/BTCUSDT/")


def test_folders_given_a_part_of_a_name_are_those_that_begin_with_it() -> None:
    assert folders("prefix=data/spot/daily/klines/BTC") == [
        "data/spot/daily/klines/BTCUSDC/",
        "data/spot/daily/klines/BTCUSDT/",
    ]


def test_files_given_a_folder_are_zips_and_checksums_in_order() -> None:
    found = listing(f"prefix={DAYS}&delimiter=/")

    assert keys(found)[:3] == [
        f"{DAYS}BTCUSDT-1m-2017-01-01.zip",
        f"{DAYS}BTCUSDT-1m-2017-01-01.zip.CHECKSUM",
        f"{DAYS}BTCUSDT-1m-2017-01-02.zip",
    ]
    assert len(keys(found)) == 1000
    assert texts(found, "IsTruncated") == ["true"]
    assert texts(found, "NextMarker") == [keys(found)[-1]]


@pytest.mark.parametrize("delimiter", ["&delimiter=/", ""])
def test_pages_given_markers_hold_each_key_once(delimiter: str) -> None:
    found, marker = list[str](), ""
    while True:
        page = listing(f"prefix={DAYS}{delimiter}&marker={marker}")
        found += keys(page)
        if texts(page, "IsTruncated") == ["false"]:
            break
        marker = keys(page)[-1]

    assert found == sorted(set(found))
    assert found[-1] == f"{DAYS}BTCUSDT-1m-2026-05-27.zip.CHECKSUM"
    assert len(found) == 2 * 3434


def test_pages_given_continuation_tokens_hold_each_key_once() -> None:
    prefix = "data/spot/monthly/klines/BTCUSDT/1d/"
    first = listing(f"list-type=2&prefix={prefix}&max-keys=100")
    [token] = texts(first, "NextContinuationToken")
    second = listing(f"list-type=2&prefix={prefix}&max-keys=900&continuation-token={token}")

    assert texts(first, "KeyCount") == ["100"]
    assert texts(second, "IsTruncated") == ["false"]
    assert keys(first) + keys(second) == keys(listing(f"prefix={prefix}"))


def test_keys_given_no_delimiter_go_through_all_folders() -> None:
    found = keys(listing("prefix=data/futures/um/monthly/fundingRate/&max-keys=1000"))

    assert found[0] == (
        "data/futures/um/monthly/fundingRate/1000PEPEUSDT/1000PEPEUSDT-fundingRate-2017-01.zip"
    )
    assert len(found) == 1000


def test_every_key_given_the_listing_is_there() -> None:
    for key in keys(listing("prefix=data/spot/monthly/klines/TIAUSDT/1d/"))[-4:]:
        assert world().ask(ARCHIVE, f"/{key}", NOW).status == 200
        assert world().ask(BUCKET, f"/data.binance.vision/{key}", NOW).status == 200


def test_listing_given_no_such_folder_is_empty() -> None:
    assert keys(listing("prefix=data/spot/daily/nothing/")) == []
    assert keys(listing("prefix=nothing/")) == []


@pytest.mark.parametrize("query", ["max-keys=x", "max-keys=-1", "list-type=2&continuation-token=x"])
def test_listing_given_a_bad_argument_is_400(query: str) -> None:
    assert world().ask(BUCKET, f"/data.binance.vision?{query}", NOW).status == 400


def test_bucket_given_another_name_is_404() -> None:
    assert b"NoSuchBucket" in world().ask(BUCKET, "/other", NOW).body


@pytest.mark.real_data
def test_recorded_bucket_given_a_folder_lists_its_files(recorded: SimulatorProcess) -> None:
    path = "/data.binance.vision?prefix=data/spot/daily/klines/BTCUSDT/1m/&delimiter=/"
    found = Xml.fromstring(recorded.get(BUCKET, path).body)  # noqa: S314 - our own document
    name = "data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2023-03-01.zip"

    assert name in keys(found)
    size = dict(zip(keys(found), texts(found, "Contents/Size"), strict=True))[name]
    assert int(size) == len(recorded.get(ARCHIVE, f"/{name}").body)
