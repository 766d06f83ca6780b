"""Values that the control API takes, read and judged.

What belongs here: JSON and query values into our types, or an error that says what is valid. What
does not: what is done with them (`control.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from crypto_pipeline.errors import UsageError
from crypto_pipeline.simulator.wire.rules import Rules

MOST_SPEED = 100_000.0
"""Simulated seconds that may pass in a real one."""
MOST_HURRY = 10_000.0
"""Seconds of pings, deadlines and limits that may pass in a real one."""
LONGEST_SPAN = timedelta(days=3660)
"""The longest stretch that restatements are listed for at once."""
_SWITCHES = ("limits", "firehose", "okx_checksum")
RULE_NAMES = (*_SWITCHES, "hurry")


def read_object(text: str, valid: tuple[str, ...]) -> dict[str, object]:
    """A JSON object with some of the valid keys.

    Raises:
        UsageError: it is none, or has another key.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the body is not JSON ({error}); send an object") from error
    if not isinstance(document, dict) or not set(document) <= set(valid):
        raise UsageError(f"got {text}; valid is a JSON object with any of {', '.join(valid)}")
    return document


def read_speed(value: object) -> float:
    """Simulated seconds in a real one.

    Raises:
        UsageError: it is no number from 0 to MOST_SPEED.
    """
    return _number("speed", value, 0.0, MOST_SPEED)


def read_instant(value: object) -> datetime | None:
    """An instant in UTC; None is the machine's time.

    Raises:
        UsageError: it is no ISO 8601 time with a zone.
    """
    return None if value is None else _instant("now", value, "null or ")


def read_span(query: Mapping[str, str]) -> tuple[datetime, datetime]:
    """The instants `start` and `end` of a query, both given.

    Raises:
        UsageError: one is missing or no time, or they are out of order or too far apart.
    """
    start, end = (_instant(name, query.get(name, "nothing")) for name in ("start", "end"))
    if not start <= end <= start + LONGEST_SPAN:
        raise UsageError(
            f"start {start.isoformat()} and end {end.isoformat()} are not in order, or more than "
            f"{LONGEST_SPAN.days} days apart"
        )
    return start, end


def change_rules(rules: Rules, wanted: Mapping[str, object]) -> None:
    """Put the wanted values in force; none of them if one is wrong.

    Raises:
        UsageError: a value is not of its kind.
    """
    for name in _SWITCHES:
        if not isinstance(wanted.get(name, False), bool):
            raise UsageError(f"{name} is {wanted[name]!r}; valid is true or false")
    if "hurry" in wanted:
        rules.hurry = _number("hurry", wanted["hurry"], 0.01, MOST_HURRY)
    for name in _SWITCHES:
        setattr(rules, name, wanted.get(name, getattr(rules, name)))


def _number(name: str, value: object, least: float, most: float) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not least <= float(str(value)) <= most:
        raise UsageError(f"{name} is {value!r}; valid is a number from {least:g} to {most:g}")
    return float(str(value))


def _instant(name: str, value: object, other: str = "") -> datetime:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise UsageError(f"{name} is {value!r}; valid is {other}2023-03-15T00:00:00Z") from None
    if instant.tzinfo is None:
        raise UsageError(f"{name} is {value!r}, which has no zone; write 2023-03-15T00:00:00Z")
    return instant.astimezone(UTC)
