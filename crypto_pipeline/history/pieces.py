"""What fetching hands to landing: rows of one source with a note of it, and a series' outcome.

What belongs here: these records. What does not: making them (`history/fetching.py`,
`history/paging.py`), storing them (`history/landing.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span, merge_spans, subtract_spans
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.raw.zone import Kept

ARCHIVE, REST, IMPORT = "archive", "rest", "import"


@dataclass(frozen=True, slots=True)
class SourceNote:
    """What became of one source, as `market.source_files` keeps it.

    Attributes:
        url: the source, without the query of a REST route.
        span: the times that were taken of it.
        kept: where its bytes lie in the raw zone, or None where none came or none are kept.
        rows: how many rows were taken of it.
        refused: why it could not be used, in words, or None.
        reading: what its reader was told besides, such as the columns of a user's file.
    """

    url: str
    span: Span
    kept: Kept | None = None
    rows: int | None = None
    refused: str | None = None
    reading: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of one series from one source, in the columns of the kind's decoder."""

    series: Series
    source: str
    note: SourceNote
    table: pa.Table | None = None

    @property
    def rows(self) -> int:
        """How many rows."""
        return 0 if self.table is None else int(self.table.num_rows)


@dataclass(slots=True)
class Fetched:
    """What was asked for one series, and what no source gave.

    Attributes:
        series: which.
        span: what was asked for.
        listed: the part of it in which the instrument was listed, or None where it never was.
        closed_until: the end, exclusive, of the times whose rows could be there: closed by our
            clock and, where it was asked, by the exchange's.
        missing: runs for which no source gave a row, though it should be there.
        silent: whether a source that answers leaves out bars without a trade.
        refused: sources that are there and could not be used.
        failures: sources that should have given a missing run and did not, in words; where there
            is one, the run may be there after all.
    """

    series: Series
    span: Span
    listed: Span | None
    closed_until: datetime
    missing: list[Span] = field(default_factory=list)
    silent: bool = False
    refused: list[SourceNote] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def answer(self, span: Span, left: Sequence[Span] = ()) -> None:
        """A source has answered for a span; `left` of it is missing all the same."""
        unasked = [part for gap in self.missing for part in subtract_spans(gap, [span])]
        self.missing = merge_spans([*unasked, *left])
