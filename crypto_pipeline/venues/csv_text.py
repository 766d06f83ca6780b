"""The one CSV inside an archive's file, unpacked while it is read.

What belongs here: unpacking, and saying where a file is broken. What does not: columns and rows
(`venues/csv_columns.py`), downloading, checksums. A busy day's trades unpack to more than memory
should hold, so no text is ever there as a whole.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, BinaryIO, cast

from crypto_pipeline.errors import DecodeError

MAX_UNPACKED = 1 << 31
"""Bytes that one file may unpack to: twenty years of 1m bars, or 25 million trades, are less."""

HEAD = 4096
"""Bytes that the first row is looked for in."""

_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError)
"""What readers raise on bytes that are none of theirs; a RuntimeError where zipfile takes a file
for encrypted."""


class Packing(Enum):
    """How a CSV is packed."""

    NONE = "CSV"
    ZIP = "zip"
    GZIP = "gzip"


@dataclass(frozen=True, slots=True)
class CsvText:
    """A CSV that is unpacked as often as it is read.

    Attributes:
        name: the file, for errors.
        content: its bytes as they came.
        packing: of these.
        most: bytes that it may unpack to.
    """

    name: str
    content: bytes
    packing: Packing = Packing.NONE
    most: int = MAX_UNPACKED

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The text from its beginning on, for the length of the block.

        Reading raises:
            DecodeError: it is not packed so, it is cut or spoiled, there are several files in it,
                or it unpacks to more than `most` bytes.
        """
        with ExitStack() as opened:
            with _named(self):
                packed = opened.enter_context(self._packed())
            yield cast("BinaryIO", opened.enter_context(_Unpacking(self, packed)))

    def head(self) -> bytes:
        """The first bytes, HEAD at most; no bytes where there are none.

        Raises:
            DecodeError: as reading does.
        """
        with self.open() as text:
            return text.read(HEAD)

    @contextmanager
    def _packed(self) -> Iterator[BinaryIO]:
        content = io.BytesIO(self.content)
        if self.packing is Packing.ZIP:
            with zipfile.ZipFile(content) as archive, archive.open(self._member(archive)) as text:
                yield cast("BinaryIO", text)
        elif self.packing is Packing.GZIP:
            if not self.content:
                raise EOFError
            with gzip.GzipFile(fileobj=content) as text:
                yield cast("BinaryIO", text)
        else:
            yield content

    def _member(self, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
        members = archive.infolist()
        if len(members) != 1:
            raise DecodeError(self.name, given=f"{len(members)} files", expected="one CSV")
        return members[0]


@contextmanager
def _named(text: CsvText) -> Iterator[None]:
    """Errors of what unpacks, as errors of this file."""
    what = text.packing.value
    try:
        yield
    except EOFError as error:
        given = f"a {what} that is cut short"
        raise DecodeError(text.name, given=given, expected="a whole one") from error
    except _BROKEN as error:
        given = f"a broken {what} ({error})"
        raise DecodeError(text.name, given=given, expected=f"a {what}") from error


class _Unpacking(io.RawIOBase):
    """Reads what is unpacked, so long as it is not too long."""

    def __init__(self, text: CsvText, packed: BinaryIO) -> None:
        super().__init__()
        self._text, self._packed, self._room = text, packed, text.most

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """The next bytes into a buffer; how many, 0 at the end.

        Raises:
            DecodeError: see `CsvText.open`.
        """
        with _named(self._text):
            part = self._packed.read(len(buffer))
        buffer[: len(part)] = part
        self._room -= len(part)
        if self._room < 0:
            expected = f"a {self._text.packing.value} of at most {self._text.most} bytes"
            raise DecodeError(self._text.name, given="a larger one", expected=expected)
        return len(part)
