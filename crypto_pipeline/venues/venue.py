"""What every exchange module answers, and how the program finds it.

What belongs here: the interface, the records that pass through it, the registry. What does not: a
fact about one exchange.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Instrument, InstrumentType
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.errors import UsageError


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where one exchange is spoken to.

    Attributes:
        archive: base URL of the bulk archive.
        rest: base URL of the REST API by instrument type.
        proxy: http, https or socks5 proxy, or None; may carry a password, so it has no repr.
        timeout: seconds that one request may take.
    """

    archive: str
    rest: Mapping[InstrumentType, str]
    proxy: str | None = field(default=None, repr=False)
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Series:
    """The klines of one instrument at one interval."""

    instrument: Instrument
    interval: Interval

    def __str__(self) -> str:
        """Read as `binance BTC/USDT 1m`."""
        return f"{self.instrument.exchange} {self.instrument.symbol} {self.interval.value}"


class Cut(StrEnum):
    """The length of time that an archive file holds."""

    MONTHLY = "monthly"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file of a bulk archive.

    Attributes:
        series: whose klines it holds.
        cut: a month or a day.
        url: where it is.
        checksum_url: where its sha256 is.
        span: the open times that it may hold.
    """

    series: Series
    cut: Cut
    url: str
    checksum_url: str
    span: Span

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.url.rpartition("/")[2]


class Venue(ABC):
    """One exchange.

    Decoded klines are Arrow tables with `open_time` and the VALUE_COLUMNS of `domain.klines`,
    strictly ascending by open_time.
    """

    exchange: ClassVar[str]
    archive_cuts: ClassVar[tuple[Cut, ...]]
    """The archive's cuts, the longest first; empty where there is no archive."""

    def __init__(self, endpoints: Endpoints) -> None:
        self.endpoints = endpoints

    @abstractmethod
    def native_symbol(self, instrument: Instrument) -> str:
        """The exchange's own name of an instrument."""

    @abstractmethod
    def archive_file(self, series: Series, cut: Cut, first_day: date) -> ArchiveFile:
        """The archive file of the day, or of the month that starts at `first_day`."""

    @abstractmethod
    def decode_archive(self, file: ArchiveFile, content: bytes) -> pa.Table:
        """The klines in the bytes of an archive file.

        Raises:
            DecodeError: the bytes are not what the exchange documents; names file and row.
        """

    @abstractmethod
    def rest_url(self, series: Series) -> str:
        """The REST endpoint that klines of this series come from."""

    @abstractmethod
    async def rest_page(self, series: Series, span: Span) -> pa.Table:
        """The first klines that open in `span`, as many as one request gives; empty where none do.

        The exchange returns the candle that is still open like any other: the caller ends the span
        before it.

        Raises:
            SourceError: the request failed; SourceBusyError where asking again may help.
            DecodeError: the answer is not what the exchange documents.
        """

    @abstractmethod
    async def server_time(self, instrument_type: InstrumentType) -> datetime:
        """The exchange's clock.

        Raises:
            SourceError: it could not be asked.
        """

    @abstractmethod
    async def close(self) -> None:
        """Close what is open."""


def find_venue(exchange: str) -> type[Venue]:
    """The module of an exchange.

    Raises:
        UsageError: there is none.
    """
    from crypto_pipeline.venues.binance import Binance

    venues: dict[str, type[Venue]] = {venue.exchange: venue for venue in (Binance,)}
    if exchange not in venues:
        raise UsageError(
            f"exchange '{exchange}' is not known; valid are {', '.join(sorted(venues))}"
        )
    return venues[exchange]
