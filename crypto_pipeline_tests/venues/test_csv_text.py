"""The one CSV in a file of an archive: unpacked whole, or refused by what is wrong with it."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.csv_text import HEAD, CsvText, Packing

TEXT = b"id,price\n1,2.5\n" * 1000


def zipped(*texts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, text in enumerate(texts):
            archive.writestr(f"{number}.csv", text)
    return content.getvalue()


def spoiled(content: bytes) -> bytes:
    place = content.index(b"0.csv") + 9
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


def read(content: bytes, packing: Packing, *, most: int | None = None) -> bytes:
    text = CsvText("x", content, packing)
    with (text if most is None else CsvText("x", content, packing, most)).open() as whole:
        return whole.read()


@pytest.mark.parametrize(
    ("content", "packing"),
    [
        (TEXT, Packing.NONE),
        (zipped(TEXT), Packing.ZIP),
        (gzip.compress(TEXT, mtime=0), Packing.GZIP),
        (gzip.compress(TEXT[:999], mtime=0) + gzip.compress(TEXT[999:], mtime=0), Packing.GZIP),
        (b"", Packing.NONE),
    ],
)
def test_open_given_a_whole_file_gives_its_text_each_time(content: bytes, packing: Packing) -> None:
    text = CsvText("x", content, packing)
    expected = TEXT if content else b""

    assert read(content, packing) == read(content, packing) == expected
    assert text.head() == expected[:HEAD]


@pytest.mark.parametrize(
    ("content", "packing", "given"),
    [
        (b"", Packing.GZIP, "a gzip that is cut short"),
        (b"<html>", Packing.GZIP, "a broken gzip"),
        (gzip.compress(TEXT, mtime=0)[:-3], Packing.GZIP, "a gzip that is cut short"),
        (gzip.compress(TEXT, mtime=0)[:-8] + bytes(8), Packing.GZIP, "a broken gzip"),
        (gzip.compress(TEXT, mtime=0) + b"??", Packing.GZIP, "a broken gzip"),
        (b"", Packing.ZIP, "a broken zip"),
        (b"<html>", Packing.ZIP, "a broken zip"),
        (zipped(TEXT)[:-9], Packing.ZIP, "a broken zip"),
        (spoiled(zipped(TEXT)), Packing.ZIP, "a broken zip"),
        (zipped(TEXT, TEXT), Packing.ZIP, "2 files"),
        (zipped(), Packing.ZIP, "0 files"),
    ],
)
def test_open_given_a_broken_file_says_so(content: bytes, packing: Packing, given: str) -> None:
    with pytest.raises(DecodeError, match=f"x: got {given}"):
        read(content, packing)


@pytest.mark.parametrize(
    ("content", "packing"),
    [
        (TEXT, Packing.NONE),
        (zipped(TEXT), Packing.ZIP),
        (gzip.compress(TEXT, mtime=0), Packing.GZIP),
    ],
)
def test_open_given_a_text_that_is_too_long_stops(content: bytes, packing: Packing) -> None:
    assert read(content, packing, most=len(TEXT)) == TEXT
    expected = f"a larger one, expected a {packing.value} of at most {len(TEXT) - 1} bytes"
    with pytest.raises(DecodeError, match=expected):
        read(content, packing, most=len(TEXT) - 1)
