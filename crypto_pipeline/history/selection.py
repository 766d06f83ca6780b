"""Which series of an exchange the settings select: by list and by rule.

What belongs here: the rules, pure: the same settings, listings and volumes in any order select the
same. What does not: what was selected before (`history/universe.py`).
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crypto_pipeline.domain.instruments import (
    Instrument,
    InstrumentType,
    Listing,
    Status,
    parse_symbol,
)
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import UsageError
from crypto_pipeline.settings import Settings, UniverseSettings
from crypto_pipeline.venues.venue import find_venue

RANKED = (Status.TRADING, Status.HALTED)
"""What a rule picks from: an exchange that halts for an hour does not lose its members."""

NEAR_MATCHES = 3


@dataclass(frozen=True, slots=True)
class Selection:
    """What the settings of one exchange select.

    Attributes:
        named: series of the symbols under `symbols` and `include`.
        picked: series of the instruments that the rule picks.
        excluded: entity_ids of the symbols under `exclude`; none of the others is of one of these.
    """

    named: frozenset[Series]
    picked: frozenset[Series]
    excluded: frozenset[str]


def configured_series(settings: Settings) -> list[Series]:
    """What the settings name by symbol, on every exchange that is on, in their order.

    Raises:
        UsageError: an exchange has no such instruments or records.
    """
    return [
        series
        for exchange in settings.active_exchanges
        for instrument in _instruments(exchange, _named_symbols(settings, exchange))
        for series in series_of(settings, instrument)
    ]


def resolve(
    exchange: str,
    settings: Settings,
    listings: Mapping[str, Listing],
    volumes: Mapping[str, float],
) -> Selection:
    """What the settings select of what an exchange lists.

    `exclude` wins over everything, a symbol that is named over the rule. The rule takes the `top`
    instruments of each instrument type and quote by the volume of 24 hours, ties by symbol.

    Args:
        exchange: whose.
        settings: of the home.
        listings: all that the exchange lists or ever listed, by entity_id.
        volumes: of the last 24 hours, in quote, by entity_id; 0 where one is absent.

    Raises:
        UsageError: a symbol that is named is not known to the exchange, or it has no such records.
    """
    universe = settings.venues[exchange].universe
    excluded = {i.entity_id for i in _instruments(exchange, universe.exclude)}
    named = _instruments(exchange, _named_symbols(settings, exchange))
    _refuse_unknown(exchange, named, listings)
    picked = _instruments(exchange, _picked_symbols(universe, listings, volumes))
    return Selection(
        frozenset(_series_of_all(settings, named, excluded)),
        frozenset(_series_of_all(settings, picked, excluded)),
        frozenset(excluded),
    )


def series_of(settings: Settings, instrument: Instrument) -> list[Series]:
    """The series that are collected of an instrument: of the kinds that its exchange offers for it.

    Raises:
        UsageError: the exchange has no instruments of that type, or a kind for none of its types.
    """
    offers = find_venue(instrument.exchange).capabilities
    if instrument.instrument_type not in offers:
        raise _unoffered(instrument.exchange, instrument.instrument_type.value, offers)
    offered, found = offers[instrument.instrument_type], []
    for kind in settings.venues[instrument.exchange].kinds:
        if not any(one.offers(kind) for one in offers.values()):
            has = [k for k in Kind if any(one.offers(k) for one in offers.values())]
            raise _unoffered(instrument.exchange, kind.value, has)
        if kind is Kind.KLINES:
            found += [Series(instrument, i) for i in settings.intervals if i in offered.intervals]
        elif offered.offers(kind):
            found.append(Series(instrument, kind=kind))
    return found


def _unoffered(
    exchange: str, given: str, offered: Iterable[InstrumentType | Kind | Interval]
) -> UsageError:
    has = ", ".join(one.value for one in offered)
    return UsageError(
        f"{exchange} has no {given}; it has {has}. Mend CRYPTO_VENUES__{exchange.upper()}__SYMBOLS "
        f"or __KINDS"
    )


def _named_symbols(settings: Settings, exchange: str) -> list[str]:
    venue = settings.venues[exchange]
    barred = set(venue.universe.exclude)
    return [s for s in dict.fromkeys([*venue.symbols, *venue.universe.include]) if s not in barred]


def _instruments(exchange: str, symbols: Iterable[str]) -> list[Instrument]:
    return [parse_symbol(exchange, symbol) for symbol in symbols]


def _series_of_all(
    settings: Settings, instruments: Iterable[Instrument], excluded: set[str]
) -> Iterable[Series]:
    for instrument in instruments:
        if instrument.entity_id not in excluded:
            yield from series_of(settings, instrument)


def _picked_symbols(
    rule: UniverseSettings, listings: Mapping[str, Listing], volumes: Mapping[str, float]
) -> list[str]:
    """The symbols of the `top` instruments of each instrument type and quote."""

    def place(listing: Listing) -> tuple[float, str]:
        volume = volumes.get(listing.instrument.entity_id, 0.0)
        return (-volume if math.isfinite(volume) else 0.0, listing.instrument.symbol)

    return [
        listing.instrument.symbol
        for kind in rule.instrument_types
        for quote in rule.quote
        for listing in sorted(_ranked(listings.values(), kind, quote), key=place)[: rule.top]
    ]


def _ranked(listings: Iterable[Listing], kind: InstrumentType, quote: str) -> list[Listing]:
    return [
        one
        for one in listings
        if one.status in RANKED
        and one.instrument.instrument_type is kind
        and one.instrument.quote.upper() == quote
    ]


def _refuse_unknown(
    exchange: str, named: Sequence[Instrument], listings: Mapping[str, Listing]
) -> None:
    """Refuse symbols that an exchange never listed.

    Raises:
        UsageError: names each, and the listed ones that are written most alike.
    """
    known = sorted({one.instrument.symbol.upper() for one in listings.values()})
    unknown = [one.symbol for one in named if one.symbol not in known]
    if unknown:
        near = "; ".join(with_near(symbol, known) for symbol in unknown)
        raise UsageError(
            f"{exchange} does not list {near}. Mend CRYPTO_VENUES__{exchange.upper()}__SYMBOLS or "
            f"__UNIVERSE__INCLUDE; one that was delisted long ago is loaded by "
            f"crypto-pipeline backfill --symbol"
        )


def with_near(symbol: str, known: Sequence[str]) -> str:
    """A symbol that there is not, with those that are written most alike."""
    near = difflib.get_close_matches(symbol, known, n=NEAR_MATCHES)
    return f"{symbol} (near are {', '.join(near)})" if near else symbol
