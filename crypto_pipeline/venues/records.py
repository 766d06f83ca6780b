"""What passes between a venue and those who ask it: where it is, its files, cursors and lists.

What belongs here: plain records. What does not: what a venue answers with them
(`venues/venue.py`), what it can do (`venues/capabilities.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Listing
from crypto_pipeline.domain.series import Series
from crypto_pipeline.venues.capabilities import Cut


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where one exchange is spoken to.

    Attributes:
        archive: base URL of the bulk archive, or None where the exchange has none.
        rest: base URLs by API, the first choice first; the others stand in for it.
        proxy: http, https or socks5 proxy, or None; may carry a password, so it has no repr.
        api_key: read-only key, or None; never shown either.
        timeout: seconds that one request may take.
        limits_folder: where processes share what they used of its limits, or None for the
            machine's own folder.
        hurry: seconds of the exchange's limits that pass in a real one; 1 but for a simulator.
    """

    archive: str | None
    rest: Mapping[str, Sequence[str]]
    proxy: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 30.0
    hurry: float = 1.0
    limits_folder: Path | None = None


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file of a bulk archive.

    Attributes:
        series: whose rows it holds.
        cut: a month or a day.
        url: where it is.
        checksum_url: where its sha256 is, or None where the exchange publishes none.
        span: the times that it may hold.
    """

    series: Series
    cut: Cut
    url: str
    checksum_url: str | None
    span: Span

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class TradeCursor:
    """Where a page of trades begins.

    Attributes:
        id: FORWARD walks: the first id wanted; BACKWARD walks: the id that all wanted ones are
            below, or None where `before` says it.
        before: the instant that all wanted ones are before, for routes that locate by TIME.
    """

    id: int | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One answer of a list of instruments, and the cursor of the next one, None at the end.

    Rows that are no spot pair or linear perpetual (dated, inverse, options) are left out.
    """

    listings: Sequence[Listing]
    cursor: str | None = None
