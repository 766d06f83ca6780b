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
LEAST_PORT, MOST_PORT = 1024, 65_000
"""First ports that a whole simulator finds room from, both inclusive."""
LONGEST_SPAN = timedelta(days=3660)
"""The longest stretch that restatements are listed for at once."""
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2049, 11, 8, tzinfo=UTC)
"""Instants that are taken, both inclusive; the synthetic market has no trades later."""
_SWITCHES = ("limits", "firehose", "okx_checksum")
_MOST_QUOTED = 200
RULE_NAMES = (*_SWITCHES, "hurry")


def read_object(body: bytes, valid: tuple[str, ...]) -> dict[str, object]:
    """A JSON object with some of the valid keys.

    Raises:
        UsageError: it is none, or has another key.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the body is not JSON ({error}); send an object") from error
    if not isinstance(document, dict) or not set(document) <= set(valid):
        got = body.decode(errors="replace")[:_MOST_QUOTED]
        raise UsageError(f"got {got}; valid is a JSON object with any of {', '.join(valid)}")
    return document


def read_speed(value: object) -> float:
    """Simulated seconds in a real one.

    Raises:
        UsageError: it is no number from 0 to MOST_SPEED.
    """
    return _number("speed", value, 0.0, MOST_SPEED)


def read_hurry(value: object) -> float:
    """Seconds of pings, deadlines and limits in a real one.

    Raises:
        UsageError: it is no number from 0.01 to MOST_HURRY.
    """
    return _number("hurry", value, 0.01, MOST_HURRY)


def read_instant(value: object) -> datetime | None:
    """An instant in UTC; None is the machine's time.

    Raises:
        UsageError: it is no ISO 8601 time with a zone, or not from EARLIEST to LATEST.
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


def read_port(value: int) -> int:
    """A port from which on all hosts find theirs, or 0 for any free ones.

    Raises:
        UsageError: it is neither.
    """
    if value != 0 and not LEAST_PORT <= value <= MOST_PORT:
        valid = f"0 (any free ports), and {LEAST_PORT} to {MOST_PORT}"
        raise UsageError(f"port is {value}; valid are {valid}, as the hosts take the next ones")
    return value


def change_rules(rules: Rules, wanted: Mapping[str, object]) -> None:
    """Put the wanted values in force; none of them if one is wrong.

    Raises:
        UsageError: a value is not of its kind.
    """
    for name in _SWITCHES:
        if not isinstance(wanted.get(name, False), bool):
            raise UsageError(f"{name} is {wanted[name]!r}; valid is true or false")
    if "hurry" in wanted:
        rules.hurry = read_hurry(wanted["hurry"])
    for name in _SWITCHES:
        setattr(rules, name, wanted.get(name, getattr(rules, name)))


def _number(name: str, value: object, least: float, most: float) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not least <= float(str(value)) <= most:
        raise UsageError(
            f"{name} is {str(value)[:_MOST_QUOTED]}; valid is a number from {least:g} to {most:g}"
        )
    return float(str(value))


def _instant(name: str, value: object, other: str = "") -> datetime:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise UsageError(f"{name} is {value!r}; valid is {other}2023-03-15T00:00:00Z") from None
    if instant.tzinfo is None:
        raise UsageError(f"{name} is {value!r}, which has no zone; write 2023-03-15T00:00:00Z")
    if not EARLIEST <= instant <= LATEST:
        valid = f"{EARLIEST.date()} to {LATEST.date()}"
        raise UsageError(f"{name} is {str(value)!r}; valid is an instant from {valid}")
    return instant.astimezone(UTC)
