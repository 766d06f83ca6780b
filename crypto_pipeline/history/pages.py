"""One page of a REST route, and a run of pages as the raw zone keeps it.

What belongs here: the page. What does not: which pages are asked for (`history/paging.py`,
`history/walking.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.raw.zone import Kept, RawZone
from crypto_pipeline.venues.capabilities import Request

_UNREAD = pa.table({})


@dataclass(frozen=True, slots=True)
class Page:
    """One answer, and what was asked for.

    Attributes:
        request: what was asked.
        url: where, with the query.
        body: the answer, byte for byte.
        span: the times that it answers for.
        table: its rows, once they are read.
    """

    request: Request
    url: str
    body: bytes
    span: Span
    table: pa.Table = field(default_factory=lambda: _UNREAD, repr=False)

    def read(self, table: pa.Table) -> Page:
        """The same page with its rows."""
        return replace(self, table=table)

    @property
    def source(self) -> str:
        """The route, without the query: how a run of pages is noted."""
        return urlsplit(self.url)._replace(query="").geturl()


def keep(
    zone: RawZone, series: Series, pages: Sequence[Page], received_at: datetime
) -> Kept | None:
    """Keep pages of one series in one pack; None where nothing is kept.

    Raises:
        RawError: they cannot be written.
    """
    with zone.pack(series.instrument.exchange, series.kind) as pack:
        for page in pages:
            pack.add(page.request, page.url, page.body, received_at, asked=page.span)
        return pack.finish()
