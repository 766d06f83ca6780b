"""`instruments`: what exchanges list, and what of it this home collects.

What belongs here: asking for a look where one is wanted, and showing what is known. What does not:
the look (`history/discovery.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from crypto_pipeline.cli.terminal import notes, print_rows, require_format, settings_with_logs
from crypto_pipeline.domain.instruments import Instrument, Listing
from crypto_pipeline.errors import UsageError
from crypto_pipeline.history.instruments import known_listings
from crypto_pipeline.history.universe import Member, read_members
from crypto_pipeline.lake.catalogs import connect_read_only, has_lake
from crypto_pipeline.settings import Settings

COLUMNS = (
    "exchange",
    "symbol",
    "status",
    "tick_size",
    "lot_size",
    "listed_at",
    "delisted_at",
    "collected",
    "inactive_since",
)


def run_instruments(exchanges: list[str] | None, *, refresh: bool, output: str) -> int:
    """Show what is known of each instrument; 1 where an exchange that was asked did not answer.

    Raises:
        UsageError: an exchange is not on, or the format is not known.
    """
    require_format(output)
    settings = settings_with_logs()
    chosen = _chosen(exchanges, settings)
    fine = _refresh(settings, chosen) if refresh else True
    listings = _listings(settings.home, chosen)
    for exchange in chosen:
        if not listings[exchange]:
            notes.print(f"{exchange} was not asked yet: crypto-pipeline instruments --refresh")
    members = read_members(settings.home)
    print_rows(COLUMNS, [r for e in chosen for r in _rows(listings[e], members, e)], output)
    return 0 if fine else 1


def _chosen(exchanges: list[str] | None, settings: Settings) -> list[str]:
    active = settings.active_exchanges
    chosen = [name.lower() for name in exchanges or active]
    for exchange in chosen:
        if exchange not in active:
            raise UsageError(
                f"exchange '{exchange}' is not on; on are {', '.join(active) or 'none'} "
                f"(CRYPTO_ENABLED, CRYPTO_EXCHANGES)"
            )
    return sorted(set(chosen))


def _refresh(settings: Settings, exchanges: Sequence[str]) -> bool:
    """Look at each exchange as a run of this process; whether all answered."""
    from crypto_pipeline.cli.runs import prepared_home, run_look

    fine = True
    with prepared_home(settings, []) as instance:
        for exchange in exchanges:
            ended = run_look(settings, instance, exchange)
            notes.print(f"run {ended.run_id} {'succeeded' if ended.success else 'failed'}")
            for error in ended.errors:
                notes.print(f"error: {error}", style="red")
            fine &= ended.success
    return fine


def _listings(home: Path, exchanges: Sequence[str]) -> dict[str, dict[str, Listing]]:
    """What is known of each exchange's instruments, by entity_id; nothing without a lake."""
    if not has_lake(home):
        return {exchange: {} for exchange in exchanges}
    with connect_read_only(home) as session:
        return {exchange: known_listings(session, exchange) for exchange in exchanges}


def _rows(
    listings: dict[str, Listing], members: Sequence[Member], exchange: str
) -> list[tuple[object, ...]]:
    """A row for each instrument of an exchange, members first."""
    collected: defaultdict[Instrument, list[Member]] = defaultdict(list)
    for member in members:
        if member.series.instrument.exchange == exchange:
            collected[member.series.instrument].append(member)
    shown = {i.entity_id: i for i in collected}
    shown |= {id_: one.instrument for id_, one in listings.items() if id_ not in shown}
    ordered = sorted(shown.values(), key=lambda i: (i not in collected, i.symbol))
    return [_row(i, listings.get(i.entity_id), collected.get(i, [])) for i in ordered]


def _row(
    instrument: Instrument, listing: Listing | None, members: Sequence[Member]
) -> tuple[object, ...]:
    said: tuple[object, ...] = (None,) * 5
    if listing is not None:
        steps = (_plain(listing.tick_size), _plain(listing.lot_size))
        said = (listing.status.value, *steps, listing.listed_at, listing.delisted_at)
    active = ", ".join(member.series.part for member in members if member.active)
    since = [member.inactive_since for member in members if member.inactive_since]
    gone = None if active or not since else min(since)
    return (instrument.exchange, instrument.symbol, *said, active or None, gone)


def _plain(step: Decimal | None) -> Decimal | None:
    """A step without the zeros that the table's columns add."""
    return None if step is None else Decimal(f"{step.normalize():f}")
