"""The raw zone: what came over the wire, kept under `raw/` of the home by its content.

    zone = RawZone(home, keep=True)
    kept = zone.keep_file("binance", Kind.KLINES, url, content)     # an archive or a user's file
    with zone.pack("okx", Kind.TRADES) as pack:                     # a run of REST pages
        pack.add(request, answer.url, answer.body, received_at, asked=span)
        kept = pack.finish()
    zone.read_file(kept.path); zone.read_pages(kept.path)           # verified against the sha256

    raw/<exchange>/<kind>/<aa>/<sha256><suffix>    aa: the first two digits of the sha256

A file lies as it came, and its sha256 is of its bytes. A pack is one zstd frame, and its sha256 is
of the content before compression (`raw/pages.py` has the format). Files are read-only, appear whole
or not at all, and the same content is kept once. What belongs here: keeping and reading bytes.
What does not: which commit took them (`raw/journal.py`), when they go (`raw/retention.py`).
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedWriter
from pathlib import Path
from types import TracebackType

import zstandard

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import RawError
from crypto_pipeline.history.raw.files import (
    compare,
    draft_in,
    path_of,
    publish,
    raw_folder,
    sha256_of,
    suffix_of,
    told,
    unpacked,
    unpacked_sha256,
    within_zone,
)
from crypto_pipeline.history.raw.pages import MAGIC, RawPage, framed, read_frames
from crypto_pipeline.venues.capabilities import Request

PACK_SUFFIX = ".pages.zst"
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """Content that is in the raw zone.

    Attributes:
        path: within `raw/`.
        sha256: of the file's bytes; of a pack, of its content before compression.
        size: bytes that the sha256 is of.
    """

    path: str
    sha256: str
    size: int


class RawZone:
    """The raw zone of one home; of use to any number of threads and processes at once."""

    def __init__(self, home: Path, *, keep: bool = True) -> None:
        """Take the home, and whether anything is kept at all; reading works either way."""
        self.folder, self.keep = raw_folder(home), keep

    def keep_file(self, exchange: str, kind: Kind, url: str, content: bytes) -> Kept | None:
        """Keep a file as it came; None where nothing is kept.

        Args:
            exchange: the exchange's id.
            kind: of the records in it.
            url: where it came from; its last part gives the suffix.
            content: all of its bytes.

        Raises:
            RawError: it cannot be written; nothing of it is there.
        """
        if not self.keep:
            return None
        sha256 = hashlib.sha256(content).hexdigest()
        kept = Kept(path_of(exchange, kind, sha256, suffix_of(url)), sha256, len(content))
        with told(self.folder / kept.path):
            if self._holds(kept.path, content):
                (self.folder / kept.path).touch()
            else:
                draft = draft_in(self.folder)
                try:
                    draft.write_bytes(content)
                    publish(draft, self.folder / kept.path)
                finally:
                    draft.unlink(missing_ok=True)
        return kept

    def keep_copy(self, exchange: str, kind: Kind, source: Path) -> Kept | None:
        """Keep a copy of a file on this machine, however large; None where nothing is kept.

        Raises:
            RawError: it cannot be read or written; nothing of it is there.
        """
        if not self.keep:
            return None
        with told(source):
            draft = draft_in(self.folder)
            try:
                shutil.copyfile(source, draft)
                sha256, size = sha256_of(draft), draft.stat().st_size
                kept = Kept(path_of(exchange, kind, sha256, suffix_of(source.name)), sha256, size)
                publish(draft, self.folder / kept.path)
            finally:
                draft.unlink(missing_ok=True)
        return kept

    def pack(self, exchange: str, kind: Kind) -> PagePack:
        """Begin a pack of pages; nothing of it is seen before it is finished."""
        return PagePack(self, exchange, kind)

    def read_file(self, path: str) -> bytes:
        """The bytes of a kept file.

        Raises:
            RawError: it is not there, cannot be read, or is not what was kept.
        """
        target = within_zone(self.folder, path)
        with told(target):
            content = target.read_bytes()
        compare(target, hashlib.sha256(content).hexdigest())
        return content

    def read_pages(self, path: str) -> Iterator[RawPage]:
        """The pages of a pack in the order of asking; all of it is verified before the first one.

        Raises:
            RawError: it is not there, cannot be read, or is not what was kept.
        """
        target = within_zone(self.folder, path)
        with told(target):
            compare(target, unpacked_sha256(target))
            with unpacked(target) as content:
                yield from read_frames(content, target)

    def _holds(self, path: str, content: bytes) -> bool:
        """Whether this very content lies there already; a damaged file does not count."""
        target = self.folder / path
        return target.is_file() and target.read_bytes() == content


class PagePack:
    """A pack that is being written: compressed as pages come, so its memory is bounded."""

    def __init__(self, zone: RawZone, exchange: str, kind: Kind) -> None:
        self._zone, self._exchange, self._kind = zone, exchange, kind
        self._sha256, self._size = hashlib.sha256(), 0
        self._file: BufferedWriter | None = None
        packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self._compressor = packer.compressobj()

    def __enter__(self) -> PagePack:
        """The pack itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop what was not finished."""
        self.drop()

    def add(
        self,
        request: Request,
        url: str,
        body: bytes,
        received_at: datetime,
        *,
        asked: Span | None = None,
    ) -> None:
        """Add one page.

        Args:
            request: what was asked; its parameters hold no key.
            url: as asked; of it, only the host is kept.
            body: the answer, byte for byte.
            received_at: when it was whole, aware, UTC.
            asked: the times that the page was asked for, where it was asked by time.

        Raises:
            RawError: it cannot be written.
        """
        if self._zone.keep:
            self._write(framed(request, url, body, received_at.astimezone(UTC), asked))

    def finish(self) -> Kept | None:
        """Let the pack be seen; None where nothing is kept, or no page came.

        Raises:
            RawError: it cannot be written; nothing of it is there.
        """
        if self._file is None:
            return None
        sha256 = self._sha256.hexdigest()
        kept = Kept(path_of(self._exchange, self._kind, sha256, PACK_SUFFIX), sha256, self._size)
        try:
            with told(self._zone.folder / kept.path):
                self._file.write(self._compressor.flush())
                self._file.close()
                publish(Path(self._file.name), self._zone.folder / kept.path)
        finally:
            self.drop()
        return kept

    def drop(self) -> None:
        """Forget what was not finished; after `finish` it does nothing."""
        if self._file is not None:
            draft, self._file = self._file, None
            with contextlib.suppress(OSError):  # a full disk; the draft goes either way
                draft.close()
            Path(draft.name).unlink(missing_ok=True)

    def _write(self, content: bytes) -> None:
        try:
            with told(self._zone.folder):
                if self._file is None:
                    self._file = draft_in(self._zone.folder).open("xb")
                    content = MAGIC + content
                self._file.write(self._compressor.compress(content))
        except RawError:
            self.drop()
            raise
        self._sha256.update(content)
        self._size += len(content)
