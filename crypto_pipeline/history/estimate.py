"""What a load will take, before it is begun: rows, files, requests, time, disk.

What belongs here: arithmetic on capabilities and measured sizes, pure. What does not: what is held
already (`history/holdings.py`), loading.

An estimate is made from what is documented and what was measured once; the network's own speed is
not in it, so times are the least that the exchange's limits and this program allow.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crypto_pipeline.domain.funding import SHORTEST_INTERVAL
from crypto_pipeline.domain.gaps import Span, subtract_spans
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.periods import first_days, is_due, period
from crypto_pipeline.venues.capabilities import Archive, Capabilities, Limit
from crypto_pipeline.venues.venue import Venue

ROWS_A_SECOND = {Kind.KLINES: 400_000, Kind.FUNDING: 100_000}
"""From file to table on two cores, as `make bench` measures it; trades are counted by file."""
FILES_A_SECOND = 20
"""Of a day each, over eight connections."""
BYTES_A_ROW = {Kind.KLINES: 65, Kind.FUNDING: 60}
"""In the lake and in the raw zone together."""
BYTES_A_TRADE_FILE = 6_000_000
"""A day of trades of a middling instrument, in the lake and in the raw zone together."""


@dataclass(slots=True)
class Estimate:
    """What a load of one exchange will take.

    Attributes:
        rows: to come, or None where that is known only once they are there (trades).
        files: of the archive.
        requests: of the REST API; of trades at least so many.
        seconds: at the least.
        disk: bytes, roughly.
    """

    rows: int | None = 0
    files: int = 0
    requests: int = 0
    seconds: float = 0.0
    disk: int = 0
    costs: Counter[str] = field(default_factory=Counter)


def estimate(
    venue: type[Venue], wanted: Mapping[Series, Sequence[Span]], now: datetime
) -> Estimate:
    """What loading these spans of one exchange's series will take.

    Args:
        venue: the exchange.
        wanted: by series, without what is held.
        now: what has not happened yet is not loaded.
    """
    total = Estimate()
    for series, spans in wanted.items():
        closed = [Span(s.start, min(s.end, now)) for s in spans if s.start < now]
        _add(total, venue.capabilities[series.instrument.instrument_type], series, closed, now)
    waits = (_least_seconds(limit, total.costs[limit.name]) for limit in venue.limits)
    total.seconds = max(total.seconds + total.files / FILES_A_SECOND, *waits, 0.0)
    return total


def _least_seconds(limit: Limit, cost: int) -> float:
    return cost * limit.seconds / limit.cost


def _add(
    total: Estimate,
    capabilities: Capabilities,
    series: Series,
    spans: Sequence[Span],
    now: datetime,
) -> None:
    rows = _rows(series, spans)
    total.rows = None if rows is None or total.rows is None else total.rows + rows
    archive = capabilities.archives.get(series.kind)
    has = archive is not None and archive.has(series.interval)
    files, left = _files(archive if has else None, spans, now)
    total.files += files
    if rows is None:
        total.disk += files * BYTES_A_TRADE_FILE
    else:
        total.seconds += rows / ROWS_A_SECOND[series.kind]
        total.disk += rows * BYTES_A_ROW[series.kind]
    _add_requests(total, capabilities, series, left)


def _rows(series: Series, spans: Iterable[Span]) -> int | None:
    if series.kind is Kind.KLINES:
        return sum(series.grid.bars_between(span.start, span.end) for span in spans)
    if series.kind is Kind.FUNDING:
        return sum(math.ceil((span.end - span.start) / (8 * SHORTEST_INTERVAL)) for span in spans)
    return None


def _files(archive: Archive | None, spans: Sequence[Span], now: datetime) -> tuple[int, list[Span]]:
    """How many files the archive has of these spans, and what is left for REST."""
    if archive is None:
        return 0, list(spans)
    count, left = 0, list(spans)
    for cut in archive.cuts:
        files = [period(archive, cut, day) for day in first_days(archive, cut, left)]
        due = [file for file in files if is_due(file, archive, now)]
        count += len(due)
        left = [part for span in left for part in subtract_spans(span, due)]
    return count, left


def _add_requests(
    total: Estimate, capabilities: Capabilities, series: Series, left: Sequence[Span]
) -> None:
    routes = [route for route in capabilities.klines if series.interval in route.intervals]
    if series.kind is Kind.KLINES and routes:
        length, costs = routes[-1].rows * series.grid.length, routes[-1].request.costs
    elif series.kind is Kind.FUNDING and capabilities.funding is not None:
        length = capabilities.funding.rows * SHORTEST_INTERVAL
        costs = capabilities.funding.request.costs
    else:
        total.requests += len(left)
        return
    pages = sum(math.ceil((span.end - span.start) / length) for span in left)
    total.requests += pages
    for name, cost in costs.items():
        total.costs[name] += pages * cost
