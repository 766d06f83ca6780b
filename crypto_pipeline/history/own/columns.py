"""Which column of a person's file is which of ours: stated, never guessed.

What belongs here: the columns that a kind can be given, presets, reading a mapping, what a file
lacks. What does not: reading files (`history/own/files.py`), values (`history/own/values.py`).

A column of a file is taken where it has exactly our name, where a preset names it, or where the
person does; of those the later one counts. Every other one is skipped, and named as skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import UsageError


class Form(StrEnum):
    """What the values of a column are."""

    TIME = "time"
    PRICE = "price"
    NUMBER = "number"
    WHOLE = "whole number"
    TEXT = "text"
    SIDE = "buy or sell"
    MAKER = "true or false"


@dataclass(frozen=True, slots=True)
class Target:
    """One of our columns that a file can give."""

    name: str
    form: Form
    required: bool = False


SIDE = Target("side", Form.SIDE, required=True)
BUYER_IS_MAKER = Target("is_buyer_maker", Form.MAKER)
"""Stands in for `side`, as Binance writes it: where the buyer was the maker, the taker sold."""

_TRADED = (
    Target("ts_event", Form.TIME, required=True),
    Target("price", Form.PRICE, required=True),
    Target("amount", Form.NUMBER, required=True),
    SIDE,
    BUYER_IS_MAKER,
)

TARGETS: Mapping[Kind, Sequence[Target]] = {
    Kind.KLINES: (
        Target("open_time", Form.TIME, required=True),
        *(Target(name, Form.PRICE, required=True) for name in ("open", "high", "low", "close")),
        Target("volume_base", Form.NUMBER),
        Target("volume_quote", Form.NUMBER),
        Target("trade_count", Form.WHOLE),
        Target("taker_volume_base", Form.NUMBER),
        Target("taker_volume_quote", Form.NUMBER),
    ),
    Kind.TRADES: (
        Target("trade_id", Form.TEXT, required=True),
        Target("trade_seq", Form.WHOLE),
        *_TRADED,
        Target("trade_type", Form.TEXT),
    ),
    Kind.AGG_TRADES: (
        Target("agg_id", Form.WHOLE, required=True),
        Target("first_trade_seq", Form.WHOLE),
        Target("last_trade_seq", Form.WHOLE),
        *_TRADED,
    ),
    Kind.FUNDING: (
        Target("funding_time", Form.TIME, required=True),
        Target("rate", Form.NUMBER, required=True),
        Target("rate_predicted", Form.NUMBER),
        Target("interval_hours", Form.WHOLE),
        Target("mark_price", Form.PRICE),
    ),
}
"""The time first. `vwap` is not given: it is volume_quote / volume_base."""


class TimeUnit(StrEnum):
    """How times are written that have no type of their own."""

    S = "s"
    MS = "ms"
    US = "us"
    NS = "ns"
    MS_OR_US = "ms-or-us"
    """By magnitude, as Binance's archive writes them: ms before 2025, µs since."""
    ISO = "iso"


@dataclass(frozen=True, slots=True)
class Preset:
    """How another program writes its files.

    Attributes:
        columns: by kind, its name of each of ours.
        unit: of times that are numbers.
        names: by kind, the names of columns in their order, where a CSV of it names none.
    """

    columns: Mapping[Kind, Mapping[str, str]]
    unit: TimeUnit
    names: Mapping[Kind, Sequence[str]] = field(default_factory=dict)


PRESETS: Mapping[str, Preset] = {
    "freqtrade": Preset(
        {
            Kind.KLINES: {"open_time": "date", "volume_base": "volume"},
            Kind.TRADES: {"ts_event": "timestamp", "trade_id": "id"},
            Kind.AGG_TRADES: {"ts_event": "timestamp", "agg_id": "id"},
            Kind.FUNDING: {"funding_time": "date", "rate": "open"},
        },
        TimeUnit.MS,
    ),
    "ccxt": Preset(
        {
            Kind.KLINES: {"open_time": "timestamp", "volume_base": "volume"},
            Kind.TRADES: {"ts_event": "timestamp", "trade_id": "id"},
            Kind.AGG_TRADES: {"ts_event": "timestamp", "agg_id": "id"},
            Kind.FUNDING: {"funding_time": "timestamp", "rate": "fundingRate"},
        },
        TimeUnit.MS,
    ),
    "binance-archive": Preset(
        {
            Kind.KLINES: {
                "volume_base": "volume",
                "volume_quote": "quote_volume",
                "trade_count": "count",
                "taker_volume_base": "taker_buy_volume",
                "taker_volume_quote": "taker_buy_quote_volume",
            },
            Kind.TRADES: {"trade_id": "id", "ts_event": "time", "amount": "qty"},
            Kind.AGG_TRADES: {
                "agg_id": "agg_trade_id",
                "first_trade_seq": "first_trade_id",
                "last_trade_seq": "last_trade_id",
                "ts_event": "transact_time",
                "amount": "quantity",
            },
            Kind.FUNDING: {
                "funding_time": "calc_time",
                "rate": "last_funding_rate",
                "interval_hours": "funding_interval_hours",
            },
        },
        TimeUnit.MS_OR_US,
        {
            Kind.KLINES: (
                *("open_time", "open", "high", "low", "close", "volume", "close_time"),
                *("quote_volume", "count", "taker_buy_volume", "taker_buy_quote_volume", "ignore"),
            ),
            Kind.TRADES: (
                *("id", "price", "qty", "quote_qty", "time"),
                *("is_buyer_maker", "is_best_match"),
            ),
            Kind.AGG_TRADES: (
                *("agg_trade_id", "price", "quantity", "first_trade_id", "last_trade_id"),
                *("transact_time", "is_buyer_maker", "is_best_match"),
            ),
        },
    ),
}


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How one file's columns become ours.

    Attributes:
        taken: the file's name of each of our columns that it gives.
        held: columns that name the series, and the one value that they may hold.
        skipped: the file's other columns.
    """

    taken: Mapping[Target, str]
    held: Mapping[str, str]
    skipped: Sequence[str]

    @property
    def names(self) -> list[str]:
        """The file's columns that are read."""
        return list(dict.fromkeys((*self.taken.values(), *self.held)))


