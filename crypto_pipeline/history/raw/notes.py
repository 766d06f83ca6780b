"""What the journal notes of a commit, and how a note lies in its file.

A note is JSON lines in zstd: what it is, one line for each source and each finished series, and the
sha256 of all lines before the last. What belongs here: these records and their form. What does not:
the order of notes and when one counts (`raw/journal.py`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Any
from uuid import uuid4

import msgspec
import zstandard

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.pieces import Fetched, Piece
from crypto_pipeline.history.raw.zone import Kept

FORMAT = 1
LONGEST = 1 << 30
"""Bytes of a note before compression; more is damage."""


@dataclass(frozen=True, slots=True)
class SeriesName:
    """A series as a note writes it; an exchange's list of instruments has no symbol."""

    exchange: str
    kind: Kind
    symbol: str | None = None
    interval: Interval | None = None

    @property
    def series(self) -> Series:
        """The series that it names.

        Raises:
            ValueError: it names none.
        """
        if self.symbol is None:
            raise ValueError(f"the {self.kind.value} of {self.exchange} are no series")
        return Series(parse_symbol(self.exchange, self.symbol), self.interval, self.kind)

    def __str__(self) -> str:
        """Read as `binance BTC/USDT 1m` or `okx instruments`."""
        return str(self.series) if self.symbol else f"{self.exchange} {self.kind.value}"


def name_of(series: Series) -> SeriesName:
    """The series as a note writes it."""
    instrument = series.instrument
    return SeriesName(instrument.exchange, series.kind, instrument.symbol, series.interval)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a commit lands of one source: an archive file, a pack of REST pages, a user's file.

    Attributes:
        name: whose rows were taken.
        source: `archive`, `rest` or `import`.
        url: where it came from.
        span: the times of which rows were taken; rows outside it did not land.
        kept: where it lies in the raw zone; None where nothing came or nothing is kept.
        rows: how many rows were taken, or None.
        refused: why it was not used, or None.
        reading: what its reader was told besides, such as the columns of a user's file.
    """

    name: SeriesName
    source: str
    url: str
    span: Span
    kept: Kept | None = None
    rows: int | None = None
    refused: str | None = None
    reading: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finished:
    """A series of which a commit counts the coverage; as `pieces.Fetched` says it.

    Attributes:
        name: which.
        span: what was asked for.
        listed: the part of it in which the instrument was listed, or None.
        closed_until: the end, exclusive, of the times whose rows could be there.
        missing: runs for which no source gave a row.
        silent: whether a source that answers leaves out bars without a trade.
        failures: sources that should have given a missing run and did not, in words.
    """

    name: SeriesName
    span: Span
    listed: Span | None
    closed_until: datetime
    missing: tuple[Span, ...] = ()
    silent: bool = False
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of one load.

    Attributes:
        exchange: whose data it lands.
        loaded_at: the time that its rows carry.
        taken: its sources, in the order in which their rows were put together.
        finished: series of which no further rows come.
        introduced: unified symbols of instruments that it enters.
        id: of this commit alone; the lake's snapshot carries it too.
    """

    exchange: str
    loaded_at: datetime
    taken: tuple[Taken, ...] = ()
    finished: tuple[Finished, ...] = ()
    introduced: tuple[str, ...] = ()
    id: str = field(default_factory=lambda: uuid4().hex)


def taken_of(piece: Piece) -> Taken:
    """What landing a piece takes of its source."""
    note = piece.note
    return Taken(
        name_of(piece.series),
        piece.source,
        note.url,
        note.span,
        note.kept,
        note.rows,
        note.refused,
        dict(note.reading),
    )


def finished_of(fetched: Fetched) -> Finished:
    """What is known of a series that is finished."""
    return Finished(
        name_of(fetched.series),
        fetched.span,
        fetched.listed,
        fetched.closed_until,
        tuple(fetched.missing),
        fetched.silent,
        tuple(fetched.failures),
    )


def packed(commit: Commit) -> bytes:
    """A note as it lies in its file."""
    head = {
        "format": FORMAT,
        "program": version("crypto-pipeline"),
        "id": commit.id,
        "exchange": commit.exchange,
        "loaded_at": commit.loaded_at,
        "introduced": commit.introduced,
    }
    lines = [head, *({"taken": one} for one in commit.taken)]
    lines += [{"finished": one} for one in commit.finished]
    content = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    end = msgspec.json.encode({"sha256": hashlib.sha256(content).hexdigest()})
    return zstandard.ZstdCompressor().compress(content + end + b"\n")


def unpacked(content: bytes) -> Commit:
    """What a note says.

    Raises:
        ValueError: it is damaged, or of a format that this program does not know.
    """
    head, *lines = _verified(content)
    if head.get("format") != FORMAT:
        raise ValueError(f"its format is {head.get('format')}, and {FORMAT} is known")
    return Commit(
        head["exchange"],
        datetime.fromisoformat(head["loaded_at"]),
        tuple(msgspec.convert(one["taken"], Taken) for one in lines if "taken" in one),
        tuple(msgspec.convert(one["finished"], Finished) for one in lines if "finished" in one),
        tuple(head["introduced"]),
        head["id"],
    )


def _verified(content: bytes) -> list[dict[str, Any]]:
    try:
        text = zstandard.ZstdDecompressor().decompress(content, max_output_size=LONGEST)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    *lines, end = text.splitlines(keepends=True)
    sha256 = hashlib.sha256(b"".join(lines)).hexdigest()
    if not lines or msgspec.json.decode(end).get("sha256") != sha256:
        raise ValueError(f"the sha256 of its lines is {sha256}")
    return [msgspec.json.decode(line) for line in lines]
