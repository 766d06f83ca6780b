"""Which series a home collects: a list that is kept as state, because members never leave.

What belongs here: `universe.json` of a home. What does not: what a person configures
(`settings.py`), which is added to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import parse_interval
from crypto_pipeline.errors import LakeError, UsageError
from crypto_pipeline.lake.locks import hold, lock_path
from crypto_pipeline.settings import Settings
from crypto_pipeline.venues.venue import Series

LOCK_WAIT = 30.0


def universe_path(home: Path) -> Path:
    """The file that lists a home's series."""
    return home / "universe.json"


def configured_series(settings: Settings) -> list[Series]:
    """What the settings ask for: each symbol of each exchange that is on, at each interval."""
    return [
        Series(parse_symbol(exchange, symbol), interval)
        for exchange in settings.active_exchanges
        for symbol in settings.venues[exchange].symbols
        for interval in settings.intervals
    ]


def read_universe(home: Path) -> list[Series]:
    """The series of a home, ordered; empty where there is no list yet.

    Raises:
        LakeError: the list cannot be read.
    """
    path = universe_path(home)
    try:
        members = json.loads(path.read_text(encoding="utf-8"))["series"]
        return [
            Series(parse_symbol(m["exchange"], m["symbol"]), parse_interval(m["interval"]))
            for m in members
        ]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, UsageError) as error:
        raise LakeError(
            f"{path} cannot be read ({error}). Remove it: the configured series and those of the "
            f"next backfill are entered anew, and no data is lost."
        ) from error


def extend_universe(home: Path, new: Iterable[Series]) -> list[Series]:
    """Add series to a home's list; those that are there stay.

    Returns:
        The whole list.
    """
    home.mkdir(parents=True, exist_ok=True)
    with hold(lock_path(home, "universe"), wait=LOCK_WAIT, purpose="universe"):
        members = read_universe(home)
        whole = sorted({*members, *new}, key=str)
        if len(whole) != len(members):
            _write(universe_path(home), whole)
    return whole


def _write(path: Path, serieses: Sequence[Series]) -> None:
    members = [
        {
            "exchange": series.instrument.exchange,
            "symbol": series.instrument.symbol,
            "interval": series.interval.value,
        }
        for series in serieses
    ]
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps({"series": members}, indent=1), encoding="utf-8")
    draft.replace(path)
