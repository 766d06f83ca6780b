"""The raw zone: what is kept is what came, whole or not at all, and damage is named."""

from __future__ import annotations

import hashlib
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import RawError
from crypto_pipeline.history.raw.files import PARTIAL
from crypto_pipeline.history.raw.pages import RawPage, framed
from crypto_pipeline.history.raw.zone import Kept, RawZone
from crypto_pipeline.venues.capabilities import Request

AT = datetime(2025, 2, 10, 12, 34, 30, 123456, tzinfo=UTC)
DAY = Span(AT, AT + timedelta(days=1))
URL = "https://data.binance.vision/data/spot/daily/BTCUSDT-1m-2025-02-09.zip"
NAMED = "me:hunter2"
FORM = {"X-MBX-TIME-UNIT": "MICROSECOND"}
PARAMETERS: dict[str, str | int] = {"symbol": "BTCUSDT", "limit": 1000}
ASKED = Request("spot", "/api/v3/klines", PARAMETERS, {"weight": 2}, FORM)
BODY = b'[[1,"2"]]\n\x00\xff'


def files(home: Path) -> list[Path]:
    return sorted(path for path in (home / "raw").rglob("*") if path.is_file())


def keep(home: Path, content: bytes = b"zipped", url: str = URL) -> Kept:
    kept = RawZone(home).keep_file("binance", Kind.KLINES, url, content)
    assert kept is not None
    return kept


def pack(home: Path, bodies: list[bytes]) -> Kept | None:
    with RawZone(home).pack("binance", Kind.KLINES) as pack:
        for body in bodies:
            pack.add(ASKED, f"http://{NAMED}@127.0.0.1:80/api?x=1", body, AT, asked=DAY)
        return pack.finish()


def damage(home: Path, kept: Kept, content: bytes) -> None:
    path = home / "raw" / kept.path
    path.chmod(0o644)
    path.write_bytes(content)


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_keep_file_given_bytes_lays_them_down_read_only_under_their_hash(home: Path) -> None:
    kept = keep(home)

    sha256 = hashlib.sha256(b"zipped").hexdigest()
    assert kept == Kept(f"binance/klines/{sha256[:2]}/{sha256}.zip", sha256, 6)
    (path,) = files(home)
    assert path == home / "raw" / kept.path
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert RawZone(home, keep=False).read_file(kept.path) == b"zipped"


def test_keep_file_given_the_same_content_again_changes_nothing(home: Path) -> None:
    kept = keep(home)
    inode = (home / "raw" / kept.path).stat().st_ino

    again = keep(home)

    assert again == kept
    assert [path.stat().st_ino for path in files(home)] == [inode]


def test_keep_file_given_a_damaged_copy_there_mends_it(home: Path) -> None:
    kept = keep(home)
    damage(home, kept, b"zipqed")

    keep(home)

    assert RawZone(home).read_file(kept.path) == b"zipped"


@pytest.mark.parametrize(
    ("url", "suffix"),
    [
        ("http://x/BTCUSDT2025-02-09.csv.gz?sign=1", ".csv.gz"),
        ("http://x/a.tar.gz", ".tar.gz"),
        ("/home/me/MY.FEATHER", ".feather"),
        ("http://x/no-suffix", ""),
        ("http://x/1.5", ""),
        ("http://x/a.b$", ""),
    ],
)
def test_keep_file_given_a_name_keeps_its_usual_suffix(home: Path, url: str, suffix: str) -> None:
    kept = keep(home, url=url)

    assert kept.path.endswith(kept.sha256 + suffix)
    assert RawZone(home).read_file(kept.path) == b"zipped"