def parse_mapping(kind: Kind, texts: Iterable[str]) -> dict[str, str]:
    """Read `open_time=date,volume_base=volume`: ours on the left, the file's on the right.

    Raises:
        UsageError: a part is not written so, or names no column of ours, or one twice.
    """
    valid = [target.name for target in TARGETS[kind]]
    found: dict[str, str] = {}
    for part in (part.strip() for text in texts for part in text.split(",")):
        ours, sign, theirs = part.partition("=")
        if not (sign and ours in valid and theirs) or ours in found:
            raise UsageError(
                f"--columns '{part}' is not readable; write each column once, as ours=theirs "
                f"(open_time=date). Ours are, for {kind.value}: {', '.join(valid)}"
            )
        found[ours] = theirs
    return found


def find_preset(name: str | None) -> Preset | None:
    """A preset by its name; None where none is named.

    Raises:
        UsageError: there is no such preset.
    """
    if name is not None and name not in PRESETS:
        raise UsageError(f"--preset '{name}' is not known; valid are {', '.join(PRESETS)}")
    return PRESETS[name] if name else None


def map_columns(
    file: str,
    columns: Sequence[str],
    series: Series,
    *,
    preset: Preset | None,
    named: Mapping[str, str],
) -> ColumnMapping:
    """Decide which column of a file is which of ours.

    Args:
        file: its name, for errors.
        columns: those that it has.
        series: what it is said to hold.
        preset: how it is written, or None.
        named: what the person said, ours to theirs.

    Raises:
        UsageError: a column that was named is not there or there twice, or one that is needed has
            not been named; says what the file has.
    """
    wanted = {target.name: target.name for target in TARGETS[series.kind]}
    wanted |= {**(preset.columns.get(series.kind, {}) if preset else {}), **named}
    taken = {t: wanted[t.name] for t in TARGETS[series.kind] if wanted[t.name] in columns}
    _refuse_unclear(file, columns, [*taken.values(), *named.values()])
    given = {target.name for target in taken}
    lacking = [t.name for t in TARGETS[series.kind] if t.required and t.name not in given]
    if BUYER_IS_MAKER in taken and SIDE.name in lacking:
        lacking.remove(SIDE.name)
    if lacking:
        raise UsageError(_lacking(file, columns, series.kind, lacking))
    held = {c: v for c, v in _names_of(series).items() if c in columns and c not in given}
    read = {*taken.values(), *held}
    return ColumnMapping(taken, held, [c for c in columns if c not in read])


def _names_of(series: Series) -> dict[str, str]:
    """Columns of our own tables that say whose rows these are."""
    own = {"entity_id": series.instrument.entity_id, "exchange": series.instrument.exchange}
    return {**own, "interval": series.interval.value} if series.interval else own


def _refuse_unclear(file: str, columns: Sequence[str], read: Sequence[str]) -> None:
    for name in read:
        if columns.count(name) != 1:
            there = "there more than once" if name in columns else "not there"
            raise UsageError(f"{file}: column '{name}' is {there}; it has {', '.join(columns)}")


def _lacking(file: str, columns: Sequence[str], kind: Kind, lacking: Sequence[str]) -> str:
    needed = ", ".join(f"{t.name}{'' if t.required else ' (optional)'}" for t in TARGETS[kind])
    return (
        f"{file} lacks {', '.join(lacking)}: it has the columns {', '.join(columns)}; {kind.value} "
        f"take {needed}. Say which is which with --columns {lacking[0]}=<its name>,…, or how the "
        f"file is written with --preset {', '.join(PRESETS)}"
    )
