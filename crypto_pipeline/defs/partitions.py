"""Partitions by UTC day, and the range of days that a run is about.

What belongs here: the one partitions definition and reading a run's range from its tags. What does
not: anything that depends on what an asset is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from dagster import DailyPartitionsDefinition

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
PARTITION = "dagster/partition"


def daily(history_start: date) -> DailyPartitionsDefinition:
    """A partition for each UTC day from `history_start` on, the running day included."""
    return DailyPartitionsDefinition(start_date=f"{history_start:%Y-%m-%d}", end_offset=1)


def range_tags(start: date, end: date) -> dict[str, str]:
    """The tags of one run over the days [start, end)."""
    last = end - timedelta(days=1)
    return {RANGE_START: start.isoformat(), RANGE_END: last.isoformat()}


def days_of(tags: Mapping[str, str]) -> tuple[date, date] | None:
    """The days [start, end) that a run is about, or None where its tags do not say."""
    first = tags.get(RANGE_START) or tags.get(PARTITION)
    last = tags.get(RANGE_END) or tags.get(PARTITION)
    if first is None or last is None:
        return None
    return date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1)
