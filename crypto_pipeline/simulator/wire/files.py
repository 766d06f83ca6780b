"""Files of an archive as bytes: packing, checksums, and rows changed on demand.

What belongs here: bytes in, bytes out. What does not: which files there are, and what is in them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable

CHECKSUM = ".CHECKSUM"
"""What the name of a file's checksum ends with."""
COMPRESSION = 1
"""zlib's fastest: a month of minutes has to be there at once."""


def zipped(inner: zipfile.ZipInfo, parts: Iterable[bytes]) -> bytes:
    """A zip of one file that is made of parts, the same bytes for the same arguments."""
    inner.compress_type = zipfile.ZIP_DEFLATED
    inner._compresslevel = COMPRESSION  # type: ignore[attr-defined] # public from Python 3.13 on
    inner.create_system = 3
    inner.external_attr = 0o644 << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive, archive.open(inner, "w") as file:
        for part in parts:
            file.write(part)
    return packed.getvalue()


def gzipped(content: bytes) -> bytes:
    """The content as a gzip file, the same bytes for the same content."""
    return gzip.compress(content, COMPRESSION, mtime=0)


def checksum_line(content: bytes, path: str) -> bytes:
    """The content of a file's .CHECKSUM, as `sha256sum` writes it."""
    name = path.removesuffix(CHECKSUM).rpartition("/")[2]
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()


def with_short_row(content: bytes, row: int | None, kept: int) -> bytes:
    """The zip or gzip with one row of its CSV cut after `kept` columns.

    Args:
        content: the file.
        row: which row, from 1; None, or one beyond the end, is the middle one.
        kept: how many columns it keeps.
    """
    return _changed(content, row, lambda line: b",".join(line.split(b",")[:kept]) + b"\n")


def without_row(content: bytes, row: int | None) -> bytes:
    """The zip or gzip without one row of its CSV; `row` as in `with_short_row`."""
    return _changed(content, row, lambda _: b"")


def _changed(content: bytes, row: int | None, change: Callable[[bytes], bytes]) -> bytes:
    if not content.startswith(b"PK"):
        return gzipped(_with_row(gzip.decompress(content), row, change))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        inner = archive.infolist()[0]
        text = archive.read(inner)
    changed = _with_row(text, row, change)
    return zipped(zipfile.ZipInfo(inner.filename, inner.date_time), [changed])


def _with_row(text: bytes, row: int | None, change: Callable[[bytes], bytes]) -> bytes:
    lines = text.splitlines(keepends=True)
    index = row - 1 if row is not None and row <= len(lines) else len(lines) // 2
    lines[index : index + 1] = [change(line) for line in lines[index : index + 1]]
    return b"".join(lines)
