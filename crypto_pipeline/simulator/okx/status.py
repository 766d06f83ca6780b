"""Maintenance as OKX writes it.

What belongs here: the row of an outage. What does not: when it is (`market/calendar.py`).
"""

from __future__ import annotations

from crypto_pipeline.simulator.market.calendar import HALTS

STATES = ("scheduled", "ongoing", "pre_open", "completed", "canceled")
_UNFINISHED = STATES[:3]
Row = dict[str, str]


def maintenance(now_ms: int, state: str = "") -> list[Row]:
    """The outages that have begun, newest first.

    Args:
        now_ms: ms since the epoch.
        state: the only state to give; empty is all that are not over.
    """
    wanted = (state,) if state else _UNFINISHED
    begun = [halt for halt in HALTS["okx"] if halt[0] <= now_ms]
    found = (_row(begin, end, now_ms) for begin, end in reversed(begun))
    return [row for row in found if row["state"] in wanted]


def newest_change(now_ms: int) -> tuple[Row, int] | None:
    """The outage that last changed, and when (ms); None where there was none."""
    begun = [halt for halt in HALTS["okx"] if halt[0] <= now_ms]
    if not begun:
        return None
    begin, end = begun[-1]
    return _row(begin, end, now_ms), end if end <= now_ms else begin


def changes(after_ms: int, until_ms: int) -> list[int]:
    """The instants (ms) in (after, until] at which an outage began or ended."""
    edges = sorted(edge for halt in HALTS["okx"] for edge in halt)
    return [edge for edge in edges if after_ms < edge <= until_ms]


def _row(begin: int, end: int, now_ms: int) -> Row:
    return {
        "begin": str(begin),
        "end": str(end),
        "href": "",
        "preOpenBegin": "",
        "scheDesc": "",
        "serviceType": "5",
        "state": "completed" if end <= now_ms else "ongoing",
        "maintType": "3",
        "env": "1",
        "system": "unified",
        "title": "System disruption",
    }