def test_keep_copy_given_a_file_keeps_it_as_keep_file_does(home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.zip"
    mine.write_bytes(b"zipped")

    assert RawZone(home).keep_copy("binance", Kind.KLINES, mine) == keep(home)
    assert mine.read_bytes() == b"zipped"
    assert len(files(home)) == 1


def test_zone_given_that_nothing_is_kept_keeps_nothing(home: Path, tmp_path: Path) -> None:
    zone = RawZone(home, keep=False)
    with zone.pack("binance", Kind.KLINES) as pack:
        pack.add(ASKED, URL, BODY, AT)
        assert pack.finish() is None

    assert zone.keep_file("binance", Kind.KLINES, URL, b"zipped") is None
    assert zone.keep_copy("binance", Kind.KLINES, tmp_path / "absent") is None
    assert not home.exists()


@pytest.mark.parametrize("path", ["../../etc/passwd", "binance/klines/aa/short.zip", "/abs", ""])
def test_read_file_given_no_path_of_a_zone_refuses_it(home: Path, path: str) -> None:
    with pytest.raises(RawError, match="no path within a raw zone"):
        RawZone(home).read_file(path)


def test_read_file_given_a_flipped_bit_names_the_file(home: Path) -> None:
    kept = keep(home)
    damage(home, kept, b"zipqed")

    with pytest.raises(RawError, match=rf"{kept.sha256}.zip is damaged: the sha256 of its content"):
        RawZone(home).read_file(kept.path)


def test_read_file_given_a_file_that_is_gone_names_it(home: Path) -> None:
    kept = keep(home)
    (home / "raw" / kept.path).unlink()

    with pytest.raises(RawError, match=rf"{kept.sha256}.zip is not there"):
        RawZone(home).read_file(kept.path)


def test_pack_given_pages_reads_back_request_time_and_exact_bytes(home: Path) -> None:
    kept = pack(home, [BODY, b"", b"[]"])

    assert kept is not None
    pages = list(RawZone(home).read_pages(kept.path))
    assert [page.body for page in pages] == [BODY, b"", b"[]"]
    assert pages[0] == RawPage(
        Request("spot", "/api/v3/klines", PARAMETERS, headers=FORM),
        "http://127.0.0.1:80",
        AT,
        DAY,
        BODY,
    )
    assert kept.path == f"binance/klines/{kept.sha256[:2]}/{kept.sha256}.pages.zst"
    assert files(home) == [home / "raw" / kept.path]


def test_pack_given_no_page_keeps_nothing(home: Path) -> None:
    assert pack(home, []) is None
    assert not home.exists()


def test_pack_given_it_is_left_unfinished_leaves_nothing(home: Path) -> None:
    with RawZone(home).pack("binance", Kind.KLINES) as pack:
        pack.add(ASKED, URL, BODY, AT)
        assert [path.parent.name for path in files(home)] == [PARTIAL]

    assert files(home) == []


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_read_pages_given_a_cut_pack_names_it_and_gives_no_page(home: Path, cut: float) -> None:
    kept = pack(home, [bytes(range(256)) * 9] * 3)
    assert kept is not None
    whole = (home / "raw" / kept.path).read_bytes()
    damage(home, kept, whole[: int(len(whole) * cut)])

    with pytest.raises(RawError, match=rf"{kept.sha256}.pages.zst"):
        next(RawZone(home).read_pages(kept.path))


def test_read_pages_given_any_flipped_bit_gives_no_page(home: Path) -> None:
    kept = pack(home, [BODY])
    assert kept is not None
    whole = (home / "raw" / kept.path).read_bytes()
    refused = 0
    for place in range(len(whole)):
        damage(home, kept, whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        try:
            pages = list(RawZone(home).read_pages(kept.path))
        except RawError:
            refused += 1
        else:
            assert [page.body for page in pages] == [BODY]  # a bit that says nothing

    assert refused > len(whole) * 0.9


def test_keep_file_given_a_full_disk_says_so_and_leaves_what_was_there(home: Path) -> None:
    kept = keep(home)

    with full_disk(1000), pytest.raises(RawError, match=r"\.zip failed: File too large"):
        keep(home, content=b"x" * 2000)

    assert files(home) == [home / "raw" / kept.path]
    assert keep(home, content=b"x" * 2000).size == 2000


def test_pack_given_a_full_disk_says_so_and_leaves_nothing(home: Path) -> None:
    body = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(256)) * 20

    with full_disk(1000), pytest.raises(RawError, match="failed: File too large"):
        pack(home, [body] * 30)

    assert files(home) == []


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5)),
            st.binary(max_size=50),
        ),
        max_size=5,
    )
)
def test_frames_given_any_pages_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    given_pages: list[tuple[dict[str, str | int], bytes]],
) -> None:
    home = tmp_path_factory.mktemp("zone")
    with RawZone(home).pack("okx", Kind.TRADES) as pack:
        for parameters, body in given_pages:
            pack.add(Request("v5", "/p", parameters), "https://www.okx.com/p", body, AT)
        kept = pack.finish()

    pages = list(RawZone(home).read_pages(kept.path)) if kept else []

    assert [(dict(page.request.parameters), page.body) for page in pages] == given_pages


def test_framed_given_a_host_with_a_password_writes_no_password() -> None:
    frame = framed(ASKED, f"https://{NAMED}@host/p?a=1", BODY, AT, None)

    assert b"hunter2" not in frame
    assert b'"bytes": 12' in frame
    assert b'"host": "https://host"' in frame
    assert frame.endswith(b"\n" + BODY + b"\n")
