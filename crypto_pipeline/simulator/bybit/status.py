"""Bybit's notices of maintenance: the halts of the whole exchange.

What belongs here: their keys and states. What does not: the halts' dates (`market/calendar.py`).
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from crypto_pipeline.simulator.market.calendar import HALTS
from crypto_pipeline.simulator.market.timeframes import DAY

Notice = dict[str, object]
ANNOUNCED_BEFORE = DAY
"""ms between the announcement and the begin."""


def notices(now_ms: int) -> list[Notice]:
    """What is announced at an instant, the newest first."""
    known = [halt for halt in HALTS["bybit"] if halt[0] - ANNOUNCED_BEFORE <= now_ms]
    return [_notice(start, end, now_ms) for start, end in sorted(known, reverse=True)]


def _notice(start: int, end: int, now_ms: int) -> Notice:
    state = "scheduled" if now_ms < start else "ongoing" if now_ms < end else "completed"
    return {
        "id": str(uuid5(NAMESPACE_URL, f"bybit:maintenance:{start}")),
        "title": "System maintenance",
        "state": state,
        "begin": str(start),
        "end": str(end),
        "href": "",
        "serviceTypes": [2, 3, 4, 5],
        "product": [1, 2],
        "uidSuffix": [],
        "maintainType": 1,
        "env": 1,
    }


def changes(after_ms: int, until_ms: int) -> list[int]:
    """The instants in (after, until] at which a notice appears or its state changes, ascending."""
    instants = {
        at for start, end in HALTS["bybit"] for at in (start - ANNOUNCED_BEFORE, start, end)
    }
    return sorted(at for at in instants if after_ms < at <= until_ms)
