"""OKX's download files: where they are, when, and that they are what REST gives."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from crypto_pipeline_tests.simulator.okx.asking import (
    BTC,
    DAY,
    HOUR,
    MINUTE,
    NOW_MS,
    STATIC,
    SWAP,
    Okx,
    iso,
)

ROOT = "/cdn/okex/traderecords"
QUIET = "ANKR-USDT"
LOCAL_DAY = 1_738_944_000_000
"""2025-02-08 in UTC+8, whose files are the newest that are there at NOW."""


def test_trades_given_a_day_are_those_of_rest_in_utc8(okx: Okx) -> None:
    header, *lines = okx.file(f"{ROOT}/trades/daily/20250208/{QUIET}-trades-2025-02-08.zip")
    assert ",".join(header) == "instrument_name,trade_id,side,price,size,created_time"
    times = [int(line[5]) for line in lines]
    assert times[0] >= LOCAL_DAY
    assert times[-1] < LOCAL_DAY + DAY
    ids = [int(line[1]) for line in lines]
    assert ids == list(range(ids[0], ids[-1] + 1))
    over_rest = okx.rows("market/history-trades", instId=QUIET, after=ids[-1] + 1, limit=5)
    keys = ("instId", "tradeId", "side", "px", "sz", "ts")
    assert lines[:-6:-1] == [[row[key] for key in keys] for row in over_rest]


def test_candles_given_a_day_are_those_of_rest(okx: Okx) -> None:
    path = f"{ROOT}/candlesticks/daily/20250208/{SWAP}-candlesticks-2025-02-08.zip"
    header, *lines = okx.file(path)
    names = "instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm"
    assert ",".join(header) == names
    assert len(lines) == 1440
    after = LOCAL_DAY + 300 * MINUTE
    rows = okx.rows("market/history-candles", instId=SWAP, after=after, limit=300)
    assert lines[:300] == [[SWAP, *row[1:8], row[0], row[8]] for row in reversed(rows)]


def test_funding_given_a_month_is_that_of_rest(okx: Okx) -> None:
    path = f"{ROOT}/swaprates/monthly/202501/{SWAP}-fundingrates-2025-01.zip"
    header, *lines = okx.file(path)
    assert ",".join(header) == "instrument_name,funding_rate,funding_time"
    assert len(lines) == 31 * 3
    after = int(lines[-1][2]) + 1
    rows = okx.rows("public/funding-rate-history", instId=SWAP, after=after, limit=93)
    assert lines == [[SWAP, row["realizedRate"], row["fundingTime"]] for row in reversed(rows)]


def test_funding_given_a_day_is_of_all_swaps(okx: Okx) -> None:
    path = f"{ROOT}/swaprates/daily/20250208/allswap-fundingrates-2025-02-08.zip"
    lines = okx.file(path)[1:]
    assert {line[0] for line in lines} == {
        row["instId"] for row in okx.rows("public/instruments", instType="SWAP")
    }


def test_a_month_given_its_days_is_all_of_them(okx: Okx) -> None:
    month = okx.file(f"{ROOT}/trades/monthly/202501/{QUIET}-trades-2025-01.zip")
    days = [
        okx.file(f"{ROOT}/trades/daily/202501{day:02d}/{QUIET}-trades-2025-01-{day:02d}.zip")[1:]
        for day in range(1, 32)
    ]
    assert month[1:] == [line for day in days for line in day]


def test_a_file_given_the_query_of_the_download_page_is_the_same(okx: Okx) -> None:
    path = f"{ROOT}/trades/daily/20250208/{QUIET}-trades-2025-02-08.zip"
    contents = {
        hashlib.sha256(okx.process.get(host, path + query).body).hexdigest()
        for host, query in ((STATIC, ""), (STATIC, "?v=999"), ("www.okx.com", ""))
    }
    assert len(contents) == 1


@pytest.mark.parametrize(
    "path",
    [
        "trades/daily/20250209/ANKR-USDT-trades-2025-02-09.zip",
        "trades/daily/20250208/ANKR-USDT-trades-2025-02-07.zip",
        "trades/daily/20250230/ANKR-USDT-trades-2025-02-30.zip",
        "trades/daily/20250208/NO-SUCH-trades-2025-02-08.zip",
        "trades/daily/20161230/ANKR-USDT-trades-2016-12-30.zip",
        "trades/monthly/202502/ANKR-USDT-trades-2025-02.zip",
        "swaprates/daily/20250208/BTC-USDT-SWAP-fundingrates-2025-02-08.zip",
        "swaprates/monthly/202501/BTC-USDT-fundingrates-2025-01.zip",
        "trades/daily/20250208/BTC-USDT-SWAP-candlesticks-2025-02-08.zip",
        "",
    ],
)
def test_a_file_given_a_path_of_none_is_missing(okx: Okx, path: str) -> None:
    assert okx.process.get(STATIC, f"{ROOT}/{path}").status == 404


def test_a_file_given_a_day_after_its_end_is_there(okx: Okx) -> None:
    path = f"{ROOT}/trades/daily/20250209/{QUIET}-trades-2025-02-09.zip"
    available = LOCAL_DAY + 3 * DAY
    okx.process.set_clock(iso(available - 1000))
    assert okx.process.get(STATIC, path).status == 404
    okx.process.set_clock(iso(available))
    assert okx.process.get(STATIC, path).status == 200


def _listed(okx: Okx, **query: object) -> dict[str, object]:
    common = {"dateAggrType": "daily", "begin": NOW_MS - 6 * DAY, "end": NOW_MS}
    (row,) = okx.rows("public/market-data-history", **{**common, **query})
    return dict(row)


@pytest.mark.parametrize(
    "query",
    [
        {"module": 1, "instType": "SWAP", "instFamilyList": BTC},
        {"module": 2, "instType": "SPOT", "instIdList": f"{QUIET},ZIL-USDT"},
        {"module": 3, "instType": "SWAP", "instFamilyList": "ANY"},
    ],
)
def test_downloads_given_a_module_name_files_that_are_there(
    okx: Okx, query: dict[str, object]
) -> None:
    listed = _listed(okx, **query)
    details = listed["details"]
    assert isinstance(details, list)
    assert len(details) == str(query.get("instIdList", "one")).count(",") + 1
    for detail in details:
        dates = [int(file["dateTs"]) for file in detail["groupDetails"]]
        assert dates == sorted(dates, reverse=True)
        assert (dates[0], dates[-1]) == (int(detail["dateRangeEnd"]), int(detail["dateRangeStart"]))
        assert (dates[0] + 8 * HOUR) % DAY == 0
        for file in detail["groupDetails"][:1]:
            url = urlsplit(file["url"])
            assert url.netloc == STATIC
            assert url.path.endswith(file["filename"])
            assert okx.process.get(STATIC, url.path).status == 200
    sizes = [Decimal(detail["groupSizeMB"]) for detail in details]
    assert Decimal(str(listed["totalSizeMB"])) == sum(sizes)


def test_downloads_given_more_than_twenty_days_are_the_newest(okx: Okx) -> None:
    query = {"module": 1, "instType": "SPOT", "instIdList": BTC, "begin": NOW_MS - 90 * DAY}
    details = _listed(okx, **query, end=NOW_MS - 5 * DAY)["details"]
    assert isinstance(details, list)
    assert len(details[0]["groupDetails"]) == 20


def test_downloads_given_no_file_are_empty(okx: Okx) -> None:
    listed = _listed(okx, module=4, instType="SPOT", instIdList=BTC)
    assert (listed["details"], listed["totalSizeMB"]) == ([], "0")


@pytest.mark.parametrize(
    "query",
    [
        {"module": 9, "instType": "SWAP", "instFamilyList": BTC},
        {"module": 3, "instType": "SWAP", "instFamilyList": BTC},
        {"module": 1, "instType": "SWAP", "instFamilyList": "ANY", "dateAggrType": "monthly"},
        {"module": 1, "instType": "SWAP", "instFamilyList": BTC, "end": 10**17},
    ],
)
def test_downloads_given_a_wrong_parameter_are_refused(okx: Okx, query: dict[str, object]) -> None:
    common = {"dateAggrType": "daily", "begin": NOW_MS - DAY, "end": NOW_MS}
    assert okx.code("public/market-data-history", **{**common, **query}) == (400, "51000")
