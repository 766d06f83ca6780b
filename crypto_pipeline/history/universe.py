"""Which series a home collects: a list that is kept as state, because members never leave.

What belongs here: `universe.json` of a home, who enters it and who becomes inactive. What does not:
what a person configures (`settings.py`), and what that selects (`history/selection.py`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crypto_pipeline.domain.instruments import Listing, Status, parse_symbol
from crypto_pipeline.domain.intervals import parse_interval
from crypto_pipeline.domain.series import Kind, Series, parse_kind
from crypto_pipeline.errors import LakeError, UsageError
from crypto_pipeline.history.selection import Selection
from crypto_pipeline.lake.locks import hold, lock_path

LOCK_WAIT = 30.0

VERSION = 2
"""Of the file's format. The first one had no version, and klines alone."""


@dataclass(frozen=True, slots=True)
class Member:
    """One series of a home.

    Attributes:
        series: which.
        picked: whether it is there by the rule alone: it is then active while the rule picks it.
            One that was named, in the settings or by a command, is active until it is delisted or
            excluded.
        inactive_since: since when it is not collected any more, or None while it is.
    """

    series: Series
    picked: bool = False
    inactive_since: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it is collected."""
        return self.inactive_since is None


def universe_path(home: Path) -> Path:
    """The file that lists a home's series."""
    return home / "universe.json"


def read_universe(home: Path) -> list[Series]:
    """The series of a home, ordered, inactive ones too; empty where there is no list yet.

    Raises:
        LakeError: the list cannot be read.
    """
    return [member.series for member in read_members(home)]


def read_members(home: Path) -> list[Member]:
    """The members of a home in the order of their series; empty where there is no list yet.

    Raises:
        LakeError: the list cannot be read, or was written by a newer version.
    """
    path = universe_path(home)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.get("version", 1) not in (1, VERSION):
            raise LakeError(
                f"{path} has format {found['version']}; this program knows formats up to "
                f"{VERSION}. Upgrade crypto-pipeline; nothing was changed."
            )
        return [_member(entry) for entry in found["series"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
        raise LakeError(
            f"{path} cannot be read ({error}). Remove it: the configured series and those of the "
            f"next backfill are entered anew, and no data is lost."
        ) from error


def extend_universe(home: Path, new: Iterable[Series]) -> list[Series]:
    """Add series that a person named to a home's list; those that are there stay.

    Returns:
        The whole list.
    """
    named = set(new)
    members = _rewrite(home, lambda members: with_named(members, named))
    return [member.series for member in members]


def refresh_universe(
    home: Path,
    exchange: str,
    selection: Selection,
    listings: Mapping[str, Listing],
    now: datetime,
) -> list[Member]:
    """Enter what the settings select of an exchange; who is not collected becomes inactive.

    Args:
        home: whose list.
        exchange: whose members; those of others stay as they are.
        selection: what the settings select of it.
        listings: what it said last of each instrument, by entity_id.
        now: since when those are inactive that become so.

    Returns:
        The members of that exchange.
    """
    delisted = {id_ for id_, listing in listings.items() if listing.status is Status.DELISTED}
    whole = _rewrite(home, lambda ms: refreshed(ms, exchange, selection, delisted, now))
    return [member for member in whole if member.series.instrument.exchange == exchange]


def with_named(members: Sequence[Member], named: Collection[Series]) -> list[Member]:
    """The members with these series among them; a picked one that is named is so for good."""
    there = {member.series for member in members}
    kept = [Member(m.series) if m.picked and m.series in named else m for m in members]
    return _ordered([*kept, *(Member(series) for series in named if series not in there)])


def refreshed(
    members: Sequence[Member],
    exchange: str,
    selection: Selection,
    delisted: Collection[str],
    now: datetime,
) -> list[Member]:
    """The members after a look at what an exchange lists; all that were there still are.

    A member of the exchange is active where it is named or picked, not excluded and not delisted.
    """
    there = {member.series for member in members}
    new = [Member(series, picked=True) for series in selection.picked - there]
    entered = with_named([*members, *new], selection.named)

    def judged(member: Member) -> Member:
        id_ = member.series.instrument.entity_id
        selected = not member.picked or member.series in selection.picked
        if selected and id_ not in selection.excluded and id_ not in delisted:
            return replace(member, inactive_since=None)
        return replace(member, inactive_since=member.inactive_since or now)

    return [judged(m) if m.series.instrument.exchange == exchange else m for m in entered]


def _ordered(members: Iterable[Member]) -> list[Member]:
    return sorted(members, key=lambda member: str(member.series))


def _rewrite(home: Path, change: Callable[[list[Member]], list[Member]]) -> list[Member]:
    """Change the list under its lock; it is written only where it differs."""
    home.mkdir(parents=True, exist_ok=True)
    with hold(lock_path(home, "universe"), wait=LOCK_WAIT, purpose="universe"):
        members = read_members(home)
        whole = change(members)
        if whole != members:
            _write(universe_path(home), whole)
    return whole


def _write(path: Path, members: Sequence[Member]) -> None:
    listed = {"version": VERSION, "series": [_entry(member) for member in members]}
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(listed, indent=1, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


def _entry(member: Member) -> dict[str, object]:
    series, since = member.series, member.inactive_since
    entry: dict[str, object] = {
        "exchange": series.instrument.exchange,
        "symbol": series.instrument.symbol,
        "kind": series.kind.value,
    }
    if series.interval is not None:
        entry["interval"] = series.interval.value
    if member.picked:
        entry["picked"] = True
    if since is not None:
        entry["inactive_since"] = since.astimezone(UTC).isoformat()
    return entry


def _member(entry: Mapping[str, Any]) -> Member:
    kind = parse_kind(entry.get("kind", Kind.KLINES.value))
    interval = parse_interval(entry["interval"]) if kind is Kind.KLINES else None
    since = entry.get("inactive_since")
    return Member(
        Series(parse_symbol(entry["exchange"], entry["symbol"]), interval, kind),
        picked=bool(entry.get("picked", False)),
        inactive_since=None if since is None else datetime.fromisoformat(since),
    )
