"""What can go wrong, in which load: the matrix of faults and kinds of load.

Each cell is one load against the simulator. It has to end with the right rows, or in an error that
names what failed and how.

What belongs here: the two lists, and which exchange stands in a cell. What does not: running a cell
and judging it (`fault_cells.py`), the faults' definitions (`fault_kinds.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Instrument, parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import RANGED, Kind, Series
from crypto_pipeline_tests.history.fault_kinds import FAULTS, Fault
from crypto_pipeline_tests.history.loads import at

ARCHIVES = {
    "binance": "data.binance.vision",
    "okx": "static.okx.com",
    "bybit": "public.bybit.com",
}
BINANCE_SPOT = ("api.binance.com", "api1.binance.com", "data-api.binance.vision")
BINANCE_PERP = ("fapi.binance.com",)
OKX = ("www.okx.com", "openapi.okx.com")
BYBIT = ("api.bybit.com", "api.bytick.com")
ADVANCED, EXCHANGE = ("api.coinbase.com",), ("api.exchange.coinbase.com",)

START = at("2025-01-01")
"""The first day of a month, so that monthly files and daily ones can hold it; of OKX, whose days
are those of UTC+8, files of two days and months."""


@dataclass(frozen=True, slots=True)
class Case:
    """One load: of what, and from where.

    Attributes:
        kind: of load, as the page names it.
        what: of the rows.
        exchange: whose.
        symbol: of the series; of discovery the one that is looked for.
        hosts: whose answers the faults spoil, the first choice first.
        path: of the answers that hold the rows, a regular expression.
        days: how many, from START on.
        interval: of klines.
    """

    kind: str
    what: Kind
    exchange: str
    symbol: str
    hosts: tuple[str, ...]
    path: str
    days: int = 2
    interval: Interval | None = None

    @property
    def files(self) -> bool:
        """Whether the rows come from the archive."""
        return self.hosts[0] == ARCHIVES.get(self.exchange)

    @property
    def monthly(self) -> bool:
        """Whether they come from files of a month."""
        return self.files and self.what in (Kind.KLINES, Kind.FUNDING)

    @property
    def instrument(self) -> Instrument:
        """Of the symbol."""
        return parse_symbol(self.exchange, self.symbol)

    @property
    def series(self) -> Series:
        """What is loaded, where it has a past."""
        return Series(self.instrument, self.interval, self.what)

    @property
    def has_past(self) -> bool:
        """Whether a range is loaded, and not what an exchange says just now."""
        return self.what in RANGED

    @property
    def span(self) -> Span:
        """The range that is loaded."""
        return Span(START, START + timedelta(days=self.days))

    def same_rows(self, other: Case) -> bool:
        """Whether another load, from wherever, has the same rows."""
        mine, others = (
            (one.what, one.exchange, one.symbol, one.span, one.interval) for one in (self, other)
        )
        return mine == others


def _files(kind: str, what: Kind, exchange: str, symbol: str, **more: object) -> Case:
    host = ARCHIVES[exchange]
    return Case(kind, what, exchange, symbol, (host,), r"\.(zip|gz)$", **more)  # type: ignore[arg-type]


H1, M1, M5 = Interval.H1, Interval.M1, Interval.M5
K, T, A, F = Kind.KLINES, Kind.TRADES, Kind.AGG_TRADES, Kind.FUNDING
KF, KR, TF, TR = "klines, files", "klines, REST", "trades, files", "trades, REST"
AF, AR, FF, FR = "agg_trades, files", "agg_trades, REST", "funding, files", "funding, REST"
LISTS, BOOKS = "instruments", "order books"
BTC, PERP, FEW, FEW_PERP = "BTC/USDT", "BTC/USDT:USDT", "ICP/USDT", "ICP/USDT:USDT"

CASES: Sequence[Case] = (
    _files(KF, K, "binance", BTC, interval=H1),
    _files(KF, K, "okx", PERP, days=1, interval=M1),
    Case(KR, K, "coinbase", "BTC/USD", ADVANCED, "/candles$", interval=M5),
    Case(KR, K, "binance", BTC, BINANCE_SPOT, "/klines$", interval=H1),
    Case(KR, K, "okx", PERP, OKX, "/history-candles$", days=1, interval=M1),
    Case(KR, K, "bybit", PERP, BYBIT, "/kline$", interval=M5),
    _files(TF, T, "okx", FEW_PERP, days=1),
    _files(TF, T, "bybit", FEW_PERP, days=1),
    _files(TF, T, "binance", FEW, days=1),
    Case(TR, T, "okx", FEW_PERP, OKX, "/history-trades$", days=1),
    Case(TR, T, "coinbase", "ICP/USD", EXCHANGE, "/trades$", days=1),
    Case(TR, T, "binance", FEW, BINANCE_SPOT, "/historicalTrades$", days=1),
    _files(AF, A, "binance", FEW, days=1),
    Case(AR, A, "binance", FEW, BINANCE_SPOT, "/aggTrades$", days=1),
    _files(FF, F, "binance", PERP, days=4),
    _files(FF, F, "okx", PERP, days=4),
    Case(FR, F, "bybit", PERP, BYBIT, "/funding/history$", days=4),
    Case(FR, F, "binance", PERP, BINANCE_PERP, "/fundingRate$", days=4),
    Case(FR, F, "okx", PERP, OKX, "/funding-rate-history$", days=4),
    Case(LISTS, Kind.INSTRUMENTS, "coinbase", "BTC/USD", ADVANCED, "/products$"),
    Case(LISTS, Kind.INSTRUMENTS, "bybit", PERP, BYBIT, "/instruments-info$"),
    Case(LISTS, Kind.INSTRUMENTS, "okx", PERP, OKX, "/instruments$"),
    Case(LISTS, Kind.INSTRUMENTS, "binance", BTC, BINANCE_SPOT, "/exchangeInfo$"),
    Case(BOOKS, Kind.ORDER_BOOK, "bybit", PERP, BYBIT, "/orderbook$"),
    Case(BOOKS, Kind.ORDER_BOOK, "okx", BTC, OKX, "/books$"),
    Case(BOOKS, Kind.ORDER_BOOK, "coinbase", "BTC/USD", ADVANCED, "/product_book$"),
    Case(BOOKS, Kind.ORDER_BOOK, "binance", BTC, BINANCE_SPOT, "/depth$"),
)
KINDS = tuple(dict.fromkeys(case.kind for case in CASES))


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault in one load."""

    fault: Fault
    case: Case

    @property
    def name(self) -> str:
        """Of the cell, as tests and the page write it."""
        return f"{self.fault.name} | {self.case.kind} | {self.case.exchange}"

    @property
    def shifts_book(self) -> bool:
        """Whether a book is asked of an exchange that lives at another time."""
        shifted = self.fault.rule["kind"] == "clock_skew"
        return shifted and self.case.what is Kind.ORDER_BOOK

    @property
    def rules(self) -> list[dict[str, object]]:
        """The simulator's fault rules; REST is asked because its archive has nothing."""
        rules = self.fault.rules(self.case.exchange, self.case.hosts, self.case.path)
        archive = ARCHIVES.get(self.case.exchange)
        if archive and self.case.has_past and not self.case.files:
            rules.append({"host": archive, "kind": "missing"})
        return rules


def _fits(fault: Fault, case: Case) -> bool:
    return (
        case.exchange in fault.exchanges
        and (case.files or not fault.of_files)
        and (case.monthly or not fault.of_months)
        and (not case.files or not fault.of_rest)
        and (len(case.hosts) > 1 or not fault.first_host)
    )


def _cells() -> list[Cell]:
    """Each fault in each kind of load that it can strike; its exchanges take turns."""
    found = []
    for turn, fault in enumerate(FAULTS):
        for kind in KINDS:
            fitting = [case for case in CASES if case.kind == kind and _fits(fault, case)]
            if fitting:
                found.append(Cell(fault, fitting[turn % len(fitting)]))
    return found


def _sample(cells: Sequence[Cell]) -> list[Cell]:
    """The fewest that the eye needs: each fault marked for it once, each kind of load, in turn."""
    found: list[Cell] = []
    for fault in (fault for fault in FAULTS if fault.sampled):
        fitting = [cell for cell in cells if cell.fault is fault]
        drawn = [cell.case.kind for cell in found]
        found.append(min(fitting, key=lambda cell: drawn.count(cell.case.kind)))
    return found


CELLS: Sequence[Cell] = _cells()
SAMPLE: Sequence[Cell] = _sample(CELLS)
